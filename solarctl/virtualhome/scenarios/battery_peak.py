"""A summer weekday in Phoenix: power is dear from two to eight, and a Powerwall carries the house through it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from solarctl.context import Clock
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.smtp import MailServer
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from solarctl.virtualhome.house import House
from solarctl.virtualhome.loads import Household, SteadyLoad
from solarctl.virtualhome.phoenix import LATITUDE, LONGITUDE, PEAK_HOURS, PHOENIX
from solarctl.virtualhome.scenario import Home, Scenario, Seed, Watch
from solarctl.virtualhome.sky import Climate, Sky
from solarctl.virtualhome.solar import Plane, SolarPlant

COOLING_HOURS = (11, 22)
COOLING_W = 2000.0
OWN_RESERVE_PCT = 20
CONFIG = """
[site]
timezone = "America/Phoenix"
latitude = 33.45
longitude = -112.07

[tariff]
currency = "USD"
import_price = 0.11
export_price = 0.03
holidays = { country = "US" }
[[tariff.windows]]
name = "peak"
months = [5, 6, 7, 8, 9, 10]
days = "mon-fri"
from = "14:00"
to = "20:00"
import_price = 0.24

[peak-mode]
battery = "powerwall"

[eod-status]
battery = "powerwall"
"""
CRONTAB = """\
*/5 * * * *      solarctl peak-mode -q
*/5 20-21 * * *  solarctl eod-status -q
30 21 * * *      solarctl token-refresh -q
"""
TRY_THIS = (
    "solarctl peak-mode --now 2026-07-15T15:00",
    "solarctl eod-status --dry-run",
    "solarctl token-refresh",
    "solarctl device reserve powerwall 50",
    "solarctl pause",
)


def _house(start: datetime, seed: Seed) -> House:
    climate = Climate(mean_c=24, season_c=11, day_c=7, cloud_summer=0.15, cloud_winter=0.25)
    house = House(
        sky=Sky(LATITUDE, LONGITUDE, seed=seed, climate=climate),
        timezone=PHOENIX,
        start=start,
        solar=SolarPlant((Plane(4.0, tilt_deg=20, azimuth_deg=200),), max_w=5000),
        household=Household(PHOENIX, seed=seed, scale=2.0),
        battery=Battery(13.5, soc_pct=45, max_charge_w=5000, max_discharge_w=5000, floor_pct=0),
    )
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    cooling = SteadyLoad(COOLING_W)
    house.parts.append(cooling)
    _switch(house, cooling, "on", day, COOLING_HOURS)
    if day.weekday() < 5:
        _switch(house, house, "dear", day, PEAK_HOURS)
    return house


def _switch(house: House, thing: object, what: str, day: datetime, hours: tuple[int, int]) -> None:
    """Make something true from one hour of the day to another."""
    house.call_at(day + timedelta(hours=hours[0]), lambda: setattr(thing, what, True))
    house.call_at(day + timedelta(hours=hours[1]), lambda: setattr(thing, what, False))


def _surround(house: House, clock: Clock, seed: Seed) -> tuple[Sequence[Emulator], Watch | None]:
    cloud = TeslaCloud(house, clock, timezone=PHOENIX)
    cloud.site.set_reserve(OWN_RESERVE_PCT)
    return (cloud, MailServer(house, clock)), None


def _as_delivered(house: House) -> None:
    assert house.battery is not None
    house.battery.reserve_pct = OWN_RESERVE_PCT


def _always_full(house: House) -> None:
    assert house.battery is not None
    house.battery.reserve_pct = 100


def _reserve(home: Home) -> str:
    battery = home.house.battery
    return "–" if battery is None else f"{battery.reserve_pct:.0f} %"


SCENARIO = Scenario(
    name="battery-peak",
    title="A Wednesday in July in Phoenix: 4 kW of panels, a 13.5 kWh Powerwall, and power that is dear from 14 to 20.",
    start=datetime(2026, 7, 15, tzinfo=PHOENIX),
    house=_house,
    surround=_surround,
    crontab=CRONTAB,
    config=CONFIG,
    gauges=(("reserve", _reserve),),
    without={"self-powered": _as_delivered, "backup only": _always_full},
    try_this=TRY_THIS,
)
