"""A forecast service, and drivers that ask it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from solarctl.drivers.forecast_solar import ForecastSolar
from solarctl.drivers.open_meteo_solar import OpenMeteoSolar
from solarctl.drivers.quartz import Quartz
from solarctl.drivers.solcast import Solcast
from solarctl.settings import Secret
from solarctl.virtualhome.emulators import solar_forecast as services
from solarctl.virtualhome.solar import Plane as RoofPlane
from solarctl.virtualhome.solar import SolarPlant
from tests.fakes import FakeClock, context, next_run

NOON = datetime(2026, 6, 21, 10, 7, tzinfo=UTC)
KINDS = {
    "open-meteo-solar": (services.OpenMeteoSolar, OpenMeteoSolar),
    "forecast-solar": (services.ForecastSolar, ForecastSolar),
    "solcast": (services.Solcast, Solcast),
    "quartz": (services.Quartz, Quartz),
}


class Observatory:
    """A service, and its driver in one run after the other."""

    def __init__(self, name: str, folder: Path) -> None:
        emulator, self.driver = KINDS[name]
        self.clock = FakeClock(NOON)
        home = SimpleNamespace(solar=SolarPlant((RoofPlane(4.0),)))
        self.service: Any = emulator(home, self.clock).start()
        self.folder = folder
        self.site: dict[str, Any] = {"latitude": 52.1, "longitude": 5.1}
        self.context: Any = None

    def open(self, **keys: Any) -> Any:
        """Return the driver as a new run has it."""
        before = self.context or context(clock=self.clock, site=self.site)
        self.context = replace(next_run(before), cache_dir=self.folder, site=self.site)
        if self.driver is Solcast:
            keys = {"api_key": Secret(self.service.key), "sites": (self.service.site,)} | keys
        if not keys.get("planes"):
            keys.setdefault("peak_kw", 4.0)
        return self.driver("sun", self.driver.Settings(**{"base_url": self.service.url} | keys), self.context)

    def read(self, hours: float = 24, slot_min: int = 15, **keys: Any) -> Any:
        now = self.clock.now()
        return self.open(**keys).read_production(now, now + timedelta(hours=hours), slot_min=slot_min)
