"""The options that stand after every command, and the decorator that makes a function a command.

@site_command("grid-guard")
def command(run: Run) -> None:
    \"\"\"Bring the grid in while the battery is low.\"\"\"
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from solarctl.commands import COMMANDS
from solarctl.errors import ConfigError
from solarctl.options import Options
from solarctl.run import Run
from solarctl.runner import Environment, Manners, execute

CommandBody = Callable[..., None]


class GivenPath(click.Path):
    """A path that is really given; an empty text is a variable that was not set."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty path", param, ctx)
        return super().convert(value, param, ctx)


class Finite(click.FloatRange):
    """A number within limits; click's own type lets nan through, which is within none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if found is not None and not -1e300 < found < 1e300:
            self.fail(f"{value} is no number", param, ctx)
        return found


_SHARED: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-c",
        "--config",
        type=GivenPath(path_type=Path, dir_okay=False),
        help="The config file [env: SOLARCTL_CONFIG].",
    ),
    click.option(
        "--state-dir",
        type=GivenPath(path_type=Path),  # a file there is trouble with state, which may not keep the grid out
        help="Where state and history are kept [env: SOLARCTL_STATE_DIR].",
    ),
    click.option("-n", "--dry-run", is_flag=True, help="Read and decide; change and record nothing."),
    click.option("--json", is_flag=True, help="Print one JSON object."),
    click.option("-q", "--quiet", is_flag=True, help="Print trouble only."),
    click.option("-v", "--verbose", count=True, help="Say more; -vv shows requests."),
    click.option("--now", metavar="ISO8601", help="What would you do at this moment? Implies --dry-run."),
)


class SiteCommand(click.Command):
    """A command whose short options are found at once.

    click looks for a -q among the long options first and, before it turns to the short ones, weighs which of them it
    resembles (difflib: 1 % of a run's start). So they are spelt out before click sees them.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._spelt_out(args))

    def _spelt_out(self, args: list[str]) -> list[str]:
        options = {name: one for one in self.params if isinstance(one, click.Option) for name in one.opts}
        spelt: list[str] = []
        values = 0  # how many of the next words belong to the option before them
        for place, word in enumerate(args):
            if word == "--":
                return spelt + args[place:]
            option = options.get(word) if not values else None
            spelt.append(option.opts[-1] if option is not None else word)
            values = max(0, values - 1) if option is None else 0 if option.is_flag or option.count else option.nargs
        return spelt


def shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command."""
    for option in reversed(_SHARED):
        function = option(function)
    return function


def site_command(
    name: str,
    *,
    rule: bool = True,
    pausable: bool = True,
    supply_first: bool = False,
    lock: bool = True,
    unhurried: bool = False,
    **attributes: Any,
) -> Callable[[CommandBody], click.Command]:
    """Make a function of a Run a command.

    `rule`: it holds the run lock of its name, pings the heartbeat, and its trouble is mailed; commands that only
    look say False. `pausable`: a pause holds it back. `supply_first`: it goes on when state cannot be read or written.
    `lock=False`: it takes and hands over its lock by itself. `unhurried`: it may not wait for whoever reads its output.
    """
    manners = Manners(
        name.replace(" ", "-"),
        rule=rule,
        pausable=rule and pausable,
        supply_first=supply_first,
        lock=lock,
        unhurried=unhurried,
    )

    def decorate(body: CommandBody) -> click.Command:
        own_options = list(getattr(body, "__click_params__", []))

        def callback(
            config: Path | None,
            state_dir: Path | None,
            dry_run: bool,
            json: bool,
            quiet: bool,
            verbose: int,
            now: str | None,
            **own: Any,
        ) -> None:
            options = Options(config, state_dir, dry_run, json, quiet, verbose, now)
            context = click.get_current_context()
            environment = context.find_object(Environment) or Environment()

            def complete(error: ConfigError) -> ConfigError:
                from solarctl.inspection import with_the_rest

                return with_the_rest(error, manners.name, options)

            def warned(run: Run, **own: Any) -> None:
                if not quiet and name != "check":  # which tells it in more detail; cron need not hear it each minute
                    _warn_of_config(run)
                body(run, **own)

            context.exit(execute(manners, warned, options, environment, own, complete))

        wrapped = shared_options(callback)
        wrapped.__click_params__ += own_options  # type: ignore[attr-defined]
        make = click.command(name.split()[-1], cls=SiteCommand, help=body.__doc__, **attributes)
        return make(wrapped)

    return decorate


def _warn_of_config(run: Run) -> None:
    for problem in (*run.config.unknown_tables(tuple(COMMANDS)), *run.config.warnings):
        run.warn(f"{problem}" + (f" — {problem.hint}" if problem.hint else ""))


__all__ = ["Run", "shared_options", "site_command"]
