"""What solarctl decided in a period, as marks: changes, failures, and turns of reason; not the repetitions between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from solarctl.explain import describe
from solarctl.reporting.changes import in_order
from solarctl.value import value

REALLY = ("done", "pending", "failed")
UNTOLD = ("record",)
CLOSE = timedelta(minutes=11)  # with the same reason; the least frequent rules run every ten minutes
STILL = timedelta(hours=3)  # the same trouble after a longer silence is another one: some commands note trouble only
AT_ONCE = timedelta(minutes=2)  # for whatever reason; rules that steer by the minute


@value
class Mark:
    """One moment worth showing. `kind`: change, trouble, or turn (another reason, nothing changed)."""

    at: datetime
    command: str
    kind: str
    reason: str
    said: str
    repeats: int = 1  # so many in a row said the same
    gives: bool = True  # whether anything was left on, or above nothing
    until: datetime | None = None  # of several marks in a row, the last one's moment; `at` is the first one's


def marks(decisions: Iterable[Mapping[str, Any]], zone: tzinfo) -> list[Mark]:
    """Return the marks of decisions (in any order), oldest first; what only renews a limit or a token is none."""
    last: dict[str, tuple[str, int]] = {}
    seen: dict[str, datetime] = {}  # when each command was last heard
    settling: set[str] = set()  # commands whose next reason only follows from their change
    found: list[Mark] = []
    for row, kept_up in in_order(decisions):
        command, reason = str(row.get("command")), str(row.get("reason") or "no decision")
        actions = [one for one in row.get("actions", ()) if one["outcome"] in REALLY]
        code = int(row.get("exit") or 0)
        before = last.get(command)
        at = datetime.fromisoformat(row["at"]).astimezone(zone)
        still = at - seen.get(command, at) <= STILL
        seen[command] = datetime.fromisoformat(row.get("repeated_until") or row["at"])
        if kept_up and not actions and not code and not (before and before[1]):
            continue  # not even a turn: the reason of a renewal is no news
        last[command] = (reason, code)
        if command in UNTOLD and not code:
            continue
        if code and before == (reason, code) and still:
            continue  # the same trouble still
        kind = "trouble" if code else "change" if actions else "turn"
        follows = command in settling
        settling.discard(command)
        if kind == "turn" and (before is None or before[0] == reason or follows):
            continue  # how it stood when the period began, or stands still
        if kind == "change":
            settling.add(command)
        gives = any(one.get("to") for one in actions)
        found.append(Mark(at, command, kind, reason, _said(row, actions), 1 + int(row.get("repeats", 0)), gives))
    return found


def in_a_row(found: Iterable[Mark]) -> list[Mark]:
    """Return the marks with those of one command that follow each other closely as one.

    A rule that trims a limit every minute has one story to tell, not sixty; it tells it in its last words.
    """
    groups: list[Mark] = []
    newest: dict[str, int] = {}  # command → its last group
    for one in found:
        index = newest.get(one.command)
        group = groups[index] if index is not None else None
        if group is not None and index is not None and _goes_on(group, one):
            groups[index] = _joined(group, one)
        else:
            newest[one.command] = len(groups)
            groups.append(one)
    return groups


def _joined(group: Mark, one: Mark) -> Mark:
    reasons = ", ".join(dict.fromkeys([*group.reason.split(", "), one.reason]))
    return replace(group, until=one.at, reason=reasons, said=one.said, repeats=group.repeats + one.repeats)


def _goes_on(group: Mark, one: Mark) -> bool:
    if (group.kind, one.kind) != ("change", "change") or group.gives != one.gives:
        return False  # what begins or ends is a story of its own
    apart = one.at - (group.until or group.at)
    return apart <= (CLOSE if one.reason in group.reason.split(", ") else AT_ONCE)


def when(one: Mark, form: str) -> str:
    """Return a mark's moment or span.

    >>> nine, five_past = datetime(2026, 7, 1, 9), datetime(2026, 7, 1, 9, 5)
    >>> when(Mark(nine, "balance", "change", "surplus", "", 3, True, five_past), "%H:%M")
    '09:00 to 09:05, 3 times'
    """
    if one.until is None:
        return one.at.strftime(form)
    return f"{one.at.strftime(form)} to {one.until:%H:%M}, {one.repeats} times"


def _said(row: Mapping[str, Any], actions: list[dict[str, Any]]) -> str:
    errors = [str(error.get("message")) for error in row.get("errors", ())]
    because = str(row.get("because") or (errors[0] if errors else ""))
    lines = describe({"because": because, "actions": actions}).splitlines()
    more = [f"({one})" for one in errors if one not in because]
    return " ".join([*lines[:1], *(f"({line.strip()})" for line in lines[1:]), *more])
