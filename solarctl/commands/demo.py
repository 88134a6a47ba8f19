"""`demo`: a virtual home, a day of cron in seconds, and what came of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solarctl.cli_options import shared_options
from solarctl.errors import Exit, SolarctlError, UsageError
from solarctl.options import Options, moment
from solarctl.runner import Environment

if TYPE_CHECKING:
    from solarctl.simulation.demo import Day, View
    from solarctl.virtualhome.scenario import Scenario

CANNOT_DRAW = ("dumb", "unknown")  # terminals that scroll only: they get the log


@click.command("demo")
@shared_options
@click.option("--scenario", default="first-look", show_default=True, metavar="NAME", help="Which house and day.")
@click.option("--seed", default="0", show_default=True, help="Another seed is another day's weather and habits.")
@click.option("--chaos", is_flag=True, help="A bad day: clouds and devices fail, by the seed.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep config, state and history in this new folder.",
)
@click.option("--serve", is_flag=True, help="Let the home live in real time, to try every command by hand.")
@click.pass_context
def command(
    context: click.Context, /, scenario: str, seed: str, chaos: bool, keep: Path | None, serve: bool, **shared: object
) -> None:
    """Play a day of cron against a virtual home.

    It needs no hardware, no config and no network: the house and its clouds are emulated on this machine; commands,
    drivers and state are the real ones. summer-peak, winter, broken-clouds and chaos are whole days in the home with
    everything, and first-look is half of such a day; the others are smaller homes. --now chooses another day;
    --config and --state-dir are not used.
    """
    options = Options(**shared)  # type: ignore[arg-type]
    environment = context.find_object(Environment) or Environment()
    try:
        context.exit(_demo(scenario, seed, chaos, keep, serve, options, environment))
    except SolarctlError as error:
        from solarctl.output import show_failure

        context.exit(show_failure("demo", error, options, environment.out, environment.clock.now()))


def _demo(
    name: str, seed: str, chaos: bool, keep: Path | None, serve: bool, options: Options, environment: Environment
) -> int:
    from solarctl.cli import execute
    from solarctl.simulation.demo import Player
    from solarctl.simulation.demo_folder import demo_folder, furnish, take_out
    from solarctl.simulation.summary import verdict

    started_s = environment.clock.monotonic()
    scenario = _scenario(name, options.now)
    chaos = chaos or scenario.chaos
    with demo_folder(keep) as folder:
        if serve:
            from solarctl.simulation.serve import serve as serve_home

            return serve_home(scenario, seed, folder, furnish, environment.out, chaos=chaos)
        view = _view(options, environment)
        shown = not (options.json or options.quiet)
        player = Player(scenario, seed, folder, execute, view, dry_run=options.dry_run, keep=shown or keep is not None)
        day = player.play(furnish, chaos=chaos)
        code = Exit.BUG if day.preventable_min and not options.dry_run else Exit.OK
        if options.json:
            from solarctl.output import common_json, print_json

            result = common_json(
                "demo", scenario.start, code, dry_run=options.dry_run, took_s=environment.clock.monotonic() - started_s
            )
            print_json(result | day.to_json(), environment.out)
        elif options.quiet and code:
            click.echo(f"solarctl: {verdict(day)}", file=environment.err)
        elif shown:
            _say_what_is_left(day, day.kept if keep else take_out(day.kept), folder if keep else None, environment)
        return int(code)


def _say_what_is_left(day: Day, kept: list[Path], folder: Path | None, environment: Environment) -> None:
    for path in kept:
        if path.suffix == ".html":
            click.echo(f"{'The report' if path.name == 'report.html' else 'A mail'}: {path}", file=environment.out)
    if folder is not None:
        words = f"--config {folder / 'config.toml'} --state-dir {folder / 'state'}"
        click.echo(f"Look further: solarctl {_why(day)} {words}", file=environment.out)
    click.echo("By hand, in a home that lives: solarctl demo --serve", file=environment.out)
    click.echo(
        "In your own house: solarctl setup asks what you have; then add --dry-run to any command", file=environment.out
    )


def _why(day: Day) -> str:
    """Return words for a decision that is worth reading: the last one that changed something."""
    if day.changed is None:
        return "why --last 20"
    return f"why {day.changed.command} --at {day.changed.row['at'][:19]}"


def _scenario(name: str, now: str | None) -> Scenario:
    from dataclasses import replace

    from solarctl.decode import similar
    from solarctl.virtualhome.scenarios import load, names

    if name not in names():
        message = f"There is no scenario {name!r}. {similar(name, names())}".rstrip()
        raise UsageError(message, hint=f"There are: {', '.join(names())}")
    scenario = load(name)
    zone = scenario.start.tzinfo
    assert zone is not None
    if now is None:
        return scenario
    return replace(scenario, start=moment(now, zone), title=f"The home of {name}, from another hour on than usual.")


def _another_day(command: click.Command) -> None:
    """Say what --now means here: not, as everywhere else, what would be done at a moment."""
    for option in command.params:
        if option.name == "now" and isinstance(option, click.Option):
            option.help = "Begin the day here instead, such as 2026-05-01T06:00."


_another_day(command)


def _view(options: Options, environment: Environment) -> View:
    from solarctl.simulation.plain_view import PlainView, SummaryView

    def say(line: str) -> None:
        click.echo(line, file=environment.out)

    if options.json or options.quiet:
        return SummaryView(lambda _line: None)
    if environment.out.isatty() and not options.verbose and os.environ.get("TERM", "").lower() not in CANNOT_DRAW:
        from solarctl.simulation.live import LiveView

        return LiveView(environment.out)
    return PlainView(say, every=bool(options.verbose))
