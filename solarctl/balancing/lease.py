"""Who steers the loads: one process at a time, handed over without a dip.

The lock says who; a small file beside it says until when, and whether a successor may come:

    held        the first process regulates until `ends_at`
    offered     its time is over; the loads stay as they are, whoever takes the lock goes on from there. When nobody
                comes within 15 s, whoever looks after the offer takes the lock back and switches the loads off
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from solarctl.context import Clock
from solarctl.disk import make_folder, replace_files
from solarctl.errors import BusyError
from solarctl.state import StateFile

HAND_OVER_S = 15.0
WAIT_MORE_S = 5.0
PAUSE_S = 0.1


@dataclass
class Lease:
    """The right to steer the loads."""

    state: StateFile
    clock: Clock
    command: str = "balance"

    def __post_init__(self) -> None:
        self._held = ExitStack()
        self.token = f"{os.getpid()}-{self.clock.now().timestamp():.6f}"
        self.taken_over = False  # from a predecessor whose loads are as it left them

    @property
    def path(self) -> Path:
        return self.state.directory / "locks" / f"{self.command}.lease"

    def take(self, ends_at: datetime | None) -> None:
        """Take the lease, waiting for a holder in its last seconds; else `BusyError`."""
        waited_s = 0.0
        while True:
            try:
                self._lock()
                break
            except BusyError:
                left_s = self._holder_leaves_in_s()
                if left_s is None or left_s > HAND_OVER_S or waited_s > left_s + HAND_OVER_S + WAIT_MORE_S:
                    raise
            self.clock.sleep(PAUSE_S)
            waited_s += PAUSE_S
        before = self._read()
        self.taken_over = before.get("state") == "offered"
        self._write("held", ends_at)

    def extend(self, ends_at: datetime | None) -> None:
        """Say a new end."""
        self._write("held", ends_at)

    def is_lost(self) -> bool:
        """Return whether another process has written its name over ours."""
        token = self._read().get("token")
        return token is not None and token != self.token

    def offer(self) -> bool:
        """Let a successor take over, for 15 s; return whether one did. Else the lease is ours again."""
        self.put_on_offer()
        return self.watch(HAND_OVER_S) or not self.retake()

    def put_on_offer(self) -> None:
        """Let whoever comes take the lease."""
        self._write("offered", None)
        self._held.close()

    def adopt(self, token: str) -> bool:
        """Look after a lease that its holder has put on offer; False when somebody has it by now."""
        self.token = token
        lease = self._read()
        return lease.get("token") == token and lease.get("state") == "offered"

    def watch(self, seconds: float, stopped: Event | None = None) -> bool:
        """Return whether a successor took the offered lease: as soon as one has, or after so long, or when stopped."""
        waited_s = 0.0
        while waited_s < seconds and not (stopped is not None and stopped.is_set()):
            self.clock.sleep(PAUSE_S)
            waited_s += PAUSE_S
            if self.is_lost():
                return True
        return False

    def retake(self) -> bool:
        """Take the offered lease back; False when a successor has it."""
        try:
            self._lock()
        except BusyError:
            return False
        return not self.is_lost()

    def release(self) -> None:
        """Give the lease back; nobody steers then."""
        if not self.is_lost():
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        self._held.close()

    def _lock(self) -> None:
        self._held.enter_context(self.state.lock_run(self.command))

    def _holder_leaves_in_s(self) -> float | None:
        """Return in how many seconds the holder's time is over; None when it has none."""
        lease = self._read()
        if lease.get("state") == "offered":
            return 0.0
        try:
            ends_at = datetime.fromisoformat(lease["ends_at"])
        except (KeyError, TypeError, ValueError):
            return None
        return max(0.0, (ends_at - self.clock.now()).total_seconds())

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, state: str, ends_at: datetime | None) -> None:
        lease = {"token": self.token, "state": state, "ends_at": ends_at.isoformat() if ends_at else None}
        make_folder(self.path.parent)
        replace_files({self.path: json.dumps(lease).encode()})


def end_of(now: datetime, for_s: float | None) -> datetime | None:
    """Return when a run of `for_s` ends."""
    return None if for_s is None else now + timedelta(seconds=for_s)
