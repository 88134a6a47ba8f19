"""`completion`: the shell's completion script, made by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from solarctl.errors import Exit

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), required=False)
def command(shell: str | None) -> None:
    """Print the completion script of a SHELL (bash, zsh, fish), your own by default.

    bash: solarctl completion bash > ~/.local/share/bash-completion/completions/solarctl
    """
    import os
    from pathlib import Path

    from solarctl.cli import COMPLETE_VARIABLE, group

    shell = shell or Path(os.environ.get("SHELL", "bash")).name
    found = get_completion_class(shell)
    if found is None or shell not in SHELLS:
        raise click.UsageError(f"There is no completion for {shell}. Choose one of {', '.join(SHELLS)}.")
    click.echo(found(group, {}, "solarctl", COMPLETE_VARIABLE).source())
    raise click.exceptions.Exit(Exit.OK)
