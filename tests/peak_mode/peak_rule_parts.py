"""Tariff, settings and readings for peak-mode's rule."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.control.peak_mode import Settings
from solarctl.control.tariff import Holidays, Tariff, Window
from solarctl.control.tariff import Settings as TariffSettings
from solarctl.holiday_dates import compute
from solarctl.readings import ReserveReading

PHOENIX = ZoneInfo("America/Phoenix")
SUMMER = Window(from_=time(14), to=time(20), months=(5, 6, 7, 8, 9, 10), days="mon-fri")
MORNING = Window(from_=time(5), to=time(9), months=(11, 12, 1, 2, 3, 4), days="mon-fri")
EVENING = Window(from_=time(17), to=time(21), months=(11, 12, 1, 2, 3, 4), days="mon-fri")
PRICES = TariffSettings(holidays=Holidays(country="US"), windows=(SUMMER, MORNING, EVENING))
TARIFF = Tariff(PRICES, PHOENIX, compute(PRICES, range(2020, 2030)))
RESERVE = Settings(battery="powerwall")
PEAK, NIGHT = "2026-07-15T15:00", "2026-07-15T21:00"


def at(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=PHOENIX)


def reading(now: datetime, reserve: float | None = 100.0, **more: Any) -> ReserveReading:
    return ReserveReading(**({"at": now, "reserve_pct": reserve, "mode": "self_consumption"} | more))


CALM = {"storm": False, "off_grid": False, "outage": False, "soc_pct": 80.0}
