"""[simulate]: what config.toml does not know of the house, and the house built from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, tzinfo

from solarctl.config import Config
from solarctl.control import peak_mode, plan_settings
from solarctl.settings import setting
from solarctl.simulation import climates
from solarctl.simulation.car_habits import CarHabits, ChargePoint
from solarctl.simulation.installations import Installation
from solarctl.simulation.recorded import Recorded
from solarctl.simulation.wired_loads import Wired, wired
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.car import Car
from solarctl.virtualhome.house import House
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.rooms import AirConditioner, Room, Rooms
from solarctl.virtualhome.sky import Climate, Sky
from solarctl.virtualhome.solar import Plane, SolarPlant
from solarctl.virtualhome.sun import EPOCH
from solarctl.virtualhome.supply import Grid
from solarctl.virtualhome.thermostats import WallThermostat

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Settings:
    solar_kw: float = setting(0.0, ge=0, help="peak power of the panels; 0: that of the solar device, else 5 kW")
    tilt_deg: float = setting(35.0, ge=0, le=90, help="tilt of the panels")
    azimuth_deg: float = setting(180.0, ge=0, le=360, help="where they face; 180 is south")
    inverter_w: float = setting(10_000.0, gt=0, help="most the inverter delivers")
    battery_kwh: float = setting(0.0, ge=0, help="size of the battery; 0: as its plan or peak-mode says, else 10 kWh")
    battery_w: float = setting(5000.0, gt=0, help="most it charges or discharges with")
    island_w: float = setting(9000.0, gt=0, help="most the inverter gives the house while the relay has the grid out")
    battery_efficiency: float = setting(0.9, gt=0, le=1, help="of charging and discharging together")
    own_reserve_pct: float = setting(20.0, ge=0, le=100, help="the reserve without solarctl")
    load_kwh: float = setting(3500.0, gt=0, help="what the household uses in a year, without cooling and car")
    feeds_with_grid: bool = setting(False, help="whether the battery feeds the house while the relay has the grid in")
    grid_charge_w: float = setting(800.0, ge=0, help="what the inverter charges with while the relay has the grid in")
    grid_charge_to_pct: float = setting(40.0, ge=0, le=100, help="up to this charge")
    cooling_w: float = setting(9000.0, ge=0, help="cold that the air conditioner of one thermostat makes")
    car_kwh_a_day: float = setting(8.0, ge=0, help="what the car uses on a day it is driven")
    car_battery_kwh: float = setting(50.0, gt=0, help="what fits into the car")
    car_days: tuple[str, ...] = setting(WEEKDAYS[:5], choices=WEEKDAYS, help="days on which it is driven")
    car_leaves: time = setting(time(7, 30), help="when it leaves")
    car_returns: time = setting(time(16, 30), help="when it is plugged in again")
    car_phases: int = setting(3, ge=1, le=3, help="phases it charges on")
    fallback_a: int = setting(6, ge=0, le=32, help="what the charger gives when nobody has told it anything for long")
    forecast_error_deg: float = setting(1.5, ge=0, help="standard deviation of a forecast high, in °C")
    sun_error_pct: float = setting(15.0, ge=0, le=100, help="standard deviation of a day's forecast sun")
    hot_water_kwh: float = setting(0.0, ge=0, help="heat drawn from each tank a day; 0: as its guarantee or capacity")
    surplus_heat_value: float = setting(
        0.0, ge=0, help="what a kWh is worth in loads without a need (a radiator, surplus only)"
    )
    too_warm_price: float = setting(
        0.02,
        ge=0,
        help="what a kelvin too warm for an hour counts: what cooling it away takes at a dear hour",
    )
    relay_move_price: float = setting(
        0.0025, ge=0, help="what a move of the grid relay wears off: a change for 150 after 30 000 cycles (IEC 61095)"
    )
    houses: str = setting(
        "auto", choices=("auto", "one", "apart"), help="auto: by the devices; one: all at one meter; apart: none shared"
    )


@dataclass
class Simulated:
    """A house that is ready to be lived in, and what rules can put their hands on."""

    house: House
    settings: Settings
    installation: Installation
    rooms: Rooms | None = None
    point: ChargePoint | None = None
    habits: CarHabits | None = None
    wired: Wired | None = None
    unit: str = "F"


def build(
    config: Config,
    settings: Settings,
    installation: Installation,
    start: datetime,
    seed: int,
    recorded: Recorded | None = None,
) -> Simulated:
    """Return the house of an installation, from `start` on."""
    zone = config.timezone
    latitude = 45.0 if config.site.latitude is None else config.site.latitude
    longitude = 0.0 if config.site.longitude is None else config.site.longitude
    sky = Sky(latitude, longitude, seed=seed, climate=_climate(latitude, longitude))
    has_relay = "grid-guard" in installation.commands
    household = Household(zone, seed=seed)
    household = Household(zone, seed=seed, scale=settings.load_kwh / yearly_kwh(household, start))
    house = House(
        sky=sky,
        timezone=zone,
        solar=_plant(config, settings),
        household=household,
        battery=_battery(config, settings, installation) if installation.has_battery else None,
        grid=Grid(max_export_w=0) if has_relay else Grid(),
    )
    if recorded is not None:
        recorded.replace_in(house)
    made = Simulated(house, settings, installation, unit=config.site.temperature_unit)
    if installation.thermostats:
        made.rooms = Rooms(
            [_room(name, index, zone, config, settings) for index, name in enumerate(installation.thermostats)]
        )
        made.rooms.settle(sky.at(start)[1])
        house.parts.append(made.rooms)
    if "easee-balance" in installation.commands:
        car = Car(phases=settings.car_phases, wants_kwh=settings.car_kwh_a_day)
        made.point = ChargePoint(car, settings.fallback_a)
        made.habits = CarHabits(
            made.point,
            kwh=settings.car_kwh_a_day,
            room_kwh=settings.car_battery_kwh,
            days=frozenset(WEEKDAYS.index(day) for day in settings.car_days),
            leaves=settings.car_leaves,
            returns=settings.car_returns,
            seed=seed,
            wanted_at_first_kwh=car.wants_kwh,
        )
        house.parts.append(made.point)
    made.wired = wired(config, installation, settings.hot_water_kwh, seed)
    if made.wired is not None:
        house.parts += made.wired.parts
    house.advance(start)  # it begins to live
    return made


def yearly_kwh(household: Household, start: datetime) -> float:
    """Return what a household uses in a year, from two weeks of each season."""
    first = (start.astimezone(EPOCH.tzinfo) - EPOCH).days
    days = [first + season * 91 + day for season in range(4) for day in range(14)]
    return sum(sum(household.power_w(day)) for day in days) / 60_000 / len(days) * 365


def _climate(latitude: float, longitude: float) -> Climate:
    return climates.nearest(latitude, longitude).climate


def _plant(config: Config, settings: Settings) -> SolarPlant:
    planes = _planes(config) if not settings.solar_kw else []
    own = Plane(settings.solar_kw or 5.0, settings.tilt_deg, settings.azimuth_deg)
    return SolarPlant(tuple(planes) or (own,), max_w=settings.inverter_w)


def _planes(config: Config) -> list[Plane]:
    """Return the panels that a solar forecast device of the config is told about."""
    for name in config.names("devices"):
        entry = config.entry("devices", name)
        rows = entry.get("planes") or [entry]
        found = [row for row in rows if isinstance(row, dict) and isinstance(row.get("peak_kw"), int | float)]
        if found:
            return [
                Plane(*(float(row.get(k, d)) for k, d in (("peak_kw", 5), ("tilt_deg", 35), ("azimuth_deg", 180))))
                for row in found
            ]
    return []


def _battery(config: Config, settings: Settings, installation: Installation) -> Battery:
    """Return the battery: as [simulate] says, else as the plan or peak-mode describes it, else a usual one."""
    has_relay = "grid-guard" in installation.commands
    plan = installation.rules.get("plan")
    planned = plan if isinstance(plan, plan_settings.Settings) and plan.battery else None
    size_kwh = settings.battery_kwh or (_usual_kwh(installation) if planned is None else planned.battery_capacity_kwh)
    is_told = config.find("simulate.battery_w") is not None
    most_w = planned.battery_max_w if planned is not None and not is_told else settings.battery_w
    # a battery that only the plan knows (a plug-in one) keeps nothing back
    keeps = "peak-mode" in installation.commands or planned is None or config.find("simulate.own_reserve_pct")
    return Battery(
        size_kwh,
        soc_pct=50,
        max_charge_w=most_w,
        max_discharge_w=settings.island_w if has_relay else most_w,
        efficiency=settings.battery_efficiency,
        floor_pct=5 if has_relay else 0,
        reserve_pct=settings.own_reserve_pct if keeps and not has_relay else 0,
        feeds_with_grid=settings.feeds_with_grid or not has_relay,
        grid_charge_w=settings.grid_charge_w if has_relay else 0.0,
        grid_charge_to_pct=settings.grid_charge_to_pct,
    )


def _usual_kwh(installation: Installation) -> float:
    """Return what fits into a battery: as peak-mode is told, else 10."""
    peak = installation.rules.get("peak-mode")
    return peak.capacity_kwh or 10.0 if isinstance(peak, peak_mode.Settings) else 10.0


def _room(name: str, index: int, zone: tzinfo, config: Config, settings: Settings) -> Room:
    unit = config.site.temperature_unit
    thermostat = WallThermostat(index, name, zone, unit=unit)
    return Room(name, thermostat, AirConditioner(cooling_w=settings.cooling_w), glass_m2=3.0)
