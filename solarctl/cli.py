"""The command line: a lazy group, and the way from any failure to a sentence and an exit code."""

from __future__ import annotations

# ruff: noqa: E402  the first line comes before click is loaded
import gc

gc.set_threshold(50_000)  # a short run makes little garbage; looking for it while click loads costs 1.4 % of the floor

import importlib
import io
import os
import signal
import sys
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import click

from solarctl import __version__
from solarctl.commands import COMMANDS
from solarctl.errors import Exit, SolarctlError, UsageError

COMPLETE_VARIABLE = "_SOLARCTL_COMPLETE"


class LazyGroup(click.Group):
    """Imports a command's file when the command is typed; help lines come from the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module_name, _, attribute = COMMANDS[cmd_name][0].partition(":")
        module = importlib.import_module(f"solarctl.commands.{module_name}")
        command: click.Command = getattr(module, attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from solarctl.decode import nearest

            raise click.UsageError(f"No such command {args[0]!r}. {nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="solarctl")
def group() -> None:
    """Small commands that read a solar house, decide, act and explain.

    Each takes --dry-run, --json, --now and more after its name: solarctl grid-guard --dry-run
    """


def execute(argv: list[str], environment: Any = None) -> int:
    """Run one command line in this process and return its exit code; never raises."""
    try:
        result = group.main(
            args=argv,
            prog_name="solarctl",
            standalone_mode=False,
            obj=environment,
            complete_var=COMPLETE_VARIABLE,
        )
        return int(result or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        _stream(environment, "err").write(error.format_message() + "\n")
        return Exit.USAGE
    except click.ClickException as error:
        return _usage(argv, error, environment)
    except click.Abort:
        return Exit.INTERRUPTED
    except (OSError, SystemExit) as error:
        # the reader of our output has had enough (`solarctl why | head`: click exits by itself), or the disk is full
        if sys.stdout is not None:
            from solarctl.output import discard

            discard(sys.stdout)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            _stream(environment, "err").write(f"solarctl: the output could not be written ({error.strerror})\n")
            return Exit.STATE
        return Exit.OK


def _usage(argv: list[str], error: click.ClickException, environment: Any) -> int:
    failure: SolarctlError = UsageError(error.format_message())
    if isinstance(error, click.UsageError) and error.ctx is not None:
        failure.hint = f"Try: {error.ctx.command_path} --help"
    if "--json" in argv:
        from solarctl.output import failure_json, print_json

        command = next((word for word in argv if not word.startswith("-")), "")
        print_json(failure_json(command, failure, datetime.now(UTC)), _stream(environment, "out"))
    else:
        err = _stream(environment, "err")
        err.write(f"solarctl: {failure.message}\n")
        if failure.hint:
            err.write(f"  {failure.hint}\n")
    return Exit.USAGE


def _stream(environment: Any, name: str) -> Any:
    found = getattr(environment, name, None)
    found = found if found is not None else {"out": sys.stdout, "err": sys.stderr}[name]
    return found if found is not None else open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123


def _on_sigterm(_number: int, _frame: FrameType | None) -> None:
    from solarctl.options import Interrupted

    raise Interrupted


def main() -> None:
    """Run what was typed."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without our letters is no reason to stop
    if sys.stdin is None:  # it was closed
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    try:
        code = execute(sys.argv[1:])
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    except BaseException as error:
        if type(error).__name__ != "Interrupted":
            raise
        code = Exit.TERMINATED
    _flush_stderr()
    gc.freeze()  # the process ends: Python's last look for garbage among all that was loaded costs 4–7 % of the floor
    sys.exit(int(code))


def _flush_stderr() -> None:
    """Write out what was said; a full disk there must not change the exit code, as it would at Python's own end."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except (OSError, ValueError):
        from solarctl.output import discard

        discard(sys.stderr)


if __name__ == "__main__":
    main()
