"""Rows as runs write them, and a house that writes them by the minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.history import History, Settings
from tests.fakes import FakeClock

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def text(moment: datetime) -> str:
    """A moment as runs print it."""
    return moment.astimezone(AMSTERDAM).isoformat(timespec="seconds")


def decision(at: datetime, reason: str = "hold", command: str = "grid-guard", **more: Any) -> dict[str, Any]:
    """A run's object, as the contract has it."""
    row: dict[str, Any] = {"kind": "decision", "command": command, "at": text(at), "reason": reason}
    row |= {"because": "Battery at 17 %.", "dry_run": False, "exit": 0}
    return row | {"readings": [], "actions": [], "errors": [], "took_s": 0.4} | more


def reading(at: datetime, grid_w: float, **more: Any) -> dict[str, Any]:
    """What a meter said."""
    return {"device": "p1", "what": "grid", "at": text(at), "grid_w": grid_w} | more


def readings(*objects: dict[str, Any]) -> dict[str, Any]:
    """A row of `record`."""
    return {"kind": "readings", "command": "record", "at": objects[0]["at"], "readings": list(objects)}


class House:
    """A history with a clock that the test moves."""

    def __init__(self, folder: Path, settings: Settings | None = None, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.folder = folder
        self.settings = settings
        self.history = self.reopened()

    def reopened(self) -> History:
        """The history as the next run opens it."""
        return History(self.folder, self.clock, AMSTERDAM, self.settings)

    def now(self) -> datetime:
        return self.clock.now()

    def pass_days(self, days: int) -> None:
        self.clock.advance(timedelta(days=days).total_seconds())

    def decide(self, reason: str = "hold", **more: Any) -> dict[str, Any]:
        """Write a decision; returned as it is to be read."""
        row = decision(self.now(), reason, **more)
        self.history.append(row)
        return {name: value for name, value in row.items() if name != "kind"}

    def measure(self, grid_w: float, **more: Any) -> dict[str, Any]:
        """Write a reading; returned as it is to be read."""
        row = reading(self.now(), grid_w, **more)
        self.history.append(readings(row))
        return row
