"""One house lived through several times: with solarctl, left alone, with the seeds' rules; and what was possible.

A `Task` is small and says all that a process of its own needs; `run` is a function of it alone, so that tasks can be
spread over cores or machines.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from solarctl.config import Config
from solarctl.control import tariff
from solarctl.simulation import foresight
from solarctl.simulation.installations import installations
from solarctl.simulation.living import live
from solarctl.simulation.market import MarketTariff, surcharge
from solarctl.simulation.money import SwiftTariff
from solarctl.simulation.recorded import Recorded
from solarctl.simulation.seating import NOTHING, OURS, SEEDS, SURE, leave_alone, seats_of
from solarctl.simulation.seats_rooms import Comfort
from solarctl.simulation.simulated_house import Settings, build
from solarctl.simulation.timetable import Entry, Timetable
from solarctl.simulation.within_limits import least_within_limits
from solarctl.simulation.without_limits import possible
from solarctl.virtualhome.energies import Energies

__all__ = ["NOTHING", "OURS", "SEEDS", "SURE", "Life", "Task", "run", "tasks_of"]


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
    attentive: bool = False  # ask each rule each time: what tests compare with
    foresees: bool = True  # work out what was possible; benchmarks of the living itself do without


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
    loads_kwh: dict[str, float] = field(default_factory=dict)  # what each tank, bicycle and radiator drew
    missed_kwh: float = 0.0  # of what people wanted from them
    given_kwh: float = 0.0  # to loads without a need
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
        looks_ahead = getattr(installation.rules.get("peak-mode"), "forecast", "")
        knows_weather = looks_ahead or {"precool", "plan"} & set(installation.commands)
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
    if prices.prices:
        sky, on_top = simulated.house.sky, surcharge(config, prices.prices)
        known = None if task.recorded is None else task.recorded.prices
        house_tariff = MarketTariff(prices, zone, task.holidays, sky, task.seed, on_top, known)
    seats = seats_of(task.who, installation, simulated, house_tariff, task.seed, attentive=task.attentive)
    if task.who == NOTHING:
        leave_alone(simulated)
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
    wired = simulated.wired
    if wired is not None:
        life.loads_kwh = {name: sum(powers) / 60_000 for name, powers in course.load_w.items()}
        life.missed_kwh = sum(one.missed_kwh for name, one in wired.keepers.items() if name not in wired.gifts)
        life.given_kwh = wired.given_kwh()
    life.tallies = {seat.command: seat.tally.to_json() for seat in seats}
    life.took_s = time.process_time() - began
    if task.who in (OURS, SURE) and task.foresees:
        life.possible = possible(books, least_within_limits(books, simulated, house_tariff))
    return life
