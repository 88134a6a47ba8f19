"""A command that runs on, beside the cron lines of a demo: in a thread, and never at the same time as anything else.

Its sleep is where its turn ends: the player then lets house and other runs live until the moment it wants to wake.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from solarctl.options import Interrupted
from solarctl.runner import Environment
from solarctl.virtualhome.clock import DrivenClock

RESTART_S = 5.0  # as solarctl-balance.service says
PATIENCE_S = 60.0  # of real time for one turn; more means that it hangs


class Service:
    """Keeps one command line running while the `with` lasts; then it is ended as systemd would end it."""

    def __init__(self, words: list[str], execute: Callable[[list[str], Environment], int], clock: DrivenClock) -> None:
        self._words = words
        self._execute = execute
        self._clock = clock
        self._turn = threading.Condition()
        self._is_its_turn = False
        self._over = False
        self._thread: threading.Thread | None = None
        self.wakes_at: datetime = clock.now()
        self.exits: list[int] = []

    def __enter__(self) -> Self:
        self.take_its_turn()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        if self._thread is not None:
            self.take_its_turn()

    def take_its_turn(self) -> None:
        """Let it do what it does until it sleeps again or ends; one that has ended is started anew."""
        with self._turn:
            self._is_its_turn = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name=self._words[0], daemon=True)
                self._thread.start()
            self._turn.notify_all()
            if not self._turn.wait_for(lambda: not self._is_its_turn, PATIENCE_S):
                raise RuntimeError(f"{self._words[0]} hangs")

    def _live(self) -> None:
        environment = Environment(ServiceClock(self._clock, self.sleep), io.StringIO(), Quiet())
        code = self._execute(self._words, environment)
        with self._turn:
            self.exits.append(code)
            self._thread = None
            self.wakes_at = self._clock.now() + timedelta(seconds=RESTART_S)
            self._is_its_turn = False
            self._turn.notify_all()

    def sleep(self, seconds: float) -> None:
        """Give the turn away until `seconds` have passed; once all is over, end the command instead."""
        with self._turn:
            if self._over:
                return
            self.wakes_at = self._clock.now() + timedelta(seconds=max(0.0, seconds))
            self._is_its_turn = False
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._is_its_turn)
            if self._over:
                raise Interrupted


class Quiet(io.StringIO):
    """A stderr that passes for a terminal, so that a demo's troubles stay out of the system's log."""

    def isatty(self) -> bool:
        return True


class ServiceClock:
    """The demo's clock, but for the sleep."""

    def __init__(self, clock: DrivenClock, sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self.now = clock.now
        self.monotonic = clock.monotonic
        self.move_to = clock.move_to  # whoever looks sees that time is driven
        self.sleep = sleep
