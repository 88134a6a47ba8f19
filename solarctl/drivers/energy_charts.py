"""Day-ahead prices from Energy-Charts (Fraunhofer ISE): no key, EUR/MWh, quarter-hours since October 2025.

Tomorrow's prices are there from about 13:00 CET. Data: CC BY 4.0, energy-charts.info.
"""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.http import Http
from solarctl.drivers.spot_prices import SpotPrices, Surcharge
from solarctl.drivers.time_series import Steps, from_points
from solarctl.errors import DeviceReplyError, DeviceSetupError
from solarctl.readings import PriceReading
from solarctl.settings import setting
from solarctl.value import value

HOST = "https://api.energy-charts.info"
KWH_PER_MWH = 1000


class EnergyCharts:
    """The day-ahead market of one bidding zone."""

    @value(kw_only=True)
    class Settings(Surcharge):
        zone: str = setting("NL", help="bidding zone: NL, DE-LU, AT, BE, FR, DK1, SE3, …")
        base_url: str = setting("", help="another address than api.energy-charts.info")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_prices(self, start: datetime, end: datetime, *, slot_min: int) -> PriceReading:
        """Return the price per slot, everything included."""
        prices = SpotPrices(
            self._name, self._context, key=f"energy-charts {self._settings.zone}", surcharge=self._settings
        )
        return prices.read(self._fetch, start, end, slot_min)

    def _fetch(self, start: datetime, end: datetime) -> Steps:
        http = Http.of(self._context, self._name, self._settings.base_url or HOST, ca_file=self._settings.ca_file)
        params = {"bzn": self._settings.zone, "start": f"{start:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}"}
        reply = http.request("GET", "/price", params=params, ok=(200, 400, 404, 422))
        if reply.status != 200:
            hint = "Correct zone: NL, DE-LU, AT, BE, FR, DK1, SE3, …"
            raise DeviceSetupError(self._name, f"Energy-Charts has no prices for zone {self._settings.zone}", hint=hint)
        answer = answers.table(reply.json(), self._name, "the answer")
        moments, prices = answer.get("unix_seconds"), answer.get("price")
        if not isinstance(moments, list) or not isinstance(prices, list):
            raise DeviceReplyError(self._name, "the answer has no prices", hint="Is the zone spelt right?")
        points: dict[float, float | None] = {}
        for stamp, price in zip(map(answers.number, moments), map(answers.number, prices)):
            if stamp is not None:
                points[stamp] = None if price is None else price / KWH_PER_MWH
        steps = from_points(points, _step(sorted(points)))
        if steps is None:
            raise DeviceReplyError(self._name, f"there are no prices for the zone {self._settings.zone}")
        return steps


def _step(moments: list[float]) -> float:
    """Return the shortest distance between prices: days before October 2025 have hours."""
    return min((b - a for a, b in itertools.pairwise(moments)), default=3600.0)
