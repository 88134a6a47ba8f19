"""What a driver is given, and nothing else: time, budget, memory, tokens, and things shared within one run.

Drivers never ask the operating system for the time and never import the state file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import field
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Protocol, TypeVar

from solarctl.errors import DeviceUnreachable
from solarctl.value import value

T = TypeVar("T")
Json = dict[str, Any]


class Clock(Protocol):
    """The time: wall clock in UTC (aware), waiting, and a clock that never jumps."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...

    def monotonic(self) -> float: ...


class Store(Protocol):
    """What drivers remember between runs, one JSON object per account or device name.

    `kind` is "accounts" or "devices". `put` with `vital=True` (a session cookie, a lock-out, a quota block) is on
    disk when it returns, also in a dry run; anything else is written with the run's memory, and not in a dry run.
    A vital value that the disk does not take is kept for this run and told at its end: a device is served first.
    """

    def get(self, kind: str, name: str) -> Json: ...

    def put(self, kind: str, name: str, value: Json, *, vital: bool = False) -> None: ...

    def lock(self, name: str, *, timeout_s: float) -> AbstractContextManager[None]:
        """Hold a lock shared by all processes, e.g. for a device that takes one client. `BusyError` in vain."""
        ...


class Tokens(Protocol):
    """The accounts' tokens, on disk before they are used, and never spent twice.

    A token is a JSON object: `access_token`, `expires_at` (ISO 8601, UTC), and whatever the service needs
    (`refresh_token`, …).
    """

    def get(self, account: str) -> Json | None: ...

    def renew(self, account: str, stale: Json | None, fetch: Callable[[Json | None], Json]) -> Json:
        """Return a newer token than `stale`.

        Under a lock of this account alone: the stored token is read again; if another process has replaced `stale`
        meanwhile, that one is returned and `fetch` is not called. Else `fetch(stored)` gets a new token, which
        is stored durably and returned. What `fetch` raises passes through and changes nothing stored.
        `StateError` before `fetch` is called when the token could not be stored.
        """
        ...


class Budget(Protocol):
    """The run's total time budget, retries included."""

    def remaining_s(self) -> float: ...

    def timeout_s(self, wanted_s: float) -> float:
        """Return `wanted_s`, or less when the budget is nearly spent; never under 0.5 s."""
        ...


def silent(_line: str) -> None:
    """Show nothing: the log of a run without -vv. Whoever must work for a line asks whether it is this one."""


@value
class Context:
    """Everything a driver may use. `account(name)` opens the account object that a device's `account` names."""

    clock: Clock
    budget: Budget
    store: Store
    tokens: Tokens
    timezone: tzinfo
    account: Callable[[str], Any]
    # latitude, longitude, temperature_unit, config_dir, devices_of
    site: Mapping[str, Any] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)  # connections and answers shared within one run
    cache_dir: Path | None = None
    log: Callable[[str], None] = silent  # shown with -vv; secrets must be redacted before

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Return the run's one object under `key`, made on first use (a connection, an answer)."""
        if key not in self.shared:
            self.shared[key] = make()
        found: T = self.shared[key]
        return found

    def only_looks(self) -> None:
        """Say that this run decides nothing: a vendor's answer that another run got a moment ago will do."""
        self.shared["only looks"] = True

    @property
    def is_look(self) -> bool:
        """Whether this run decides nothing."""
        return "only looks" in self.shared

    def fresh_since(self, began: datetime, within_s: float) -> datetime:
        """Return since when an answer must have come to be taken from another run: since `began`, for one that decides.

        What came while this run was waiting for its turn is as fresh as an answer of its own.
        """
        return began - timedelta(seconds=within_s) if self.is_look else began

    def hang_up(self) -> None:
        """Close the run's connections; who starts one run after the other in one process would run out of them."""
        for one in self.shared.values():
            close = getattr(one, "close", None)
            if close is not None:
                close()
        self.shared.clear()

    def now(self) -> datetime:
        """Return the real time, in the site's zone."""
        return self.clock.now().astimezone(self.timezone)

    def check_budget(self, device: str) -> None:
        """Raise `DeviceUnreachable` when the run's time is spent."""
        if self.budget.remaining_s() <= 0:
            raise DeviceUnreachable(device, "the time budget of this run is spent", hint="Raise site.budget_s.")
