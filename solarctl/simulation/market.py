"""A day-ahead market for houses with dynamic prices: made up from a seed, the season and the sky over the house.

Prices that `record` wrote are taken where there are any; no exchange's are in here. The made-up shape is what sunny
markets have: dear mornings and evenings, a trough at noon that is deeper the more sun and the fewer offices there are
(now and then below 0), days that are dear or cheap together. The level is that of `MEAN`; config.toml's markup, tax
and grid fee come on top, as for the real services. What was recorded has them already.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from random import Random

from solarctl.config import Config
from solarctl.control.tariff import Price, Settings
from solarctl.drivers.spot_prices import Surcharge
from solarctl.errors import ConfigError
from solarctl.simulation.money import SwiftTariff
from solarctl.simulation.recorded import PRICE_SLOT_S, Prices
from solarctl.virtualhome.sky import Sky

MEAN = 0.085  # of the exchange, per kWh
PEAKS = ((8.0, 1.7, 0.35), (19.0, 2.2, 0.75))  # hour, width in h, height as a share of the mean
TROUGH = (13.0, 3.0, 1.25)  # under a clear summer sky
WEEKEND = 0.85
LEVEL = 0.22  # how much days differ


class MarketTariff(SwiftTariff):
    """The tariff of a house whose import price changes by the hour, or by the quarter where `known` from history."""

    def __init__(
        self,
        settings: Settings,
        zone: tzinfo,
        holidays: Collection[date],
        sky: Sky,
        seed: int,
        on_top: Surcharge,
        known: Prices | None = None,
    ) -> None:
        super().__init__(settings, zone, holidays)
        self._sky, self._seed, self._on_top, self._recorded = sky, seed, on_top, known
        self._hours: dict[int, float] = {}

    def price_at(self, now: datetime) -> Price:
        known = None if self._recorded is None else self._recorded.at(now.timestamp())
        if known is not None:
            return Price(known, super().price_at(now).export_price)
        hour = int(now.timestamp()) // 3600
        if hour not in self._hours:
            if len(self._hours) > 500:
                self._hours.clear()
            begins = datetime.fromtimestamp(hour * 3600, self._zone)
            self._hours[hour] = self._on_top.price(self._spot(begins), begins)
        return Price(self._hours[hour], super().price_at(now).export_price)

    def changes_on(self, day: date) -> Iterator[datetime]:
        yield from super().changes_on(day)
        moment = datetime.combine(day, time(0), self._zone).astimezone(UTC)
        step = timedelta(hours=1) if self._recorded is None else timedelta(seconds=PRICE_SLOT_S)
        for number in range(int(timedelta(hours=26) / step)):
            yield moment + number * step

    def _spot(self, begins: datetime) -> float:
        """Return the exchange's price of the hour that begins at a local moment."""
        number = begins.toordinal()
        days = [Random(f"market/{self._seed}/{number - back}").gauss(0, 1) for back in range(3)]
        level = math.exp(LEVEL * (days[0] + 0.7 * days[1] + 0.4 * days[2]) / math.sqrt(1.65))
        hour = begins.hour + 0.5
        shape = 1 + sum(height * math.exp(-(((hour - at) / width) ** 2)) for at, width, height in PEAKS)
        at, width, depth = TROUGH
        clear = 1 - self._sky.at(datetime.combine(begins.date(), time(12), self._zone).astimezone(UTC))[0]
        season = 0.5 - 0.5 * math.cos(2 * math.pi * (begins.timetuple().tm_yday - 10) / 365.25)
        if self._sky.latitude < 0:
            season = 1 - season
        shape -= depth * (0.25 + 0.75 * season) * (0.3 + 0.7 * clear) * math.exp(-(((hour - at) / width) ** 2))
        weekday = WEEKEND if begins.weekday() >= 5 else 1.0
        return MEAN * level * shape * weekday


def surcharge(config: Config, name: str) -> Surcharge:
    """Return what the price device of config.toml adds to the market's price; `ConfigError` when that is wrong."""
    entry = config.find(f"devices.{name}") or {}
    told = {key: entry[key] for key in ("markup", "tax", "grid_fee") if key in entry}
    decoder = config.decoder()
    found = decoder.table(Surcharge, told, f"devices.{name}")
    if found is None:
        raise ConfigError(decoder.problems)
    return found
