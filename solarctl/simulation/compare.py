"""One house lived through several times: with solarctl, left alone, with the seeds' rules; and what was possible.

A `Task` is small and says all that a process of its own needs; `run` is a function of it alone, so that tasks can be
spread over cores or machines.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from solarctl.config import Config
from solarctl.control import easee_balance, grid_guard, peak_mode, precool, tariff, thermostat_step
from solarctl.simulation import foresight
from solarctl.simulation.installations import Installation, installations
from solarctl.simulation.living import live
from solarctl.simulation.money import SwiftTariff
from solarctl.simulation.recorded import Recorded
from solarctl.simulation.seat_car import EaseeBalanceSeat
from solarctl.simulation.seats import GridGuardSeat, PeakModeSeat, Seat
from solarctl.simulation.seats_rooms import Comfort, PrecoolSeat, ThermostatStepSeat
from solarctl.simulation.simulated_house import Settings, Simulated, build
from solarctl.simulation.timetable import Entry, Timetable
from solarctl.virtualhome.house import Energies

OURS, NOTHING, SEEDS, SURE = "solarctl", "nothing", "seeds", "sure-forecast"
SEED_LIMIT_PCT = 15.0


@dataclass(frozen=True)
class Task:
    """One life of one house: which config, which of its installations, who steers it, and when."""

    config: Path
    installation: int
    who: str
    first: date
    days: int
    seed: int
    schedule: tuple[Entry, ...]
    holidays: frozenset[date]
    recorded: Recorded | None = field(default=None, repr=False)


@dataclass
class Life:
    """What came of a task; costs are per local day, in the tariff's currency."""

    task: Task
    costs: list[float]
    days: list[date]
    energies: Energies
    dark_min: list[float]
    elsewhere_kwh: float = 0.0  # what the car charged on the road
    still_wanted_kwh: float = 0.0
    car_kwh: float = 0.0
    car_starts: int = 0
    too_warm_k_h: float | None = None
    warmest_c: float | None = None
    tallies: dict[str, dict[str, Any]] = field(default_factory=dict)
    possible: foresight.Possible | None = None
    minutes: int = 0
    took_s: float = 0.0

    @property
    def cost(self) -> float:
        return sum(self.costs)


def tasks_of(
    config: Config,
    *,
    first: date,
    days: int,
    seed: int,
    schedule: Sequence[Entry],
    holidays: frozenset[date],
    recorded: Recorded | None,
) -> list[Task]:
    """Return all lives that one config asks for."""
    found = []
    for index, installation in enumerate(installations(config)):
        knows_weather = "precool" in installation.commands
        for who in (OURS, NOTHING, SEEDS, *((SURE,) if knows_weather else ())):
            found.append(Task(config.path, index, who, first, days, seed, tuple(schedule), holidays, recorded))
    return found


def run(task: Task) -> Life:
    """Live one life."""
    began = time.process_time()
    config = Config.load(task.config)
    settings = config.table("simulate", Settings)
    prices = config.table("tariff", tariff.Settings)
    zone = config.timezone
    house_tariff = SwiftTariff(prices, zone, task.holidays)
    installation = installations(config)[task.installation]
    start = datetime.combine(task.first, clock_time(0), zone)
    simulated = build(config, settings, installation, start, task.seed, task.recorded)
    seats = _seats(task.who, installation, simulated, house_tariff, task.seed)
    if task.who == NOTHING and simulated.point is not None:
        simulated.point.tell(16, float("inf"), 3)
    comfort = Comfort(simulated) if simulated.rooms is not None else None
    timetable = Timetable(task.schedule, seats, zone)
    course = live(simulated, seats, timetable, task.first, task.days, comfort)

    books = foresight.Books(course, simulated, house_tariff, zone)
    life = Life(task, books.costs(), course.days, simulated.house.total, course.dark_min, minutes=course.minutes)
    if simulated.habits is not None and simulated.point is not None:
        life.elsewhere_kwh = simulated.habits.elsewhere_kwh
        life.still_wanted_kwh = simulated.point.car.wants_kwh
        life.car_kwh = simulated.point.car.total_kwh
        life.car_starts = simulated.point.car.starts
    if comfort is not None:
        life.too_warm_k_h, life.warmest_c = comfort.too_warm_k_h, comfort.warmest_c
    life.tallies = {seat.command: seat.tally.to_json() for seat in seats}
    life.took_s = time.process_time() - began
    if task.who in (OURS, SURE):
        life.possible = books.possible()
    return life


def _seats(
    who: str, installation: Installation, simulated: Simulated, house_tariff: SwiftTariff, seed: int
) -> list[Seat]:
    """Return the rules at their places; nobody when the house is left alone."""
    if who == NOTHING:
        return []
    rules = {name: _as_in_the_seed(one) if who == SEEDS else one for name, one in installation.rules.items()}
    seats: list[Seat] = []
    cooling: PrecoolSeat | None = None
    for name, settings in rules.items():
        match settings:
            case grid_guard.Settings():
                seats.append(GridGuardSeat(settings, simulated))
            case peak_mode.Settings():
                seats.append(PeakModeSeat(settings, simulated, house_tariff))
            case easee_balance.Settings():
                seats.append(EaseeBalanceSeat(settings, simulated, house_tariff))
            case precool.Settings():
                error_c = 0.0 if who == SURE else simulated.settings.forecast_error_deg
                cooling = PrecoolSeat(settings, simulated, house_tariff, seed=seed, error_c=error_c)
                seats.append(cooling)
            case thermostat_step.Settings():
                seats.append(ThermostatStepSeat(settings, simulated, house_tariff, cooling))
            case _:
                raise TypeError(f"no seat for {name}")
    return seats


def _as_in_the_seed(settings: Any) -> Any:
    """Return the settings with which a rule does what the original project did.

    The thermostats' rules of the original differ from ours in faults, not in what they want; ours with the original's
    numbers stand in for them.
    """
    match settings:
        case grid_guard.Settings():
            return grid_guard.Settings(
                battery=settings.battery,
                switch=settings.switch,
                on_below_pct=SEED_LIMIT_PCT,
                off_above_pct=SEED_LIMIT_PCT,
            )
        case peak_mode.Settings():
            return peak_mode.Settings(battery=settings.battery, lead_min=0)
        case easee_balance.Settings():
            return replace(
                settings,
                strategy="seed",
                mode="surplus",
                enable_delay_min=0,
                disable_delay_min=0,
                restart_delay_min=0,
                phase_switching=False,
                departure=None,
            )
        case precool.Settings():
            return precool.Settings(
                thermostats=settings.thermostats, battery=settings.battery, weather=settings.weather
            )
        case thermostat_step.Settings():
            return thermostat_step.Settings(battery=settings.battery, thermostats=settings.thermostats)
    return settings
