"""One home with everything, for scenarios that play the whole example crontab: a house, and a guest house behind it.

The house near Phoenix has panels, a battery, two cooled zones, a car, a boiler and a tariff with a peak. Its battery
has two makers' doors at once (a Tesla cloud that keeps its reserve, a SUN2000 that meters it), so that one day shows
every rule. The guest house lives on sun and a small battery of its own; a relay brings the grid in when it runs low.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.car import Car
from solarctl.virtualhome.easee_charger import EaseeCharger
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.easee import Easee
from solarctl.virtualhome.emulators.homewizard import HomeWizard
from solarctl.virtualhome.emulators.honeywell_tcc import HoneywellTcc
from solarctl.virtualhome.emulators.open_meteo import OpenMeteo
from solarctl.virtualhome.emulators.smtp import MailServer
from solarctl.virtualhome.emulators.solar_forecast import OpenMeteoSolar
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud
from solarctl.virtualhome.emulators.sun2000 import Sun2000
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from solarctl.virtualhome.emulators.tuya import Tuya
from solarctl.virtualhome.house import Energies, Grid, House
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.peak_book import PeakBook
from solarctl.virtualhome.rooms import AirConditioner, Room, Rooms
from solarctl.virtualhome.scenario import Figure, Home, Scenario, Seed, Watch
from solarctl.virtualhome.sky import Climate, Sky
from solarctl.virtualhome.sockets import Boiler, Socket
from solarctl.virtualhome.solar import Plane, SolarPlant
from solarctl.virtualhome.supply_watch import SupplyWatch
from solarctl.virtualhome.thermostats import WallThermostat

PartT = TypeVar("PartT")
PHOENIX = ZoneInfo("America/Phoenix")
PEAK_HOURS = (14, 20)
COMFORTABLE_C = (78 - 32) / 1.8
CAR_IS_HOME = (timedelta(hours=9, minutes=40), timedelta(hours=18, minutes=30))
CAR_WANTS_KWH = 28.0
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

[grid-guard]
battery = "inverter"
switch = "grid-relay"
when_blind = "on"
blind_after_min = 30

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

[easee-balance]
charger = "car"
grid = "sun2000"
battery = "sun2000"
phase_switching = true

[plan]
forecast = "sun"
grid = "p1"
day_start = "06:00"
[[plan.devices]]
device = "boiler-socket"
power_w = 2000
capacity_kwh = 4.0
deadline = "18:00"

[eod-status]
battery = "powerwall"
"""
# the lines of crontab.example; tests/simulate/test_everything.py holds them together
CRONTAB = """\
*/5 * * * *      solarctl grid-guard -q
* * * * *        solarctl easee-balance -q
*/5 * * * *      solarctl peak-mode -q
*/15 12-13 * * * solarctl precool -q
*/10 * * * *     solarctl thermostat-step -q
*/30 * * * *     solarctl forecast -q
*/30 * * * *     solarctl plan -q
* * * * *        solarctl apply -q
*/5 20-23 * * *  solarctl eod-status -q
*/15 * * * *     solarctl token-refresh -q
*/5 * * * *      solarctl record -q
"""


@dataclass
class GuestHouse:
    """A part of the house that draws nothing from it: a house of its own, which lives along."""

    house: House
    power_w: float = 0.0

    def step(self, dt_s: float, house: House) -> None:
        self.house.advance(house.now)


def everything(name: str, title: str, start: datetime, *, overcast: float, chaos: bool = False) -> Scenario:
    """Return a day of the home with everything, under a sky as cloudy as `overcast` (0–1)."""

    def house(begin: datetime, seed: Seed) -> House:
        return _house(begin, seed, overcast)

    return Scenario(
        name=name,
        title=title,
        start=start,
        house=house,
        surround=_surround,
        crontab=CRONTAB,
        config=CONFIG,
        gauges=(("car", _car), ("rooms", _degrees), ("guest", _guest)),
        without={"left alone": _leave_alone},
        before_serving=lambda made: _part(made, EaseeCharger).plug_in(CAR_WANTS_KWH),
        figures=FIGURES,
        verdict=_verdict,
        try_this=("solarctl status", "solarctl why", "solarctl force car --mode now --for 2h", "solarctl report"),
        chaos=chaos,
    )


def _house(begin: datetime, seed: Seed, overcast: float) -> House:
    hall = Room("hall", WallThermostat(123456, "HALL", PHOENIX), AirConditioner(cooling_w=9_000), glass_m2=3.0)
    bedrooms = Room(
        "bedrooms",
        WallThermostat(123457, "BEDROOMS", PHOENIX),
        AirConditioner(cooling_w=7_000),
        envelope_w_per_k=170.0,
        surfaces_w_per_k=700.0,
        glass_m2=2.0,
        inside_w=250.0,
    )
    rooms = Rooms([hall, bedrooms])
    made = House(
        sky=_sky(seed, begin, overcast),
        timezone=PHOENIX,
        solar=SolarPlant((Plane(9.0, tilt_deg=20, azimuth_deg=190),), max_w=10_000),
        household=Household(PHOENIX, seed=seed),
        battery=Battery(13.5, soc_pct=45, max_charge_w=5000, max_discharge_w=5000, floor_pct=0, reserve_pct=20),
        parts=[rooms, PeakBook(rooms, COMFORTABLE_C), GuestHouse(_guest_house(begin, seed, overcast))],
        phases=(0.4, 0.35, 0.25),
    )
    charger = EaseeCharger(made, Car(plugged=False), offline_max_a=6.0)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    made.call_at(midnight + CAR_IS_HOME[0], lambda: charger.plug_in(CAR_WANTS_KWH))
    made.call_at(midnight + CAR_IS_HOME[1], charger.unplug)
    if begin.weekday() < 5 and 5 <= begin.month <= 10:
        made.call_at(midnight + timedelta(hours=PEAK_HOURS[0]), lambda: setattr(made, "dear", True))
        made.call_at(midnight + timedelta(hours=PEAK_HOURS[1]), lambda: setattr(made, "dear", False))
    rooms.settle(made.sky.at(begin)[1])
    made.advance(begin)
    return made


def _sky(seed: Seed, begin: datetime, overcast: float) -> Sky:
    climate = Climate(mean_c=24.0, season_c=11.5, day_c=7.0, cloud_summer=0.1)
    sky = Sky(33.45, -112.07, seed=seed, climate=climate)
    for day in (begin.date(), begin.date() + timedelta(days=1)):
        sky.overcast[day] = overcast
    return sky


def _guest_house(begin: datetime, seed: Seed, overcast: float) -> House:
    return House(
        sky=_sky(seed, begin, overcast),
        timezone=PHOENIX,
        start=begin,
        solar=SolarPlant((Plane(2.5, tilt_deg=20, azimuth_deg=180),), max_w=4000),
        household=Household(PHOENIX, seed=f"{seed}/guests"),
        battery=Battery(
            5.0,
            soc_pct=24,
            max_charge_w=3000,
            max_discharge_w=7000,
            feeds_with_grid=False,
            grid_charge_w=800,
            grid_charge_to_pct=40,
        ),
        grid=Grid(connected=False, max_export_w=0),
    )


def _surround(house: House, clock: Clock, seed: Seed) -> tuple[Sequence[Emulator], Watch | None]:
    guests = _part(house, GuestHouse).house
    solax, tuya = SolaxCloud(guests, clock), Tuya(guests, clock, seed=seed)
    shown: Callable[[], float | None] = lambda: solax.upload().soc_pct  # noqa: E731
    watch = SupplyWatch(guests, shown, command="grid-guard", on_below_pct=15, blind_after_min=30)
    emulators = (
        solax,
        tuya,
        TeslaCloud(house, clock, timezone=PHOENIX),
        HoneywellTcc(house, clock),
        OpenMeteo(house, clock),
        OpenMeteoSolar(house, clock),
        HomeWizard(house, clock),
        Sun2000(house, clock),
        Easee(house, clock, _part(house, EaseeCharger)),
        MailServer(house, clock),
    )
    return emulators, watch


def _part(house: House, kind: type[PartT]) -> PartT:
    return next(part for part in house.parts if isinstance(part, kind))


def _leave_alone(house: House) -> None:
    """The guest house's grid is always in, and the boiler heats whenever its own thermostat wants."""
    _part(house, GuestHouse).house.connect_grid(True)
    house.parts.append(Socket(Boiler(), on=True))


def _car(home: Home) -> str:
    charger = _part(home.house, EaseeCharger)
    return f"{charger.offered_a:2d} A {charger.power_w / 1000:4.1f} kW" if charger.car.plugged else "away"


def _degrees(home: Home) -> str:
    rooms = _part(home.house, PeakBook).rooms
    return " ".join(f"{room.air_c * 1.8 + 32:.0f}/{room.thermostat.cool_deg:.0f}°" for room in rooms)


def _guest(home: Home) -> str:
    guests = _part(home.house, GuestHouse).house
    return f"{guests.soc_pct or 0:.0f} % {'GRID' if guests.grid.connected else 'off'}"


def cost(house: House) -> float:
    """Return what both houses' energy cost so far, in the tariff's currency; the guest house knows no peak."""
    sums, guests = house.total, _part(house, GuestHouse).house.total
    cheap_kwh = sums.import_kwh - sums.dear_import_kwh + guests.import_kwh
    return 0.24 * sums.dear_import_kwh + 0.11 * cheap_kwh - 0.03 * sums.export_kwh


FIGURES = (
    Figure("cost", "cost of the day", "USD", cost),
    Figure("car_kwh", "into the car", "kWh", lambda house: _part(house, EaseeCharger).car.total_kwh),
    Figure("left_kwh", "left in the battery", "kWh", lambda house: house.battery.stored_kwh if house.battery else 0.0),
    Figure("too_warm_f_h", "warmer than 78 °F", "°F·h", lambda house: _part(house, PeakBook).too_warm_k_h * 1.8),
    Figure("guest_import_kwh", "guest house: bought", "kWh", lambda h: _part(h, GuestHouse).house.total.import_kwh),
    Figure("guest_dark_min", "guest house: dark", "min", lambda h: _part(h, GuestHouse).house.total.dark_min),
)


def _verdict(ours: Energies, without: Mapping[str, Energies], figures: Mapping[str, Mapping[str, float]]) -> str:
    here, alone = figures["with solarctl"], figures["left alone"]
    return (
        f"At the peak {ours.dear_import_kwh:.1f} kWh from the grid instead of "
        f"{without['left alone'].dear_import_kwh:.1f} kWh; the day cost {here['cost']:.2f} USD instead of "
        f"{alone['cost']:.2f} USD, with {here['car_kwh']:.1f} kWh in the car (left alone {alone['car_kwh']:.1f} kWh)."
    )
