"""What people want: forced loads and pauses from state.json, looked at on each tick, read only when it changed."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from solarctl.control.balance import Manual
from solarctl.errors import StateError
from solarctl.forced import LONGEST, Forced, drop_forced, put_forced, read_forced
from solarctl.run import Run

MODE_POWER_W = {"off": 0.0, "now": None}  # words of `force --mode` that mean something to a load


class Wishes:
    """The forced loads of now."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: tuple[int, int] | None = None
        self._forced: dict[str, Forced] = {}
        self._mine: dict[str, Forced | None] = {}  # asked for over MQTT, while state cannot be written
        self.paused: str | None = None

    def look(self) -> None:
        """Read the record again if the file changed."""
        seen = self._stamp()
        if seen is not None and seen == self._seen:
            return
        self._seen = seen
        with suppress(StateError):  # what was last read stays in force until it ends
            self._forced = read_forced(self._run.state.read(), datetime.min.replace(tzinfo=self._run.config.timezone))
        with suppress(StateError):
            self.paused = self._run.paused()

    def forced(self, now: datetime) -> dict[str, Forced]:
        """Return what is forced at `now`, by device."""
        found: dict[str, Forced | None] = {**self._forced, **self._mine}
        return {name: one for name, one in found.items() if one is not None and now < one.until}

    def manual(self, device: str, now: datetime) -> Manual | None:
        """Return a load's forced power, if it is forced."""
        found = self.forced(now).get(device)
        if found is None:
            return None
        if found.power_w is None and found.mode is not None:
            return Manual(MODE_POWER_W[found.mode]) if found.mode in MODE_POWER_W else None
        return Manual(found.power_w)

    def force(self, device: str, power_w: float | None, duration_s: float | None) -> None:
        """Force a load; without a duration until somebody ends it (a month at most)."""
        now = self._run.now
        until = now + (LONGEST if duration_s is None else timedelta(seconds=duration_s))
        record = Forced(device, until, power_w)
        try:
            with self._run.state.transaction() as state:
                put_forced(state, record, now)
            self._mine.pop(device, None)
        except StateError as error:
            self._run.note(error)
            self._mine[device] = record
        self._seen = None
        self.look()

    def unforce(self, device: str) -> None:
        """End a load's forced mode."""
        try:
            with self._run.state.transaction() as state:
                drop_forced(state, device, self._run.now)
            self._mine.pop(device, None)
        except StateError as error:
            self._run.note(error)
            self._mine[device] = None
        self._seen = None
        self.look()

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._run.state.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
