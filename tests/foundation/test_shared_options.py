"""The options that stand after every command stand after every command."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import click
import pytest

from solarctl.cli import execute, group
from solarctl.clock import SystemClock
from solarctl.commands import COMMANDS
from solarctl.runner import Environment

SHARED = {"config", "state_dir", "dry_run", "json", "quiet", "verbose", "now"}


def leaves() -> Iterator[tuple[str, click.Command]]:
    """Give every command and subcommand."""
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", one) for sub, one in command.commands.items())
        else:
            yield name, command


@pytest.mark.parametrize(("name", "command"), list(leaves()), ids=lambda one: one if isinstance(one, str) else "")
def test_every_command_takes_them(name: str, command: click.Command) -> None:
    """Whoever types --json or -q after a command need not know which one it is."""
    assert {param.name for param in command.params} >= SHARED


def typed(*argv: str) -> tuple[int, str]:
    out = io.StringIO()
    return execute(list(argv), Environment(SystemClock(), out, io.StringIO())), out.getvalue()


def test_a_completion_script_as_json() -> None:
    """The script is a key of the one object; without a config, as ever."""
    code, out = typed("completion", "bash", "--json")
    found = json.loads(out)
    assert (code, found["exit"], found["command"], found["shell"]) == (0, 0, "completion", "bash")
    assert found["script"].strip() == typed("completion", "bash")[1].strip()
    assert "_SOLARCTL_COMPLETE" in found["script"]


def test_a_completion_for_an_unknown_shell_as_json() -> None:
    """Trouble is the object, too."""
    code, out = typed("completion", "cobol", "--json")
    assert (code, json.loads(out)["errors"][0]["kind"]) == (2, "UsageError")
