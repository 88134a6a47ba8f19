"""From a command's body to an exit code: locks, errors, output, and what follows a run (trouble mail, heartbeat)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import field
from pathlib import Path
from typing import Any, TextIO

from solarctl import log
from solarctl.clock import SystemClock
from solarctl.context import Clock, silent
from solarctl.errors import ConfigError, Exit, SolarctlError, StateError
from solarctl.options import Interrupted, Options
from solarctl.output import Screen, as_json, show_failure, show_run
from solarctl.run import Run
from solarctl.value import value


def nowhere() -> TextIO:
    """Return a stream for what nobody can read, where a standard one is closed."""
    return Path(os.devnull).open("w", encoding="utf-8")


@value
class Environment:
    """What a run is started in; the demo and the tests bring their own clock and streams."""

    clock: Clock = field(default_factory=SystemClock)
    out: TextIO = field(default_factory=lambda: sys.stdout or nowhere())
    err: TextIO = field(default_factory=lambda: sys.stderr or nowhere())
    on_run: Callable[[Run], None] | None = None  # told of the run when it is over


@value
class Manners:
    """How a command behaves around its body."""

    name: str
    rule: bool = True
    supply_first: bool = False
    pausable: bool = True
    lock: bool = True  # False: the command hands its lock over by itself (`balance`)
    unhurried: bool = False  # it may not wait for whoever reads what it prints (`balance`)


def execute(
    manners: Manners,
    body: Callable[..., None],
    options: Options,
    environment: Environment,
    own: dict[str, Any],
    complete: Callable[[ConfigError], ConfigError] = lambda error: error,
) -> int:
    """Run a command's body and return the exit code; nothing escapes but click's own exceptions.

    `complete` adds to a mistake that kept the run from starting the others in the same config.
    """
    out, err = environment.out, environment.err
    if manners.unhurried:
        out, err = _unhurried(manners, options, environment)
    told = log.setup(options.verbose, quiet=options.quiet, interactive=err.isatty(), stream=err)
    try:
        run = Run(manners.name, options, environment.clock, told.debug if options.verbose >= 2 else silent)
    except SolarctlError as error:
        if isinstance(error, ConfigError):
            error = complete(error)
        return show_failure(manners.name, error, options, out, environment.clock.now())
    run.supply_first = manners.supply_first
    run.pausable = manners.pausable
    run.out = out
    screen = Screen(out)
    streams_text = not options.json and not options.quiet
    if streams_text:
        run.on_text = screen.say
    if options.json:
        run.on_row = lambda row: screen.say(as_json(row, out))
    _perform(manners, body, run, own)
    if manners.rule and not run.dry_run:
        from solarctl import aftermath

        if not run.recorded and run.exit_code:
            from solarctl.acting import record_undecided

            record_undecided(run)
        aftermath.before_output(run)
        show_run(run, screen, err)
        aftermath.after_output(run)
    else:
        show_run(run, screen, err)
    if manners.unhurried:
        from solarctl.outlet import drain

        drain(out, err)
    if environment.on_run:
        environment.on_run(run)
    if screen.trouble is not None:
        run.note(screen.trouble)
        log.trouble(run.command, [screen.trouble])
    return run.exit_code


def _unhurried(manners: Manners, options: Options, environment: Environment) -> tuple[TextIO, TextIO]:
    """Return stdout and stderr as a loop may use them: whoever does not read in time misses lines, and is told so."""
    from solarctl.outlet import unhurried
    from solarctl.output import common_json

    def in_words(lines: int) -> str:
        return f"({lines} lines were left out: nobody read them in time)"

    def in_json(lines: int) -> str:
        now = environment.clock.now().astimezone()
        row = common_json(manners.name, now, Exit.OK, dry_run=options.dry_run, took_s=0.0)
        because = f"{lines} lines were left out: nobody read them in time."
        return as_json(row | {"because": because, "left_out": lines}, environment.out)

    return unhurried(environment.out, in_json if options.json else in_words), unhurried(environment.err, in_words)


def _perform(manners: Manners, body: Callable[..., None], run: Run, own: dict[str, Any]) -> None:
    try:
        with _lock(manners, run):
            if manners.rule and not run.dry_run:
                from solarctl import aftermath

                aftermath.started(run)
            body(run, **own)
    except SolarctlError as error:
        run.note(error)
    except KeyboardInterrupt:
        run.codes.append(Exit.INTERRUPTED)
    except Interrupted:
        run.codes.append(Exit.TERMINATED)
    except Exception as error:  # the one place where a bug becomes a sentence and an exit code
        import click

        if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort | BrokenPipeError):
            raise
        run.note(_bug(run, error))


def _lock(manners: Manners, run: Run) -> AbstractContextManager[Any]:
    """Return the run lock, taken; or nothing where none is wanted, or none can be had and supply comes first."""
    if not manners.rule or not manners.lock or run.dry_run:
        return contextlib.nullcontext()
    stack = contextlib.ExitStack()
    try:
        stack.enter_context(run.state.lock_run(manners.name))
    except StateError as error:
        if not manners.supply_first:
            raise
        run.note(error)
    return stack


class Bug(SolarctlError):
    """Something in solarctl itself went wrong."""

    exit_code = Exit.BUG


def _bug(run: Run, error: Exception) -> Bug:
    """Return a bug as an error with a hint; the traceback goes to a file in the state folder."""
    import traceback

    text = "".join(traceback.format_exception(error))
    run.log(text)
    hint = "Run it again with -vv to see where, and please report that."
    path = run.state_dir / "bug.txt"
    with contextlib.suppress(OSError):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        hint = f"Please report it with {path}."
    return Bug(f"a bug in solarctl ({type(error).__name__}: {error})", hint=hint)
