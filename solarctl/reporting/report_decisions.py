"""What solarctl decided in a period, as marks: changes, failures, and turns of reason; not the repetitions between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from solarctl.explain import describe
from solarctl.value import value

REALLY = ("done", "pending", "failed")
UNTOLD = ("record",)


@value
class Mark:
    """One moment worth showing. `kind`: change, trouble, or turn (another reason, nothing changed)."""

    at: datetime
    command: str
    kind: str
    reason: str
    said: str
    repeats: int = 1  # so many in a row said the same


def marks(decisions: Iterable[Mapping[str, Any]], zone: tzinfo) -> list[Mark]:
    """Return the marks of decisions (in any order), oldest first."""
    last: dict[str, tuple[str, int]] = {}
    settling: set[str] = set()  # commands whose next reason only follows from their change
    found: list[Mark] = []
    for row in sorted(decisions, key=lambda one: datetime.fromisoformat(one["at"])):
        command, reason = str(row.get("command")), str(row.get("reason"))
        actions = [one for one in row.get("actions", ()) if one["outcome"] in REALLY]
        code = int(row.get("exit") or 0)
        before = last.get(command)
        last[command] = (reason, code)
        if command in UNTOLD and not code:
            continue
        if code and before == (reason, code):
            continue  # the same trouble still
        kind = "trouble" if code else "change" if actions else "turn"
        follows = command in settling
        settling.discard(command)
        if kind == "turn" and (before is None or before[0] == reason or follows):
            continue  # how it stood when the period began, or stands still
        if kind == "change":
            settling.add(command)
        at = datetime.fromisoformat(row["at"]).astimezone(zone)
        found.append(Mark(at, command, kind, reason, _said(row, actions), int(row.get("repeats", 1))))
    return found


def _said(row: Mapping[str, Any], actions: list[dict[str, Any]]) -> str:
    errors = [str(error.get("message")) for error in row.get("errors", ())]
    because = str(row.get("because") or (errors[0] if errors else ""))
    lines = describe({"because": because, "actions": actions}).splitlines()
    more = [f"({one})" for one in errors if one not in because]
    return " ".join([*lines[:1], *(f"({line.strip()})" for line in lines[1:]), *more])
