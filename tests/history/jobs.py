"""What the processes of the crash and contention tests do."""

from __future__ import annotations

import functools
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.fakes import NOON, FakeClock
from tests.history.rows import House, decision
from tests.state.killing import point

DAYS = 2
ROWS_PER_DAY = 3


def yesterdays(folder: Path) -> House:
    """A house that stands on the days before the fold."""
    return House(folder / "state")


def todays(folder: Path) -> House:
    """The same house, a few days later."""
    return House(folder / "state", clock=FakeClock(NOON + timedelta(days=DAYS)))


def prepare_fold(folder: Path) -> None:
    house = yesterdays(folder)
    for day in range(DAYS):
        for number in range(ROWS_PER_DAY):
            house.decide(because=f"{day} {number}")
            house.measure(100.5 * number)
            house.clock.advance(60)
        house.pass_days(1)


def fold(folder: Path) -> None:
    """Fold, with every statement that SQLite is given as a step of its own."""

    class Stepped(sqlite3.Connection):
        def execute(self, *args: Any) -> sqlite3.Cursor:
            point("execute " + args[0].split()[0])
            return super().execute(*args)

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Stepped)  # type: ignore[assignment]
    todays(folder).history.fold()


def prepare_append(folder: Path) -> None:
    yesterdays(folder).decide(because="first")


def append(folder: Path) -> None:
    """Write two more rows; `acknowledged` says how many are certainly there."""
    house = yesterdays(folder)
    for number in (2, 3):
        house.decide(because=str(number))
        (folder / "acknowledged").write_text(str(number))


def append_many(folder: str, who: str, times: str) -> None:
    """Append to what is yesterday for those who fold."""
    house = yesterdays(Path(folder))
    for number in range(int(times)):
        house.history.append(decision(house.now(), command=who, because=f"{who} {number} " + "x" * 3000))


def fold_often(folder: str, times: str) -> None:
    """Fold while others append."""
    house = todays(Path(folder))
    for _ in range(int(times)):
        house.history.fold()


def fold_after(folder: str, days: str) -> None:
    """Fold everything, so many days later."""
    House(Path(folder) / "state", clock=FakeClock(NOON + timedelta(days=int(days)))).history.fold()
