"""A hot weekday in Phoenix: power is dear from 14 to 20 o'clock, and the air conditioners never rest.

Compared with the same house left alone, and with a Powerwall that a timer keeps full until 14 o'clock: what is left
then is what precooling and stepping shift out of the peak, and what they cost in comfort.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from solarctl.context import Clock
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.honeywell_tcc import HoneywellTcc
from solarctl.virtualhome.emulators.open_meteo import OpenMeteo
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.house import House
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.peak_book import PeakBook
from solarctl.virtualhome.phoenix import COMFORTABLE_C, HOT, LATITUDE, LONGITUDE, PEAK_HOURS, PHOENIX, cooled_zones
from solarctl.virtualhome.scenario import Figure, Home, Scenario, Seed, Watch
from solarctl.virtualhome.sky import Sky
from solarctl.virtualhome.solar import Plane, SolarPlant

CONFIG = """
[site]
timezone = "America/Phoenix"
latitude = 33.45
longitude = -112.07
temperature_unit = "F"

[tariff]
currency = "USD"
import_price = 0.11
export_price = 0.03
holidays = { country = "US", observed = "nearest" }
[[tariff.windows]]
name = "summer peak"
months = [5, 6, 7, 8, 9, 10]
days = "mon-fri"
from = "14:00"
to = "20:00"
import_price = 0.24

[peak-mode]
battery = "powerwall"

[precool]
battery = "powerwall"
weather = "weather"
thermostats = ["hall", "bedrooms"]
setpoint_deg = 72

[thermostat-step]
battery = "powerwall"
thermostats = ["hall", "bedrooms"]
"""
CRONTAB = """\
*/5 * * * *      solarctl peak-mode -q
0,30 12-13 * * * solarctl precool -q
*/15 14-20 * * * solarctl thermostat-step -q
*/30 * * * *     solarctl record -q
"""


def house(begin: datetime, seed: Seed) -> House:
    """Return a house with two zones, 4 kW of panels and one Powerwall."""
    rooms = cooled_zones()
    made = House(
        sky=Sky(LATITUDE, LONGITUDE, seed=seed, climate=HOT),
        timezone=PHOENIX,
        solar=SolarPlant((Plane(4.0, tilt_deg=20, azimuth_deg=200),)),
        household=Household(PHOENIX, seed=seed),
        battery=Battery(13.5, soc_pct=45, max_charge_w=5000, max_discharge_w=5000, floor_pct=0, reserve_pct=20),
        parts=[rooms, PeakBook(rooms, COMFORTABLE_C)],
    )
    day = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = (day + timedelta(hours=hour) for hour in PEAK_HOURS)
    made.call_at(start, lambda: setattr(made, "dear", True))
    made.call_at(end, lambda: setattr(made, "dear", False))
    made.sky.overcast[begin.date()] = 0.08
    made.sky.anomaly_c[begin.date()] = 1.0
    rooms.settle(made.sky.at(begin)[1])
    made.advance(begin)
    return made


def surround(house: House, clock: Clock, seed: Seed) -> tuple[Sequence[Emulator], Watch | None]:
    """Return the clouds of Powerwall, thermostats and weather."""
    cloud = TeslaCloud(house, clock, timezone=PHOENIX)
    return (cloud, HoneywellTcc(house, clock), OpenMeteo(house, clock)), None


def _timer(house: House) -> None:
    """Keep the battery full until the peak, and let it feed the house from then on."""
    battery, day = house.battery, house.now.astimezone(PHOENIX).replace(hour=PEAK_HOURS[0], minute=0)
    assert battery is not None
    battery.reserve_pct = 100.0
    house.call_at(day, lambda: setattr(battery, "reserve_pct", 0.0))


def _book(house: House) -> PeakBook:
    return next(part for part in house.parts if isinstance(part, PeakBook))


def _degrees(home: Home) -> str:
    return " ".join(f"{room.air_c * 1.8 + 32:.0f}/{room.thermostat.cool_deg:.0f}°" for room in _book(home.house).rooms)


def _verdict(ours: Energies, without: Mapping[str, Energies], figures: Mapping[str, Mapping[str, float]]) -> str:
    less = without["battery by timer"].dear_import_kwh - ours.dear_import_kwh
    warm = figures["with solarctl"]
    return (
        f"At the peak {ours.dear_import_kwh:.1f} kWh from the grid, {less:.1f} kWh less than with the battery alone, "
        f"for {warm['too_warm_f_h']:.0f} °F·h above the usual 78 °F and at most {warm['warmest_f']:.1f} °F."
    )


FIGURES = (
    Figure("peak_cooling_kwh", "cooling at the peak", "kWh", lambda house: _book(house).cooling_kwh),
    Figure("worst_half_hour_kw", "worst half hour of it", "kW", lambda house: _book(house).worst_half_hour_kw),
    Figure("too_warm_f_h", "warmer than 78 °F", "°F·h", lambda house: _book(house).too_warm_k_h * 1.8),
    Figure("warmest_f", "warmest room", "°F", lambda house: _book(house).warmest_c * 1.8 + 32),
)
SCENARIO = Scenario(
    name="hot-weekday",
    title="A Wednesday in July in Phoenix: 43 °C, two air conditioners, 4 kW of panels, one Powerwall; dear 14–20.",
    start=datetime(2026, 7, 15, tzinfo=PHOENIX),
    house=house,
    surround=surround,
    crontab=CRONTAB,
    config=CONFIG,
    gauges=(("rooms/set", _degrees),),
    without={"left alone": lambda _house: None, "battery by timer": _timer},
    try_this=(
        "solarctl precool --now 2026-07-15T12:00",
        "solarctl thermostat-step --dry-run",
        "solarctl peak-mode --dry-run",
        "solarctl device read hall",
        "solarctl status",
        "solarctl check --online",
    ),
    figures=FIGURES,
    verdict=_verdict,
)
