"""Doubles of the Protocols that drivers are given (solarctl/context.py): time, budget, store, tokens."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.context import Context, Json
from solarctl.errors import BusyError

NOON = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)  # noon in Amsterdam


class FakeClock:
    """A clock that moves only when somebody sleeps or the test says so."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._passed_s = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def monotonic(self) -> float:
        return self._passed_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._passed_s += seconds


class FakeBudget:
    """A run's time budget by the fake clock; without one it never shrinks."""

    def __init__(self, total_s: float = 50.0, clock: FakeClock | None = None) -> None:
        self.total_s = total_s
        self._clock = clock
        self._start = clock.monotonic() if clock else 0.0

    def remaining_s(self) -> float:
        passed_s = self._clock.monotonic() - self._start if self._clock else 0.0
        return self.total_s - passed_s

    def timeout_s(self, wanted_s: float) -> float:
        return max(0.5, min(wanted_s, self.remaining_s()))


class MemoryStore:
    """What drivers remember, in memory; `vital` names what would be on disk at once."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Json] = {}
        self.vital: list[tuple[str, str]] = []
        self.puts: list[tuple[str, str, Json]] = []
        self._held: set[str] = set()

    def get(self, kind: str, name: str) -> Json:
        return copy.deepcopy(self.values.get((kind, name), {}))

    def put(self, kind: str, name: str, value: Json, *, vital: bool = False) -> None:
        self.values[kind, name] = copy.deepcopy(value)
        self.puts.append((kind, name, copy.deepcopy(value)))
        if vital:
            self.vital.append((kind, name))

    @contextmanager
    def lock(self, name: str, *, timeout_s: float) -> Iterator[None]:
        if name in self._held:
            raise BusyError(f"{name} is busy")
        self._held.add(name)
        try:
            yield
        finally:
            self._held.discard(name)


class MemoryTokens:
    """The accounts' tokens, in memory. `broken`: an error that renew raises instead (a full disk)."""

    def __init__(self, stored: dict[str, Json] | None = None, *, broken: Exception | None = None) -> None:
        self.stored: dict[str, Json] = stored if stored is not None else {}
        self.broken = broken
        self.fetched = 0
        self._lock = threading.Lock()

    def get(self, account: str) -> Json | None:
        return copy.deepcopy(self.stored.get(account))

    def renew(self, account: str, stale: Json | None, fetch: Callable[[Json | None], Json]) -> Json:
        if self.broken is not None:
            raise self.broken
        with self._lock:
            stored = self.get(account)
            if stored is not None and stored != stale:
                return stored
            fresh = fetch(stored)
            self.fetched += 1
            self.stored[account] = copy.deepcopy(fresh)
            return fresh


def context(accounts: dict[str, Any] | None = None, **overrides: Any) -> Context:
    """Return a Context made of doubles; any part can be replaced, and `accounts` are opened by name."""
    opened = accounts if accounts is not None else {}
    clock = overrides.pop("clock", None) or FakeClock()
    parts: dict[str, Any] = {
        "clock": clock,
        "budget": FakeBudget(clock=clock if isinstance(clock, FakeClock) else None),
        "store": MemoryStore(),
        "tokens": MemoryTokens(),
        "timezone": ZoneInfo("Europe/Amsterdam"),
        "account": opened.__getitem__,
    }
    return Context(**(parts | overrides))


def next_run(before: Context, **overrides: Any) -> Context:
    """Return the context of a later run: what is stored stays, what was shared within the run is gone."""
    parts = {name: getattr(before, name) for name in ("clock", "store", "tokens", "timezone", "account", "site")}
    clock = overrides.get("clock", before.clock)
    budget = FakeBudget(clock=clock if isinstance(clock, FakeClock) else None)
    return Context(**(parts | {"budget": budget} | overrides))
