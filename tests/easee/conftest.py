"""Easee's emulated cloud on loopback, a charger with a car, and the driver on doubles of what it is given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from solarctl.drivers.easee import Easee
from solarctl.drivers.easee_account import EaseeAccount
from solarctl.settings import Secret
from solarctl.virtualhome.car import Car
from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.easee_charger import EaseeCharger
from solarctl.virtualhome.easee_tokens import PASSWORD, USER
from solarctl.virtualhome.emulators.easee import Easee as Cloud
from solarctl.virtualhome.house import House
from tests.fakes import FakeBudget, MemoryStore, MemoryTokens, context

NOON = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


class Bench:
    """Cloud, charger and car, and a new run of the driver whenever one is wanted."""

    def __init__(self, car: Car | None = None, **charger: Any) -> None:
        self.clock = DrivenClock(NOON)
        self.house = House(start=NOON)
        self.box = EaseeCharger(self.house, car or Car(), **charger)
        self.cloud = Cloud(self.house, self.clock, self.box).start()
        self.store = MemoryStore()
        self.tokens = MemoryTokens()
        self.lines: list[str] = []

    def run(self, password: str | None = PASSWORD, charger_id: str | None = None, **changes: Any) -> Easee:
        """Return the driver in a new run; tokens and what is stored stay."""
        accounts: dict[str, Any] = {}
        self.context = context(
            accounts, clock=self.clock, budget=FakeBudget(clock=self.clock), store=self.store, tokens=self.tokens,
            log=self.lines.append,
        )  # fmt: skip
        secret = Secret(password) if password else None
        settings = EaseeAccount.Settings(USER, secret, base_url=self.cloud.url, **changes)
        accounts["easee"] = self.account = EaseeAccount("easee", settings, self.context)
        serial = self.box.serial if charger_id is None else charger_id
        return Easee("car", Easee.Settings("easee", serial), self.context)

    def asked(self, part: str = "") -> list[str]:
        return [f"{request.method} {request.path}" for request in self.cloud.journal if part in request.path]

    def offers(self) -> int:
        """Return the amps the car is offered now."""
        self.house.advance(self.clock.now())
        return self.box.offered_a

    def wait(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        self.house.advance(self.clock.now())


@pytest.fixture
def bench():
    """A charger with a car that wants 30 kWh, on a circuit that offers 32 A."""
    built: list[Bench] = []

    def build(*args: Any, **options: Any) -> Bench:
        built.append(Bench(*args, **options))
        return built[-1]

    yield build
    for one in built:
        one.cloud.stop()
