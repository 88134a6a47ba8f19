"""History: what a person needs to understand, decisions and readings. Losing it never changes a decision.

history/2026-07-01.jsonl   the day's journal; a run appends one line
history.db                 finished days, folded by whoever reads history, thinned as they grow old
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from solarctl.context import Clock, Json
from solarctl.disk import refused
from solarctl.errors import BusyError, StateError
from solarctl.journal import Journal
from solarctl.locks import locked
from solarctl.settings import setting
from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.history_db import Database
    from solarctl.history_points import Points, Series

FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"
DAY, WEEK = timedelta(days=1), timedelta(days=7)
AT_ONCE = 5_000  # imported lines; a year of minutes need not fit into memory
DISORDER = timedelta(minutes=10)  # a run bears the moment it began, and is written down when it ends
Rows = Iterable[Json]
T = TypeVar("T")


@value
class Settings:
    """[history]: how long what is kept. Days are days on which something was recorded."""

    keep_days: int = setting(400, ge=2, help="days of readings kept by the minute; older ones are means of 15 minutes")
    means_days: int = setting(1100, ge=1, help="days of 15-minute means kept after that; older ones are hourly means")
    decisions_days: int = setting(30, ge=2, help="days of which every decision is kept; older: those that differ")


class History:
    """Journals and database of one state folder. Constructing it touches nothing.

    `notices` collects what a person should hear about the files (a torn line, a damaged database).
    """

    def __init__(self, directory: Path, clock: Clock, timezone: tzinfo, settings: Settings | None = None) -> None:
        self.notices: list[str] = []
        self._directory = directory
        self._database = directory / "history.db"
        self._journal = Journal(directory / "history", self._note)
        self._clock = clock
        self._zone = timezone
        self._settings = settings or Settings()

    def append(self, row: Json) -> None:
        """Add a row to today's journal: a run's JSON object and "kind": "decision", or "kind": "readings".

        It bears its moment as `at`. `StateError` when it cannot be written.
        """
        self._journal.append(self._today(), row)

    def decisions(
        self,
        command: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Json]:
        """Return the decisions from `since` to `until`, newest first, at most `limit`.

        Of old ones the repetitions are left out: such a row has `repeats` and `repeated_until`, the last one's moment.
        """
        found: dict[str, tuple[datetime, Json]] = {}
        floor: datetime | None = since
        for sources in self._sources(command, since, until):
            for source in sources:
                for row in source:
                    at = datetime.fromisoformat(row["at"])
                    if floor is not None and at < floor - DISORDER:
                        break
                    if _is_decision(row, command) and _is_between(at, since, until):
                        found.setdefault(json.dumps(row), (at, row))  # while it is folded, a row may be met twice
                    if limit is not None and len(found) == limit:
                        floor = max(floor or at, min(at for at, _row in found.values()))
            if limit is not None and len(found) >= limit:
                break
        rows = [row for _at, row in sorted(found.values(), key=lambda pair: pair[0], reverse=True)]
        return [{name: value for name, value in row.items() if name != "kind"} for row in rows[:limit]]

    def readings(
        self,
        device: str | None = None,
        what: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Json]:
        """Return recorded reading objects, oldest first; old ones are means of 15 minutes or an hour."""
        from solarctl.history_points import points_of, readings_of

        points: dict[Series, Points] = {}
        for day in self._journal_days(since, until):
            for row in self._journal.newest_first(day, containing='"kind":"readings"'):
                for reading in row.get("readings") or ():
                    for series, second, number in points_of(reading):
                        points.setdefault(series, {})[second] = number
        days = self._day(since, -1, FIRST_DAY), self._day(until, 1, LAST_DAY)
        for series, stored in self._from_database(lambda database: database.points(device, what, *days)):
            points.setdefault(series, {}).update(stored)
        first, last = (moment.timestamp() if moment else None for moment in (since, until))
        wanted = (
            (series, {s: v for s, v in values.items() if (first is None or s >= first) and (last is None or s <= last)})
            for series, values in points.items()
            if device in (None, series[0]) and what in (None, series[1])
        )
        return readings_of(wanted, self._zone)

    def fold(self) -> int:
        """Fold finished journals into the database and return how many; `StateError` when that fails.

        When another process is at it, this one leaves it to that.
        """
        today = self._today()
        if not any(day < today for day in self._journal.days()):
            return 0
        try:
            with self._fold_lock(), self._opened() as database:
                days = [day for day in self._journal.days() if day < today]
                for day in days:
                    self._fold_day(database, day)
                keep = self._settings
                database.thin(decisions_days=keep.decisions_days, keep_days=keep.keep_days, means_days=keep.means_days)
        except BusyError:
            return 0
        return len(days)

    def _fold_day(self, database: Database, day: date) -> None:
        damaged: list[bytes] = []
        self._journal.fold(day, lambda lines: database.add(self._zone, self._rows(day, lines, damaged)))
        if damaged:
            self._journal.keep_damaged(damaged)

    def export(self) -> Iterator[str]:
        """Yield everything as journal lines, oldest first, week by week: its readings, then its decisions."""
        stored = self._from_database(lambda database: database.days())
        days = sorted({date.fromisoformat(day) for day in stored} | set(self._journal.days()))
        while days:
            first, last = days[0], days[0] + WEEK - DAY
            days = [day for day in days if day > last]
            since = datetime.combine(first, time(), self._zone)
            until = datetime.combine(last, time.max, self._zone).replace(fold=1)
            by_moment: dict[str, list[Json]] = {}
            for reading in self.readings(since=since, until=until):
                by_moment.setdefault(reading["at"], []).append(reading)
            for at, readings in by_moment.items():
                yield json.dumps({"kind": "readings", "at": at, "readings": readings})
            for row in reversed(self.decisions(since=since, until=until)):
                yield json.dumps({"kind": "decision"} | row)

    def import_(self, lines: Iterable[str], *, keep: bool = True) -> int:
        """Merge exported lines and return how many there were; what is known already is not doubled."""
        rows = self._rows(None, (line.strip().encode() for line in lines), [])
        if not keep:
            return sum(1 for _row in rows)
        count = 0
        with self._fold_lock(), self._opened() as database:
            while some := list(islice(rows, AT_ONCE)):
                database.add(self._zone, some)
                count += len(some)
        return count

    # --- where rows are

    def _sources(self, command: str | None, since: datetime | None, until: datetime | None) -> Iterator[list[Rows]]:
        """Yield, day by day from the newest, where its rows may be found; each source has its last row first.

        The database is opened only when the current journal was not enough.
        """
        needle = json.dumps(command) if command else ""
        today = self._today()
        days = self._journal_days(since, until)
        for day in days:
            if day >= today:
                yield [self._journal.newest_first(day, needle)]
        older = {day.isoformat(): day for day in days if day < today}
        first, last = self._day(since, -1, FIRST_DAY), self._day(until, 1, LAST_DAY)
        stored = self._from_database(lambda database: database.decision_days(command, first, last))
        for name in sorted({*older, *stored}, reverse=True):
            # The journal first: another process may be moving it into the database right now.
            sources: list[Rows] = [self._journal.newest_first(older[name], needle)] if name in older else []
            sources += self._from_database(lambda database, name=name: database.decisions(command, name))  # type: ignore[misc]
            yield sources

    def _from_database(self, ask: Callable[[Database], list[T]]) -> list[T]:
        """Return what the database has; nothing, after a notice, when it cannot be read."""
        try:
            if self._database.stat().st_size:
                with self._opened() as database:
                    return ask(database)
        except FileNotFoundError:
            pass  # nothing was folded yet
        except OSError as error:
            self._note(f"{refused(error, self._database, 'read')}; older days are left out")
        except StateError as error:
            self._note(f"{error}; older days are left out. {error.hint}")
        return []

    def _journal_days(self, since: datetime | None, until: datetime | None) -> list[date]:
        first, last = self._day(since, -1, FIRST_DAY), self._day(until, 1, LAST_DAY)
        return [day for day in reversed(self._journal.days()) if first <= day.isoformat() <= last]

    def _rows(self, day: date | None, lines: Iterable[bytes], damaged: list[bytes]) -> Iterator[tuple[Json, bytes]]:
        damaged.clear()  # handed over once more, a line that was being written is whole
        for line in filter(None, lines):
            row = self._journal.decoded(day, line)
            if row is not None:
                yield row, line
            elif line not in damaged:
                damaged.append(line)

    def _opened(self) -> AbstractContextManager[Database]:
        from solarctl.history_db import opened  # sqlite3 on first use

        return opened(self._database)

    def _fold_lock(self) -> AbstractContextManager[None]:
        path = self._directory / "locks" / "history"
        return locked(path, self._clock, timeout_s=0, busy="history is being folded", timezone=self._zone)

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _day(self, moment: datetime | None, days: int, default: str) -> str:
        if moment is None:
            return default
        return (moment.astimezone(self._zone).date() + timedelta(days=days)).isoformat()

    def _note(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)


def _is_decision(row: Json, command: str | None) -> bool:
    return row.get("kind", "decision") == "decision" and command in (None, row.get("command"))


def _is_between(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at <= until)
