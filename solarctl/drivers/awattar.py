"""Day-ahead prices from aWATTar (Germany and Austria): no key, EUR/MWh, moments in milliseconds since 1970."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.http import Http
from solarctl.drivers.spot_prices import SpotPrices, Surcharge
from solarctl.drivers.time_series import Steps, from_points
from solarctl.errors import DeviceReplyError
from solarctl.readings import PriceReading
from solarctl.settings import setting
from solarctl.value import value

HOST = "https://api.awattar.{country}"
KWH_PER_MWH = 1000


class Awattar:
    """The day-ahead market of Germany (de) or Austria (at)."""

    @value(kw_only=True)
    class Settings(Surcharge):
        country: Literal["de", "at"] = setting("de", help="de or at")
        base_url: str = setting("", help="another address than api.awattar.de")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_prices(self, start: datetime, end: datetime, *, slot_min: int) -> PriceReading:
        """Return the price per slot, everything included."""
        prices = SpotPrices(
            self._name, self._context, key=f"awattar {self._settings.country}", surcharge=self._settings
        )
        return prices.read(self._fetch, start, end, slot_min)

    def _fetch(self, start: datetime, end: datetime) -> Steps:
        host = self._settings.base_url or HOST.format(country=self._settings.country)
        http = Http.of(self._context, self._name, host, ca_file=self._settings.ca_file)
        params = {"start": int(start.timestamp() * 1000), "end": int(end.timestamp() * 1000)}
        answer = answers.table(http.request("GET", "/v1/marketdata", params=params).json(), self._name, "the answer")
        points: dict[float, float | None] = {}
        lengths: list[float] = []
        for row in answers.rows(answer.get("data"), self._name, "data"):
            begins, ends = answers.number(row.get("start_timestamp")), answers.number(row.get("end_timestamp"))
            price = answers.number(row.get("marketprice"))
            if begins is None or ends is None or ends <= begins or price is None:
                continue
            points[begins / 1000] = price / KWH_PER_MWH
            lengths.append((ends - begins) / 1000)
        steps = from_points(points, min(lengths, default=3600.0))
        if steps is None:
            raise DeviceReplyError(self._name, "there are no prices")
        return steps
