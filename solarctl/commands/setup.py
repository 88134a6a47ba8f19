"""`setup`: config.toml, made together with the owner."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from solarctl.cli_options import shared_options
from solarctl.errors import SolarctlError, UsageError, spelt_out
from solarctl.options import Options
from solarctl.output import is_terminal
from solarctl.runner import Environment


@click.command("setup")
@shared_options
@click.option(
    "--import",
    "imports",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take answers from an old file (config.py, credentials.py, tesla.token, cache.json, …); may be repeated.",
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take all answers from this TOML file; nobody is asked.",
)
@click.pass_context
def command(context: click.Context, /, imports: tuple[Path, ...], answers: Path | None, **shared: object) -> None:
    """Write config.toml with you, trying every device.

    Asks for accounts and devices, logs in, lists what there is to choose from, and reads each device as it is added.
    An existing config is extended; what is in it stays as it is.
    """
    options = Options(**shared)  # type: ignore[arg-type]
    environment = context.find_object(Environment) or Environment()
    try:
        context.exit(_setup(options, environment, imports, answers))
    except SolarctlError as error:
        from solarctl.output import show_failure

        context.exit(show_failure("setup", error, options, environment.out, environment.clock.now()))


def _setup(options: Options, environment: Environment, imports: tuple[Path, ...], answers: Path | None) -> int:
    from solarctl import log
    from solarctl.onboarding.answers_file import read
    from solarctl.onboarding.session import Session

    if answers is None and not is_terminal(sys.stdin):
        raise UsageError(
            "setup asks questions, and there is nobody to answer",
            hint="Run it at a terminal, or give it a file: solarctl setup --answers FILE",
        )
    told = log.setup(options.verbose, quiet=options.quiet, interactive=environment.err.isatty(), stream=environment.err)
    silent = options.json or options.quiet
    session = Session(
        options,
        environment.clock,
        say=(lambda _text: None) if silent else lambda text: click.echo(spelt_out(text), file=environment.out),
        log=told.debug,
        urge=(lambda text: click.echo(spelt_out(text.strip()), file=environment.err)) if silent else None,
    )
    given = read(answers) if answers is not None else None
    code = session.run(imports, given)
    if options.json:
        from solarctl.output import print_json

        print_json(session.to_json(code), environment.out)
    return int(code)
