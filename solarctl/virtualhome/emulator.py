"""What every emulator has: faults by name, a start and a stop; `http_emulator` adds a journal of what it was asked.

    emulator = SolaxCloud(home, clock).start()
    emulator.faults.set("null-soc")            # until cleared
    emulator.faults.set("http-503", times=2)   # the next two requests
    emulator.faults.set("slow", 5.0)           # with a value
    assert emulator.journal[-1].path == "/api/v2/…"
    emulator.stop()

The time is the house's clock, never the machine's, so that a day can be played in seconds.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from solarctl.context import Clock


class Faults:
    """The faults that are switched on; only names the emulator declares are taken."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self._on: dict[str, tuple[Any, int | None]] = {}
        self._lock = threading.Lock()

    def set(self, name: str, value: Any = True, *, times: int | None = None) -> None:
        """Switch a fault on, for good or for the next `times` uses."""
        if name not in self.known:
            raise KeyError(f"no fault {name!r}; there are: {', '.join(sorted(self.known))}")
        with self._lock:
            self._on[name] = (value, times)

    def clear(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        with self._lock:
            if name is None:
                self._on.clear()
            else:
                self._on.pop(name, None)

    def take(self, name: str) -> Any:
        """Return the fault's value (None when off) and count the use."""
        assert name in self.known, name
        with self._lock:
            if name not in self._on:
                return None
            value, times = self._on[name]
            if times is not None:
                if times <= 1:
                    del self._on[name]
                else:
                    self._on[name] = (value, times - 1)
            return value

    def peek(self, name: str) -> Any:
        """Return the fault's value (None when off) without counting it as used."""
        assert name in self.known, name
        with self._lock:
            return self._on.get(name, (None, None))[0]

    def active(self) -> list[str]:
        """Return the names of the faults that are on."""
        with self._lock:
            return sorted(self._on)


@dataclass(frozen=True, slots=True)
class Upset:
    """A fault as a bad day brings it: how long it lasts, and what nobody can do meanwhile.

    `stops`: "" (a run must cope with it), "reading" or "control" (nothing can be known, or nothing can be moved).
    """

    fault: str
    value: Any = True
    minutes: tuple[int, int] = (10, 60)
    times: int | None = None  # only the next so many uses
    stops: str = ""
    after_min: int = 0  # what it stops stays stopped for so long afterwards (a block that is remembered)
    says: str = ""  # for a person; the fault's own text by default


class Emulator(ABC):
    """One vendor's service or device. Subclasses say `name`, `FAULTS`, and how to start and stop."""

    name: ClassVar[str] = ""
    FAULTS: ClassVar[Mapping[str, str]] = {}
    UPSETS: ClassVar[tuple[Upset, ...]] = ()  # what `demo --chaos` draws from

    def __init__(self, home: Any, clock: Clock) -> None:
        self.home = home
        self.clock = clock
        self.faults = Faults(self.FAULTS)
        self.lock = threading.RLock()

    @abstractmethod
    def start(self) -> Self: ...

    @abstractmethod
    def stop(self) -> None: ...

    def config(self) -> str:
        """Return the [accounts] and [devices] tables (TOML) that point solarctl here; nothing for part of another."""
        return ""

    def secrets(self) -> dict[str, str]:
        """Return secret files (name → text) that `config` refers to with { file = name }."""
        return {}

    def counters(self) -> dict[str, int]:
        """Return what a summary shows: requests, logins, writes."""
        return {}
