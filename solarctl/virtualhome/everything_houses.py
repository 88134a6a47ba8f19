"""The three houses of the home with everything, near Phoenix: the house, a guest house, and a workshop.

The house has panels, a battery with two makers' doors (a Tesla cloud that keeps its reserve, a SUN2000 that meters
it), two cooled zones, a car, and a water heater and a radiator behind MQTT. The guest house lives on sun and a small
battery of its own; a relay brings the grid in when that runs low. The workshop has a P1 meter, a plug-in battery, and
a boiler and a bicycle on sockets.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.car import Car
from solarctl.virtualhome.dimmer import DimmedHeater, SwitchedHeater
from solarctl.virtualhome.dwelling import Dwelling, all_houses, dwelling
from solarctl.virtualhome.easee_charger import EaseeCharger
from solarctl.virtualhome.house import House
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.peak_book import PeakBook
from solarctl.virtualhome.phoenix import COMFORTABLE_C, HOT, LATITUDE, LONGITUDE, PEAK_HOURS, PHOENIX, cooled_zones
from solarctl.virtualhome.scenario import Seed
from solarctl.virtualhome.sky import Sky
from solarctl.virtualhome.sockets import Bike, Boiler, Socket
from solarctl.virtualhome.solar import Plane, SolarPlant
from solarctl.virtualhome.supply import Grid
from solarctl.virtualhome.tank import Tank

PartT = TypeVar("PartT")
PEAK_MONTHS = range(5, 11)
PEAK_DAYS = range(5)  # Monday to Friday
CAR_IS_HOME = (timedelta(hours=9, minutes=40), timedelta(hours=18, minutes=30))
CAR_WANTS_KWH = 14.0
OWN_RESERVE_PCT = 20.0  # what the battery's app was set to by hand
TEA_AND_DISHES = ((14.0, 30.0), (2.0, 30.0))  # 7:00 and 19:00
SHOWERS = ((14.0, 80.0), (19.5, 25.0), (3.0, 60.0))  # hours in UTC: 7:00, 12:30 and 20:00 in Phoenix


def property_at(begin: datetime, seed: Seed, overcast: float) -> House:
    """Return the house, with guest house and workshop living along, under a sky as cloudy as `overcast` (0–1)."""
    rooms = cooled_zones()
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    made = House(
        sky=_sky(seed, begin, overcast),
        timezone=PHOENIX,
        solar=SolarPlant((Plane(9.0, tilt_deg=20, azimuth_deg=190),), max_w=10_000),
        household=Household(PHOENIX, seed=seed),
        battery=Battery(
            13.5, soc_pct=45, max_charge_w=5000, max_discharge_w=5000, floor_pct=0, reserve_pct=OWN_RESERVE_PCT
        ),
        parts=[
            rooms,
            PeakBook(rooms, COMFORTABLE_C),
            DimmedHeater(tank=Tank(litres=200.0, temperature_c=50.0, drawn=SHOWERS)),
            SwitchedHeater(),
            Dwelling("guest house", _guest_house(begin, seed, overcast)),
            Dwelling("workshop", _workshop(begin, seed, overcast)),
        ],
        phases=(0.4, 0.35, 0.25),
    )
    charger = EaseeCharger(made, Car(plugged=False, wants_kwh=0.0), offline_max_a=6.0)
    made.call_at(midnight + CAR_IS_HOME[0], lambda: charger.plug_in(CAR_WANTS_KWH))
    made.call_at(midnight + CAR_IS_HOME[1], charger.unplug)
    for day in (midnight, midnight + timedelta(days=1)):  # one that is served may live past midnight
        _make_dear(made, day)
    rooms.settle(made.sky.at(begin)[1])
    made.advance(begin)
    return made


def part(house: House, kind: type[PartT]) -> PartT:
    """Return the one part of this kind."""
    return next(one for one in house.parts if isinstance(one, kind))


def leave_alone(house: House) -> None:
    """Live without solarctl: all heaters on their own thermostats, the guest house's grid always in.

    The battery serves the house down to its own reserve, the car charges as fast as it can.
    """
    dwelling(house, "guest house").connect_grid(True)
    workshop = dwelling(house, "workshop")
    workshop.parts += [Socket(boiler(), on=True), Socket(Bike(), on=True)]
    part(house, DimmedHeater).percent = 100


def boiler() -> Boiler:
    """Return the workshop's boiler as the night has left it."""
    return Boiler(tank=Tank(litres=80, temperature_c=50.0, drawn=TEA_AND_DISHES))


def run_low(house: House) -> None:
    """Make something happen at once: the car is here, and the guest house's battery low."""
    part(house, EaseeCharger).plug_in(CAR_WANTS_KWH)
    guests = dwelling(house, "guest house").battery
    assert guests is not None
    guests.soc_pct = 14.0


def _make_dear(house: House, midnight: datetime) -> None:
    if midnight.weekday() not in PEAK_DAYS or midnight.month not in PEAK_MONTHS:
        return

    def dear(value: bool) -> None:
        for one in all_houses(house):
            one.dear = value

    house.call_at(midnight + timedelta(hours=PEAK_HOURS[0]), lambda: dear(True))
    house.call_at(midnight + timedelta(hours=PEAK_HOURS[1]), lambda: dear(False))


def _sky(seed: Seed, begin: datetime, overcast: float) -> Sky:
    sky = Sky(LATITUDE, LONGITUDE, seed=seed, climate=HOT)
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


def _workshop(begin: datetime, seed: Seed, overcast: float) -> House:
    return House(
        sky=_sky(seed, begin, overcast),
        timezone=PHOENIX,
        start=begin,
        solar=SolarPlant((Plane(3.2, tilt_deg=20, azimuth_deg=170),), max_w=3000),
        household=Household(PHOENIX, seed=f"{seed}/workshop", scale=0.5),
        battery=Battery(2.7, soc_pct=20, max_charge_w=800, max_discharge_w=800, efficiency=0.85, floor_pct=0),
    )
