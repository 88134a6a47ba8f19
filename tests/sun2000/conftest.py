"""An emulated SUN2000 on loopback, and the driver on doubles of what it is given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from solarctl.drivers.huawei_sun2000 import HuaweiSun2000
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.sun2000 import Sun2000
from solarctl.virtualhome.house import House
from tests.fakes import FakeBudget, context

NOON = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
PLACE = {"latitude": 52.4, "longitude": 4.9}


class Bench:
    """The emulator, the driver's context, and a new run whenever one is wanted."""

    def __init__(self, **options: Any) -> None:
        self.clock = DrivenClock(NOON)
        self.house = House(battery=Battery(10, soc_pct=50))
        self.sun = Sun2000(self.house, self.clock, **options).start()
        self.sun.pin(solar_w=6000, grid_w=-2000, battery_w=-1000, soc_pct=64.5)
        self.store = None

    def device(self, **changes: Any) -> HuaweiSun2000:
        """Return the driver in a new run; what is stored stays."""
        found = context(clock=self.clock, budget=FakeBudget(clock=self.clock), site=PLACE)
        if self.store is not None:
            found = context(clock=self.clock, budget=FakeBudget(clock=self.clock), site=PLACE, store=self.store)
        self.store = found.store
        self.context = found
        usual = {"host": "127.0.0.1", "port": self.sun.port, "timeout_s": 5.0} | changes
        return HuaweiSun2000("sun2000", HuaweiSun2000.Settings(**usual), found)

    def blocks(self) -> list[tuple[int, int]]:
        return [(request.address, request.count) for request in self.sun.journal]


@pytest.fixture
def bench():
    """One inverter at noon: 6 kW of sun, 2 kW exported, 1 kW into the battery at 64.5 %."""
    built: list[Bench] = []

    def build(**options: Any) -> Bench:
        built.append(Bench(**options))
        return built[-1]

    yield build
    for one in built:
        one.sun.stop()
