"""`pause` and `resume`: holidays and repairs. Rules look and say what they would do, and do nothing."""

from __future__ import annotations

import importlib
from enum import StrEnum

import click

from solarctl.cli_options import site_command
from solarctl.commands import COMMANDS
from solarctl.decision import Action, Decision
from solarctl.decode import nearest
from solarctl.errors import UsageError
from solarctl.run import Run
from solarctl.until import end_of

ALL = "*"


class Reason(StrEnum):
    PAUSED = "paused"
    RESUMED = "resumed"


@site_command("pause", rule=False)
@click.argument("command", required=False)
@click.option("--until", metavar="TIME", help="When it ends by itself: 18:00, tomorrow 06:00, friday, 3h, 2026-07-14.")
def pause(run: Run, command: str | None, until: str | None) -> None:
    """Let rules look but not touch: one COMMAND, or all of them.

    What a rule holds on somebody's behalf (a battery's reserve) is given back first.
    """
    name = _checked(command)
    end = end_of(until, run.now) if until is not None else None
    actions = [action for rule in ([name] if name != ALL else COMMANDS) for action in given_back(run, rule)]
    whose = "Every rule" if name == ALL else name
    when = f"until {end:%Y-%m-%d %H:%M}" if end else "until `solarctl resume`"
    if not run.dry_run:
        with run.state.transaction() as state:
            state.setdefault("pause", {})[name] = {"until": end.isoformat() if end else None}
    run.conclude(Decision(Reason.PAUSED, f"{whose} is paused {when}.", actions))


@site_command("resume", rule=False)
@click.argument("command", required=False)
def resume(run: Run, command: str | None) -> None:
    """End a pause: of one COMMAND, or all."""
    name = _checked(command)
    pauses = run.state.read().get("pause", {})
    ended = sorted(pauses) if name == ALL else [one for one in pauses if one == name]
    if not run.dry_run and ended:
        with run.state.transaction() as state:
            for one in ended:
                state.get("pause", {}).pop(one, None)
    if name != ALL and ALL in pauses:
        run.warn(f"all rules are paused, {name} among them; type: solarctl resume")
    words = ", ".join("every rule" if one == ALL else one for one in ended)
    run.conclude(Decision(Reason.RESUMED, f"Resumed: {words}." if ended else "Nothing was paused."))


def _checked(command: str | None) -> str:
    if command is not None and command not in COMMANDS:
        raise UsageError(f"there is no command {command!r}", hint=nearest(command, COMMANDS))
    return command or ALL


def given_back(run: Run, name: str) -> list[Action]:
    """Return the actions by which a rule gives back what it holds; its command file may have `release(run)`."""
    if run.config.find(name) is None:
        return []
    module = importlib.import_module(f"solarctl.commands.{COMMANDS[name][0].partition(':')[0]}")
    release = getattr(module, "release", None)
    return list(release(run)) if release is not None else []
