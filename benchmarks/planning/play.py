"""Planning one generated day: with our planner, with the seed's rule, with HiGHS from a cold start, and not at all."""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from benchmarks.planning.days import Day
from solarctl.control.plan import Foreseen, Memory, decide, house_of
from solarctl.control.plan_highs import model_of, polisher
from solarctl.control.plan_house import House
from solarctl.control.plan_place import Row
from solarctl.control.plan_settings import Load, Settings, settings_hash
from solarctl.control.plan_solve import Job, copied, finished_rows, solve
from solarctl.control.plan_tasks import Work, slots_from, work
from solarctl.control.plan_words import Booked, Inputs, Plan
from solarctl.side_by_side import side_by_side

NOW = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)
START_KWH = 0.54
SPARE_WORTH = 0.01  # of the mean price, beyond what selling earns: what lives on surplus is used before it is sold
UNMET_PRICE = 1.0
START_WORTH = 0.01  # kWh at the mean price: as in the planner's own settings


@dataclass(frozen=True)
class Score:
    """What a plan comes to. `money`: the grid, less what spare loads got is worth; unmet needs cost 1 per kWh."""

    money: float
    unmet_kwh: float
    spare_kwh: float
    starts: int
    cpu_s: float = 0.0
    bound_gap: float = 0.0
    switching: float = 0.0  # what the switch-ons cost

    @property
    def total(self) -> float:
        return self.money + UNMET_PRICE * self.unmet_kwh

    @property
    def objective(self) -> float:
        """What our planner and HiGHS both make as small as they can: switch-ons count."""
        return self.total + self.switching


def settings_of(day: Day, *, commanded: bool = False, strategy: str = "best") -> Settings:
    loads = tuple(
        Load(one.name, one.power_w, one.capacity_kwh, daily_need=one.need, priority=one.priority) for one in day.devices
    )
    return Settings(
        "sun",
        "p1",
        battery="battery" if day.battery else "",
        slot_min=day.slot_min,
        horizon_h=len(day.solar_w) * day.slot_min / 60,
        day_start=time(6),
        devices=loads,
        command_battery=commanded,
        strategy=strategy,
    )


def prepared(day: Day, rules: Settings) -> tuple[House, Work, Foreseen]:
    starts = slots_from(NOW, rules)
    to_do = work(rules, starts, NOW, Booked())
    soc = START_KWH if day.battery else None
    inputs = Inputs(settings_hash(rules), day.solar_w, day.base_w, day.buy, day.sell)
    seen = Foreseen(day.solar_w, day.base_w, day.buy, day.sell, soc)
    return house_of(rules, inputs, soc), to_do, seen


def ours(day: Day, *, commanded: bool = False, polish=None, strategy: str = "best") -> Score:
    """Plan with the command's own rule."""
    rules = settings_of(day, commanded=commanded, strategy=strategy)
    house, to_do, seen = prepared(day, rules)
    before = clock.process_time()
    plan = decide(seen, rules, Memory(), NOW, polish)[1]
    cpu_s = clock.process_time() - before
    assert not any("No plan passed" in why for why in plan.why.values()), plan.why
    return scored(day, house, to_do, rows_of(plan, to_do), cpu_s, plan.bound.gap)


def rows_of(plan: Plan, to_do: Work) -> list[Row]:
    rows = copied(to_do.rows)
    for row, load in zip(rows, to_do.loads):
        row.on[:] = plan.devices[load.device]
    return rows


def nothing(day: Day, *, commanded: bool = False) -> Score:
    """Plan nothing: needs start at the day's begin, as a timer does; the battery follows the meter."""
    rules = settings_of(day)
    house, to_do, _seen = prepared(day, rules)
    rows = copied(to_do.rows)
    for task in to_do.tasks:
        if task.need:
            rows[task.load].on[task.first : task.first + task.count] = [1] * task.count
    return scored(day, house, to_do, rows)


def highs(day: Day, seconds: float, *, commanded: bool = False) -> Score | None:
    """Let HiGHS begin with nothing; None when it found nothing in time.

    Where the battery follows the meter it has the time twice: with that in the programme, and with a battery that is
    free, whose loads are then played with one that follows; the better counts.
    """
    rules = settings_of(day, commanded=commanded)
    house, to_do, _seen = prepared(day, rules)
    found = [_highs(day, house, house, to_do, seconds)]
    if house.battery.capacity and not commanded:
        free = replace(house, battery=replace(house.battery, commanded=True))
        found.append(_highs(day, house, free, to_do, seconds))
    scores = [score for score in found if score is not None]
    return min(scores, key=lambda score: score.objective) if scores else None


def needs_polished(day: Day, seconds: float, *, commanded: bool) -> float:
    """Return what the needs alone cost in our plan, polished for so long: the grid, switch-ons, what is unmet."""
    job = _job_of(day, commanded)
    solution = solve(job)
    return job.board((polisher(seconds, side_by_side)(job, solution) or solution).rows).total


def needs_cold(day: Day, seconds: float, *, commanded: bool) -> float:
    """Return the same for HiGHS that begins with nothing, on the same programme (as `highs`, twice)."""
    job = _job_of(day, commanded)
    house, best = job.house, job.board(job.rows).total
    modelled = [house]
    if house.battery.capacity and not commanded:
        modelled.append(replace(house, battery=replace(house.battery, commanded=True)))
    for one in modelled:
        model = model_of(one, job.rows, job.needs, job.start_cost, [task.count for task in job.needs], 0.0)
        found = model.solve(seconds, None)
        if found is not None:
            rows = copied(job.rows)
            for load, row in enumerate(rows):
                row.on[:] = [round(found["x", load, t]) for t in range(house.count)]
            best = min(best, job.board(rows).total)
    return best


def _job_of(day: Day, commanded: bool) -> Job:
    rules = settings_of(day, commanded=commanded)
    house, to_do, _seen = prepared(day, rules)
    needs = [task for task in to_do.tasks if task.need]
    return Job(house, to_do.rows, needs, rules.start_cost_kwh * sum(house.buy) / house.count, rules.slot_min)


def _highs(day: Day, house: House, modelled: House, to_do: Work, seconds: float) -> Score | None:
    mean = sum(house.buy) / len(house.buy)
    targets = [task.count for task in to_do.tasks]
    model = model_of(modelled, to_do.rows, to_do.tasks, START_WORTH * mean, targets, SPARE_WORTH * mean)
    before = clock.process_time()
    found = model.solve(seconds, None)
    cpu_s = clock.process_time() - before
    if found is None:
        return None
    rows = copied(to_do.rows)
    for load, row in enumerate(rows):
        row.on[:] = [round(found["x", load, t]) for t in range(house.count)]
    return scored(day, house, to_do, rows, cpu_s)


def scored(day: Day, house: House, to_do: Work, rows: Sequence[Row], cpu_s: float = 0.0, gap: float = 0.0) -> Score:
    """Play rows physically: a load that has its energy draws nothing more."""
    played = copied(rows)
    unmet = spare = 0.0
    worth = 0.0
    mean = sum(house.buy) / len(house.buy)
    for task in to_do.tasks:
        row, got = played[task.load], 0
        for t in range(task.first, task.last):
            if row.on[t] and got >= task.count:
                row.on[t] = 0  # full
            elif row.on[t]:
                got += 1
                if not to_do.loads[task.load].daily_need:
                    worth += (house.sell[t] + SPARE_WORTH * mean) * task.kwh
                    spare += task.kwh
        if to_do.loads[task.load].daily_need:
            unmet += max(0.0, task.wanted_kwh - got * task.kwh)
    solution = finished_rows(house, played, to_do.tasks)
    starts = sum(row.starts() for row in rows)
    return Score(solution.cost - worth, unmet, spare, starts, cpu_s, gap, START_WORTH * mean * starts)
