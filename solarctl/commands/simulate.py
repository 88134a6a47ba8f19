"""`simulate`: config and schedule on a virtual house, for days or a year, without network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from solarctl import log
from solarctl.cli_options import shared_options
from solarctl.errors import Exit, SolarctlError
from solarctl.options import Interrupted, Options
from solarctl.runner import Environment

if TYPE_CHECKING:
    from solarctl.simulation.simulate import Wish


def several_configs(function: Any) -> Any:
    """Let --config be given several times."""
    shared = shared_options(function)
    for option in getattr(shared, "__click_params__"):  # noqa: B009
        if option.name == "config":
            option.multiple = True
            option.default = ()
            option.help = "The config file; several are compared [env: SOLARCTL_CONFIG]."
    return shared


@click.command("simulate")
@several_configs
@click.option("--year", type=click.IntRange(1970, 2200), help="Simulate this year [default: the present one].")
@click.option("--from", "start", metavar="DATE", help="First day.")
@click.option("--to", "end", metavar="DATE", help="Last day.")
@click.option("--days", type=click.IntRange(1, 3660), help="How many days, instead of --to.")
@click.option(
    "--seed", "seeds", type=int, multiple=True, help="Another seed is another year's weather; may be repeated."
)
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="Sun and load from a CSV file."
)
@click.option("--history", "own_history", is_flag=True, help="Sun and load from your own history.")
@click.option("--crontab", type=click.Path(path_type=Path, dir_okay=False), help="Play this crontab's lines.")
@click.option(
    "--replan-min",
    type=click.IntRange(0, 1440),
    help="Plan every so many minutes instead of as the schedule says; 0: never, and apply follows sun and deadlines.",
)
@click.option("--jobs", type=click.IntRange(1, 1024), help="How many processes [default: one per core].")
@click.option("--dask", metavar="ADDRESS", help="Spread over a Dask cluster.")
@click.pass_context
def command(context: click.Context, /, config: tuple[Path, ...], **options: Any) -> None:
    """Prove a config on a year before trusting it.

    The very rules that steer your house are played on a virtual one, and compared with the house left alone, with the
    rules of the original projects, and with perfect foresight. Nothing is steered, sent or written. Several --config
    are compared side by side. What config.toml does not say about the house stands in [simulate].
    """
    from solarctl.simulation.simulate import Wish

    own = ("year", "start", "end", "days", "seeds", "csv_path", "own_history", "crontab", "jobs", "dask", "replan_min")
    wish = Wish(configs=config, **{name: options.pop(name) for name in own})
    shared = Options(config=config[0] if config else None, **options)
    environment = context.find_object(Environment) or Environment()
    err = environment.err
    log.setup(shared.verbose, quiet=shared.quiet, interactive=err.isatty(), stream=err)
    try:
        context.exit(_simulate(wish, shared, environment))
    except SolarctlError as error:
        from solarctl.output import show_failure

        context.exit(show_failure("simulate", error, shared, environment.out, environment.clock.now()))
    except KeyboardInterrupt:
        context.exit(int(Exit.INTERRUPTED))
    except Interrupted:
        context.exit(int(Exit.TERMINATED))


def _simulate(wish: Wish, options: Options, environment: Environment) -> int:
    from solarctl.simulation.simulate import simulate
    from solarctl.simulation.story import story

    now, started_s = environment.clock.now(), environment.clock.monotonic()
    interactive = environment.err.isatty() and not options.quiet and not options.json

    def progress(done: int, of: int) -> None:
        if interactive:
            end = "\n" if done == of else ""
            environment.err.write(f"\r{done} of {of} lives lived{end}")
            environment.err.flush()

    results, notes = simulate(wish, options, now, progress)
    if options.json:
        from solarctl.config import Config, find_path
        from solarctl.output import common_json, print_json

        zone = Config.load(wish.configs[0] if wish.configs else find_path(None)).timezone
        took_s = environment.clock.monotonic() - started_s
        common = common_json("simulate", now.astimezone(zone), Exit.OK, dry_run=options.dry_run, took_s=took_s)
        print_json(common | {"results": [one.to_json() for one in results], "notes": notes}, environment.out)
    elif not options.quiet:
        click.echo(story(results, notes), file=environment.out)
    return int(Exit.OK)
