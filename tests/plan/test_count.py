"""Short slots: loads counted by kind, dealt and put right; and the bound of `benchmarks/planning/proof.py`."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.planning.proof import Counted
from solarctl.control.plan_count import counted
from solarctl.control.plan_house import House, Storage
from solarctl.control.plan_place import Row, Task
from solarctl.control.plan_solve import Job, meter_for, solve
from tests.plan.houses import BOILER, Load, noon_sun, planned
from tests.plan.houses import settings as rules_of


def random_job(dice: random.Random, count: int, *, least: int) -> Job:
    house = House(
        tuple(dice.choice([-1.5, -0.6, -0.2, 0.1, 0.4]) for _ in range(count)),
        tuple(dice.choice([0.1, 0.25, 0.4]) for _ in range(count)),
        tuple(dice.choice([0.0, 0.05, 0.08]) for _ in range(count)),
        Storage(1.3, 0.4, dice.choice([0.0, 0.3, 1.3]), dice.choice([1.0, 0.9])),
        stored_value=dice.choice([0.0, 0.1]),
    )
    half = count // 2
    tasks = [Task(load, 0.9, dice.randrange(least, 5), 0, half) for load in (0, 1)]
    tasks += [Task(load, 0.9, dice.randrange(least, 5), half, count) for load in (0, 1)]
    tasks.append(Task(2, 0.2, dice.randrange(least, 6), dice.randrange(4), count - dice.randrange(4)))
    rows = [Row([0] * count, least, least, was_on=dice.random() < 0.3, kwh=kwh) for kwh in (0.9, 0.9, 0.2)]
    return Job(house, rows, tasks, start_cost=0.01, slot_min=5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_dealt_is_sound_and_complete(seed):
    """Each load has its slots of each day, no run or pause is too short, and the sums are those of the house."""
    dice = random.Random(seed)
    job = random_job(dice, 24, least=dice.choice([1, 2, 3]))
    board = job.board(job.rows)
    assert counted(board, job.house, [dice.uniform(0.05, 0.4) for _ in job.needs])
    assert all(row.is_sound() for row in board.rows)
    for task in job.needs:
        assert task.count <= board.got(task) <= max(task.count, board.rows[task.load].least_on)
    assert board.meter.cost == pytest.approx(meter_for(job.house, board.rows).cost, abs=1e-9)


def test_many_kinds_are_left_to_others():
    """Six loads that differ would be too many states: nothing is placed."""
    house = House((0.1,) * 12, (0.2, 0.3) * 6, (0.05,) * 12, Storage(1.0, 0.4, 0.5))
    tasks = [Task(load, 0.1 * (load + 1), 2, 0, 12) for load in range(6)]
    board = Job(house, [Row([0] * 12, kwh=task.kwh) for task in tasks], tasks, 0.01, 5).board(
        [Row([0] * 12, kwh=task.kwh) for task in tasks]
    )
    assert not counted(board, house, [0.2] * 6)
    assert not any(any(row.on) for row in board.rows)


def test_a_plan_in_short_slots_is_near_its_bound():
    """Slots of five minutes, two boilers, a bike, a battery that follows: needs are met, hardly dearer than can be."""
    rules = rules_of(BOILER, Load("second", 2000.0, 4.0), Load("bike", 200.0, 0.5), battery=True, slot_min=5)
    buy = [0.2 + 0.15 * (t // 36 % 2) for t in range(rules.slots)]
    plan = planned(rules, solar=list(noon_sun(rules.slots, 5, 1500.0)), buy=buy)
    assert not any("No plan passed" in why for why in plan.why.values())
    assert sum(plan.expected.unmet_kwh.values()) == 0
    assert plan.bound.gap <= 0.02


@pytest.mark.parametrize("seed", range(6))
def test_no_plan_is_below_what_is_proved(seed):
    """Of all ways to place two loads none, switch-ons included, is cheaper than the bound; one is near."""
    dice = random.Random(seed)
    count = 8
    house = House(
        tuple(dice.choice([-1.5, -0.6, -0.2, 0.1, 0.4]) for _ in range(count)),
        tuple(dice.choice([0.1, 0.25, 0.4]) for _ in range(count)),
        (0.05,) * count,
        Storage(1.0, 0.3, 0.4, dice.choice([1.0, 0.9])),
        stored_value=0.05,
    )
    tasks = [Task(0, 0.5, 2, 0, count), Task(1, 0.5, 3, 0, count)]
    rows = [Row([0] * count, kwh=0.5, was_on=load == seed % 2) for load in range(2)]
    job = Job(house, rows, tasks, start_cost=0.02, slot_min=60)
    best = min(
        total(job, [[int(t in one) for t in range(count)], [int(t in two) for t in range(count)]])
        for one in itertools.combinations(range(count), 2)
        for two in itertools.combinations(range(count), 3)
    )
    proof = Counted(house, rows, tasks, [2, 3], 0.02)
    bounds = [proof.at([0.5 * wage], cells, trace=False)[0] for wage in (0.05, 0.15, 0.25, 0.4) for cells in (60, 400)]
    assert max(bounds) <= best + 1e-9
    assert max(bounds) >= best - 0.1
    found = solve(job)
    assert found.cost + 0.02 * sum(row.starts() for row in found.rows) >= best - 1e-9


def total(job: Job, states: list[list[int]]) -> float:
    rows = [Row(on, kwh=row.kwh, was_on=row.was_on) for row, on in zip(job.rows, states)]
    return meter_for(job.house, rows).cost + job.start_cost * sum(row.starts() for row in rows)
