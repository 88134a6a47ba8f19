"""history.db: finished journals, folded into a small SQLite database and thinned as they grow old.

    decisions   one block per command and day
    points      one block per series (device, what, field) and day; `step_s` is 0 while every minute is there

Everything in it is merged, never added blindly, so the same lines may be folded any number of times.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from zlib import error as ZlibError  # noqa: N812

from solarctl import history_decisions, history_points
from solarctl.context import Json
from solarctl.disk import PRIVATE, foreign, refused
from solarctl.errors import StateError
from solarctl.history_points import Points, Series

VERSION = 1
WAIT_S = 10.0  # for another process that folds
QUARTER_S, HOUR_S = 900, 3600

SCHEMA = """
CREATE TABLE decisions (command TEXT, day TEXT, thin INTEGER, data BLOB, PRIMARY KEY (command, day));
CREATE TABLE series (id INTEGER PRIMARY KEY, device TEXT, what TEXT, field TEXT, UNIQUE (device, what, field));
CREATE TABLE points (series INTEGER, day TEXT, step_s INTEGER, data BLOB, PRIMARY KEY (series, day));
"""


class Database:
    """An open history.db."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    # --- folding

    def add(self, zone: tzinfo, rows: Iterable[tuple[Json, bytes]]) -> None:
        """Merge journal rows (each with its line); durable when this returns."""
        lines: dict[tuple[str, str], list[bytes]] = {}
        points: dict[tuple[Series, str], Points] = {}
        for row, line in rows:
            if row.get("kind") != "readings":
                lines.setdefault((_owner(row), _day(row["at"], zone)), []).append(line)
                continue
            for reading in row.get("readings") or ():
                for series, second, value in history_points.points_of(reading):
                    points.setdefault((series, _day_of(second, zone)), {})[second] = value
        with self.transaction():
            for (command, day), new_lines in lines.items():
                self._add_lines(command, day, new_lines)
            for (series, day), new_points in points.items():
                self._add_points(self._series_id(series), series[2], day, new_points)

    def thin(self, *, decisions_days: int, keep_days: int, means_days: int) -> None:
        """Thin what is older than so many recorded days.

        Days on which something was recorded are counted, not the calendar: a clock that is years off for a
        while must not make everything old.
        """
        with self.transaction():
            self._thin_decisions(self._nth_newest("decisions", decisions_days))
            self._thin_points(self._nth_newest("points", keep_days), QUARTER_S)
            self._thin_points(self._nth_newest("points", keep_days + means_days), HOUR_S)

    def _add_lines(self, command: str, day: str, new: list[bytes]) -> None:
        found = self._one("SELECT thin, data FROM decisions WHERE command = ? AND day = ?", command, day)
        thin, stored = (found[0], history_decisions.unpacked(found[1])) if found else (0, [])
        lines = history_decisions.merged(stored, new)
        block = history_decisions.packed(history_decisions.thinned(lines) if thin else lines)
        self._run("INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?)", command, day, thin, block)

    def _add_points(self, series: int, field: str, day: str, new: Points) -> None:
        found = self._one("SELECT step_s, data FROM points WHERE series = ? AND day = ?", series, day)
        step_s, stored = (found[0], history_points.unpacked(found[1])) if found else (0, {})
        if step_s:
            new = history_points.thinned(field, new, step_s)
        block = history_points.packed(history_points.merged(stored, step_s, new))
        self._run("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)", series, day, step_s, block)

    def _thin_decisions(self, before: str) -> None:
        query = "SELECT command, day, data FROM decisions WHERE thin = 0 AND day < ?"
        for command, day, block in self._all(query, before):
            lines = history_decisions.thinned(history_decisions.unpacked(block))
            update = "UPDATE decisions SET thin = 1, data = ? WHERE command = ? AND day = ?"
            self._run(update, history_decisions.packed(lines), command, day)

    def _thin_points(self, before: str, step_s: int) -> None:
        query = "SELECT series, day, field, data FROM points JOIN series ON id = series WHERE step_s < ? AND day < ?"
        for series, day, field, block in self._all(query, step_s, before):
            points = history_points.thinned(field, history_points.unpacked(block), step_s)
            update = "UPDATE points SET step_s = ?, data = ? WHERE series = ? AND day = ?"
            self._run(update, step_s, history_points.packed(points), series, day)

    def _nth_newest(self, table: str, days: int) -> str:
        query = f"SELECT DISTINCT day FROM {table} ORDER BY day DESC LIMIT 1 OFFSET ?"  # noqa: S608 (our own names)
        found = self._one(query, days - 1)
        return str(found[0]) if found else ""

    def _series_id(self, series: Series) -> int:
        self._run("INSERT OR IGNORE INTO series (device, what, field) VALUES (?, ?, ?)", *series)
        return int(self._one("SELECT id FROM series WHERE device = ? AND what = ? AND field = ?", *series)[0])

    # --- looking

    def decisions(self, command: str | None, day: str) -> list[Iterator[Json]]:
        """Return the day's blocks, one per command, each with its last row first."""
        query = "SELECT data FROM decisions WHERE day = ? AND (? IS NULL OR command = ?)"
        blocks = self._all(query, day, command, command)
        return [history_decisions.newest_first(history_decisions.unpacked(block)) for (block,) in blocks]

    def decision_days(self, command: str | None, since: str, until: str) -> list[str]:
        """Return the days with rows, newest first."""
        query = (
            "SELECT DISTINCT day FROM decisions WHERE day BETWEEN ? AND ? AND (? IS NULL OR command = ?) "
            "ORDER BY day DESC"
        )
        return [day for (day,) in self._all(query, since, until, command, command)]

    def days(self) -> list[str]:
        """Return the days of which anything is kept."""
        return [day for (day,) in self._all("SELECT day FROM points UNION SELECT day FROM decisions ORDER BY day")]

    def points(self, device: str | None, what: str | None, since: str, until: str) -> list[tuple[Series, Points]]:
        """Return the blocks of the days from `since` to `until`."""
        query = (
            "SELECT device, what, field, data FROM points JOIN series ON id = series WHERE day BETWEEN ? AND ? "
            "AND (? IS NULL OR device = ?) AND (? IS NULL OR what = ?) ORDER BY day, id"
        )
        rows = self._all(query, since, until, device, device, what, what)
        return [((row[0], row[1], row[2]), history_points.unpacked(row[3])) for row in rows]

    # --- SQLite

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything in the block, durably, or nothing."""
        self._run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._run("ROLLBACK")
            raise
        self._run("COMMIT")

    def _run(self, statement: str, *values: object) -> None:
        self._connection.execute(statement, values)

    def _one(self, query: str, *values: object) -> tuple:  # type: ignore[type-arg]
        return self._connection.execute(query, values).fetchone()  # type: ignore[no-any-return]

    def _all(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        return self._connection.execute(query, values).fetchall()


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """Open the database, created when it is missing; what SQLite says becomes a `StateError`."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))
        if (owner := path.stat().st_uid) != os.geteuid():
            raise foreign(path, owner)
    except OSError as error:
        raise refused(error, path, "opened") from error
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
        # EXTRA also syncs the folder after a commit: journals are removed on the strength of it.
        connection.execute("PRAGMA synchronous = EXTRA")
        _prepare(path, connection)
        yield Database(path, connection)
    except (sqlite3.Error, ZlibError, UnicodeDecodeError) as error:
        raise _trouble(path, error) from error
    finally:
        if connection is not None:
            connection.close()


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StateError(
            f"{path} was written by a newer solarctl (its version is {version}, this one knows {VERSION})",
            hint="Upgrade solarctl; meanwhile the journals are kept and nothing is lost.",
        )
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            for statement in SCHEMA.strip().splitlines():
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")


def _trouble(path: Path, error: Exception) -> StateError:
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_FULL"):
        return StateError(
            f"the disk is full: {path} could not be written",
            hint="Free some space; the journals are kept until they are folded.",
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StateError(f"{path} is in use by another program", hint="Close that program, then try again.")
    if code.startswith(("SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN")):
        return StateError(f"{path} could not be written: {error}", hint=f"Look at: ls -ld {path} {path.parent}; df -h")
    return StateError(
        f"{path} is damaged: {error}",
        hint=f"Move it away (mv {path} {path}.damaged); a new one is begun, and days not folded yet are still there.",
    )


def _owner(row: Mapping[str, object]) -> str:
    return str(row.get("command") or row.get("kind") or "")


def _day(at: str, zone: tzinfo) -> str:
    return datetime.fromisoformat(at).astimezone(zone).date().isoformat()


def _day_of(second: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(second, zone).date().isoformat()
