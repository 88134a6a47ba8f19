"""A price service, and drivers that ask it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from solarctl.capabilities import PriceForecast
from solarctl.drivers.awattar import Awattar
from solarctl.drivers.energy_charts import EnergyCharts
from solarctl.drivers.tibber import Tibber
from solarctl.settings import Secret
from solarctl.virtualhome.emulators import prices as services
from tests.fakes import FakeClock, context, next_run

NOON = datetime(2026, 6, 21, 10, 7, tzinfo=UTC)  # a Sunday, before tomorrow's prices are out
KINDS = {
    "energy-charts": (services.EnergyCharts, EnergyCharts),
    "awattar": (services.Awattar, Awattar),
    "tibber": (services.Tibber, Tibber),
}


class Market:
    """A price service, and its driver in one run after the other."""

    def __init__(self, name: str, folder: Path) -> None:
        emulator, self.driver = KINDS[name]
        self.clock = FakeClock(NOON)
        self.service: Any = emulator(SimpleNamespace(), self.clock).start()
        self.folder = folder
        self.context: Any = None

    def move_to(self, moment: datetime) -> None:
        """Let it be another moment."""
        self.clock.advance((moment - self.clock.now()).total_seconds())

    def read(self, hours: float = 6, slot_min: int = 15, **keys: Any) -> Any:
        now = self.clock.now()
        return self.between(now, now + timedelta(hours=hours), slot_min, **keys)

    def between(self, start: datetime, end: datetime, slot_min: int = 15, **keys: Any) -> Any:
        before = self.context or context(clock=self.clock)
        self.context = replace(next_run(before), cache_dir=self.folder)
        if self.driver is Tibber:
            keys.setdefault("token", Secret(self.service.token))
        driver = self.driver("market", self.driver.Settings(base_url=self.service.url, **keys), self.context)
        assert isinstance(driver, PriceForecast)
        return driver.read_prices(start, end, slot_min=slot_min)
