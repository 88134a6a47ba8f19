"""A car comes home at noon: it drives on what the sun leaves over.

The house of the second seed: a SUN2000 with its battery, an Easee charger behind its cloud. Compared with the same
house where the car simply charges as fast as it can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.car import Car
from solarctl.virtualhome.easee_charger import EaseeCharger
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.easee import Easee
from solarctl.virtualhome.emulators.sun2000 import Sun2000
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.house import House
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.scenario import Figure, Home, Scenario, Seed, Watch
from solarctl.virtualhome.sky import Climate, Sky
from solarctl.virtualhome.solar import Plane, SolarPlant

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
ARRIVES = timedelta(hours=11, minutes=20)
LEAVES = timedelta(hours=19, minutes=45)
WANTS_KWH = 38.0
CONFIG = """
[site]
timezone = "Europe/Copenhagen"
latitude = 55.7
longitude = 12.6

[easee-balance]
charger = "car"
grid = "sun2000"
battery = "sun2000"
policy = "battery-first until 80"
gap_by_depth = true
disable_stretch_pct = 50
restart_delay_min = 2
"""
CRONTAB = """\
* * * * *     solarctl easee-balance -q
*/15 * * * *  solarctl record -q
"""


def house(begin: datetime, seed: Seed) -> House:
    """Return a house with 11 kW of panels, a 10 kWh battery and a charger; the car is away until noon."""
    made = House(
        sky=Sky(55.7, 12.6, seed=seed, climate=Climate(mean_c=9.0, season_c=8.5)),
        timezone=COPENHAGEN,
        solar=SolarPlant((Plane(11.0, tilt_deg=35, azimuth_deg=180),), max_w=10_000),
        household=Household(COPENHAGEN, seed=seed),
        battery=Battery(10, soc_pct=45, max_charge_w=5000, max_discharge_w=5000),
        phases=(0.4, 0.35, 0.25),
    )
    made.sky.overcast[begin.date()] = 0.3
    # the owner has set what the charger may give when nobody steers it: 6 A
    charger = EaseeCharger(made, Car(plugged=False), offline_max_a=6.0)
    midnight = begin.replace(hour=0, minute=0)
    made.call_at(midnight + ARRIVES, lambda: charger.plug_in(WANTS_KWH))
    made.call_at(midnight + LEAVES, charger.unplug)
    made.advance(begin)
    return made


def surround(house: House, clock: Clock, seed: Seed) -> tuple[Sequence[Emulator], Watch | None]:
    """Return the inverter and the charger's cloud."""
    return (Sun2000(house, clock), Easee(house, clock, _charger(house))), None


def _charger(house: House) -> EaseeCharger:
    return next(part for part in house.parts if isinstance(part, EaseeCharger))


def _limit(home: Home) -> str:
    charger = _charger(home.house)
    return f"{charger.offered_a:2d} A {charger.power_w / 1000:4.1f} kW" if charger.car.plugged else "away"


def _come_home(house: House) -> None:
    _charger(house).plug_in(WANTS_KWH)


def _verdict(ours: Energies, without: Mapping[str, Energies], figures: Mapping[str, Mapping[str, float]]) -> str:
    car = figures["with solarctl"]
    alone = without["as fast as it can"]
    return (
        f"The car got {car['car_kwh']:.1f} kWh in {car['car_starts']:.0f} charges; the house bought "
        f"{ours.import_kwh:.1f} kWh instead of {alone.import_kwh:.1f} kWh."
    )


SCENARIO = Scenario(
    name="car-arrives",
    title="A June day near Copenhagen: 11 kW of panels, a 10 kWh battery, a car that comes home at 11:20 for 38 kWh.",
    start=datetime(2026, 6, 17, tzinfo=COPENHAGEN),
    house=house,
    surround=surround,
    crontab=CRONTAB,
    config=CONFIG,
    gauges=(("car", _limit),),
    without={"as fast as it can": lambda _house: None},
    before_serving=_come_home,
    figures=(
        Figure("car_kwh", "into the car", "kWh", lambda house: _charger(house).car.total_kwh),
        Figure("car_starts", "starts of the car", "", lambda house: float(_charger(house).car.starts), decimals=0),
    ),
    verdict=_verdict,
    try_this=(
        "solarctl easee-balance",
        "solarctl easee-balance --every 15 --for 55",
        "solarctl why easee-balance",
        "solarctl force car --mode now --for 2h",
        "solarctl unforce car",
        "solarctl device limit car 8",
        "solarctl device read sun2000",
    ),
)
