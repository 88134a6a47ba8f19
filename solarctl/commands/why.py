"""`why`: what was decided, when, and the numbers behind it; the journal as sentences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from solarctl.cli_options import site_command
from solarctl.commands import COMMANDS
from solarctl.decode import nearest
from solarctl.errors import UsageError
from solarctl.explain import describe
from solarctl.run import Run


@site_command("why", rule=False)
@click.argument("command", required=False)
@click.option("--at", metavar="TIME", help="What held at this moment: 2026-07-01T14:00, or 14:00 for today.")
@click.option("--last", type=click.IntRange(1, 10_000), default=None, help="How many decisions (default 5).")
def command(run: Run, command: str | None, at: str | None, last: int | None) -> None:
    """Explain what was decided, and when: of one COMMAND or all, newest first."""
    if command is not None and command not in COMMANDS:
        raise UsageError(f"there is no command {command!r}", hint=nearest(command, COMMANDS))
    until = _moment(run, at) if at is not None else None
    run.fold_history()
    decisions = run.history.decisions(command=command, until=until, limit=last or (1 if at else 5))
    text = "\n".join(_entry(row) for row in decisions)
    whose = f"of {command} " if command else ""
    run.answer({"decisions": decisions}, text or f"No decision {whose}is on record{' before then' if at else ''}.")


def _entry(row: dict[str, Any]) -> str:
    moment = datetime.fromisoformat(row["at"])
    head = f"{moment:%Y-%m-%d %H:%M:%S}  {row['command']}  [{row['reason'] or 'no decision'}]"
    exit_code = row.get("exit") or 0
    lines = [head + (f"  exit {exit_code}" if exit_code else "")]
    lines += [
        "  " + line for line in describe({"because": row.get("because"), "actions": row.get("actions", [])}).split("\n")
    ]
    if row.get("policy"):
        lines.append(f"  {row['policy']}")  # what a policy's name means
    lines += [
        f"  ! {error.get('device') or ''}: {error['message']}".replace("! : ", "! ") for error in row.get("errors", ())
    ]
    return "\n".join(lines)


def _moment(run: Run, text: str) -> datetime:
    try:
        if len(text) <= 5 and ":" in text:
            hour, minute = (int(part) for part in text.split(":"))
            return run.now.replace(hour=hour, minute=minute, second=59, microsecond=999_999)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {text!r} is no time", hint="Such as 2026-07-01T14:00, or 14:00 for today.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=run.config.timezone)
