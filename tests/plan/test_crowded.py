"""Needs that do not all fit: what stays unmet is as little as can be."""

from __future__ import annotations

import itertools
import random
from datetime import time

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from solarctl.control.plan import Memory, decide, house_of
from solarctl.control.plan_highs import model_of, polisher
from solarctl.control.plan_house import NO_BATTERY, House, Storage
from solarctl.control.plan_place import Row, Task
from solarctl.control.plan_solve import Job, copied, finished_rows, solve
from solarctl.control.plan_tasks import slots_from, work
from solarctl.control.plan_words import Booked
from tests.plan.houses import MORNING, Load, foreseen, settings

LIMIT = 1.0  # kWh in a slot
TEST_KWH = 1e-6


def tiny(dice: random.Random) -> Job:
    """Return up to three loads in up to eight slots on a wire that is too thin, now and then with a battery."""
    count = dice.randrange(4, 9)
    battery = dice.choice([NO_BATTERY, Storage(0.8, 0.4, 0.5), Storage(0.8, 0.4, 0.5, 0.9)])
    house = House(
        tuple(dice.choice([-0.5, 0.1, 0.3]) for _ in range(count)),
        tuple(dice.choice([0.1, 0.25, 0.4]) for _ in range(count)),
        (0.05,) * count,
        battery,
        LIMIT,
    )
    rows, tasks = [], []
    for index in range(dice.randrange(2, 4)):
        kwh = dice.choice([0.4, 0.6, 0.9])
        first = dice.choice([0, 0, 1, 2])
        last = dice.randrange(first + 2, count + 1)
        row = Row([0] * count, dice.randrange(1, 4), dice.randrange(1, 3), was_on=dice.random() < 0.2, kwh=kwh)
        number = dice.randrange(1, 5)
        rows.append(row)
        tasks.append(Task(index, kwh, number, first, last, wanted_kwh=number * kwh))
    return Job(house, rows, tasks, 0.0, 60)


def ways(row: Row, task: Task) -> list[list[int]]:
    """Return everything that a load may do: within its time, no more than it takes (but for its shortest run)."""
    found = []
    for choice in itertools.product((0, 1), repeat=task.last - task.first):
        on = [0] * task.first + list(choice) + [0] * (len(row.on) - task.last)
        one = Row(on, row.least_on, row.least_off, row.was_on, kwh=row.kwh)
        if sum(on) <= max(task.count, row.least_on) and one.is_sound():
            found.append(on)
    return found


def is_carried(house: House, drawn: list[float]) -> bool:
    """Play the battery by hand: does the wire carry it?"""
    battery, charge = house.battery, house.battery.start
    for net, more in zip(house.net, drawn):
        need = net + more
        if need > 0:
            given = min(need, battery.power, charge)
            charge -= given
            if need - given > house.limit + TEST_KWH:
                return False
        else:
            charge += min(-need, battery.power, (battery.capacity - charge) / battery.efficiency) * battery.efficiency
    return True


def least_unmet(job: Job) -> float:
    """Return what stays unmet at best: every way of every load, with every other."""
    each = []
    for row, task in zip(job.rows, job.tasks):
        options = [(max(0, task.count - sum(on)) * task.kwh, on) for on in ways(row, task)]
        each.append(sorted(options, key=lambda one: one[0]))
    best = sum(task.count * task.kwh for task in job.tasks)
    for chosen in itertools.product(*each):
        short = sum(lack for lack, _on in chosen)
        if short < best - TEST_KWH:
            drawn = [sum(row.kwh * on[t] for row, (_lack, on) in zip(job.rows, chosen)) for t in range(job.house.count)]
            if is_carried(job.house, drawn):
                best = short
    return best


def unmet(job: Job, rows: list[Row]) -> float:
    return sum(max(0, task.count - sum(rows[task.load].on[task.first : task.last])) * task.kwh for task in job.tasks)


@trials(max_examples=120, deadline=None)
@given(st.integers(0, 10**7))
def test_no_less_can_stay_unmet(seed):
    """Trying everything finds no way to meet more, and what the plan does is possible."""
    job = tiny(random.Random(seed))
    found = solve(job)
    drawn = [sum(row.kwh * row.on[t] for row in found.rows) for t in range(job.house.count)]
    assert is_carried(job.house, drawn)
    assert all(row.is_sound() for row in found.rows)
    assert unmet(job, found.rows) == pytest.approx(least_unmet(job), abs=TEST_KWH)


@pytest.mark.parametrize("seed", [3, 14, 15, 92, 65, 35])
def test_the_solver_meets_what_was_left_out(seed):
    """From a plan that switches nothing on, the solver meets what can be met."""
    job = tiny(random.Random(seed))
    nothing = finished_rows(job.house, copied(job.rows), job.tasks)
    polished = polisher(5.0)(job, nothing)
    assert polished is not None
    assert unmet(job, polished.rows) == pytest.approx(least_unmet(job), abs=TEST_KWH)


def crowded(seed: int):
    """Return a house of four loads with deadlines and long runs, on a connection for little more than one of them."""
    dice = random.Random(seed)
    loads = [
        Load(
            f"load-{index}",
            dice.choice([800.0, 1500.0, 2000.0]),
            dice.choice([1.0, 2.0, 3.0]),
            deadline=dice.choice([time(9), time(12), None]),
            min_on_min=dice.choice([15.0, 30.0, 60.0]),
            min_off_min=dice.choice([15.0, 30.0]),
        )
        for index in range(4)
    ]
    rules = settings(
        *loads,
        slot_min=30,
        grid_limit_w=dice.choice([2500, 3200]),
        horizon_h=dice.choice([4.0, 6.0, 8.0]),
        battery=dice.random() < 0.5,
        command_battery=seed % 3 == 0,
    )
    sun = dice.choice([0.0, 600.0])
    return rules, foreseen(rules, solar=sun, buy=[0.2 + 0.1 * dice.random() for _ in range(rules.slots)])


@pytest.mark.parametrize("seed", range(18))
def test_a_crowded_house_goes_without_no_more_than_the_solver_says(seed):
    """HiGHS, asked for nothing but to meet needs, meets no more than the plan does."""
    rules, seen = crowded(seed)
    plan = decide(seen, rules, Memory(), MORNING)[1]
    assert not any("No plan passed" in why for why in plan.why.values()), plan.why
    to_do = work(rules, slots_from(MORNING, rules), MORNING, Booked())
    house = house_of(rules, plan.inputs, seen.soc_kwh)
    model = model_of(house, to_do.rows, to_do.tasks, 0.0, [0] * len(to_do.tasks), 0.0)
    found = model.solve(20.0, None)
    assert found is not None
    least = sum(round(found["m", index]) * task.kwh for index, task in enumerate(to_do.tasks))
    rows = copied(to_do.rows)
    for row, load in zip(rows, to_do.loads):
        row.on = list(plan.devices[load.device])
    job = Job(house, to_do.rows, to_do.tasks, 0.0, 30)
    assert unmet(job, rows) <= least + TEST_KWH
