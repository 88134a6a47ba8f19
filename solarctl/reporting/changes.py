"""What counts as a change: another target than before; not the same limit again, to keep its time to live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from solarctl.explain import describe

WRITTEN = ("done", "pending")
EXPIRES = ("limit",)  # kinds whose target ends by itself, so that it is written again unchanged
UNTOLD = ("token",)  # done, it is upkeep; failed, it is told


def in_order(decisions: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Give each decision, oldest first, without what only keeps things as they are; and whether there was such."""
    targets: dict[str, Any] = {}
    for row in sorted(decisions, key=lambda one: datetime.fromisoformat(one["at"])):
        actions = list(row.get("actions", ()))
        told = [one for one in actions if not _keeps_up(one, targets)]
        yield {**row, "actions": told}, len(told) < len(actions)


def words(actions: Iterable[Mapping[str, Any]]) -> str:
    """Return what was done, without the reason.

    >>> words([{"action": "limit", "device": "car", "to": 9, "outcome": "done"}])
    'limit car to 9 A'
    """
    return ", ".join(line.strip() for line in describe({"because": "", "actions": list(actions)}).splitlines()[1:])


def _keeps_up(action: Mapping[str, Any], targets: dict[str, Any]) -> bool:
    """Return whether a written action only renewed something; `targets` are each device's last ones."""
    kind, device, to = action.get("action"), str(action.get("device")), action.get("to")
    if action.get("outcome") not in (*WRITTEN, "unchanged"):
        return False
    if kind not in EXPIRES:
        return kind in UNTOLD
    same = device in targets and targets[device] == to
    targets[device] = to
    return same
