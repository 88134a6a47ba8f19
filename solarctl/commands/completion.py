"""`completion`: the shell's completion script, made by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from solarctl.cli_options import shared_options
from solarctl.errors import Exit
from solarctl.options import Options
from solarctl.runner import Environment

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@shared_options
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@click.pass_context
def command(context: click.Context, /, shell: str | None, **shared: object) -> None:
    """Print the completion script of a SHELL (bash, zsh, fish), your own by default.

    bash: solarctl completion bash > ~/.local/share/bash-completion/completions/solarctl
    It needs no config; with --json the script is one of the object's keys.
    """
    import os
    from pathlib import Path

    from solarctl.cli import COMPLETE_VARIABLE, group

    shell = shell or Path(os.environ.get("SHELL", "bash")).name
    found = get_completion_class(shell)
    if found is None or shell not in SHELLS:
        raise click.UsageError(f"There is no completion for {shell}. Choose one of {', '.join(SHELLS)}.")
    script = found(group, {}, "solarctl", COMPLETE_VARIABLE).source()
    options = Options(**shared)  # type: ignore[arg-type]
    environment = context.find_object(Environment) or Environment()
    if options.json:
        from solarctl.output import common_json, print_json

        now = environment.clock.now().astimezone()
        common = common_json("completion", now, Exit.OK, dry_run=options.dry_run, took_s=0.0)
        print_json(common | {"shell": shell, "script": script}, environment.out)
    elif not options.quiet:
        click.echo(script, file=environment.out)
    context.exit(Exit.OK)
