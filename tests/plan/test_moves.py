"""Loads placed together beside a battery that follows the meter, moved in pieces, and the bound that goes with it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.plan_deal import placed
from solarctl.control.plan_dual import begun
from solarctl.control.plan_exact import best_cost
from solarctl.control.plan_house import Following, House, Storage
from solarctl.control.plan_moves import descend
from solarctl.control.plan_place import Board, Row, Task
from solarctl.control.plan_solve import Job, meter_for, solve

COUNT = 24


def evening(capacity: float = 1.0, charge: float = 0.4) -> House:
    """Hours of two days: no sun, cheap from the 6th to the 12th hour, dear in the evening."""
    buy = ([0.25] * 6 + [0.12] * 6 + [0.25] * 6 + [0.45] * 6)[:COUNT]
    net = [0.1] * 18 + [0.4] * 6
    return House(tuple(net), tuple(buy), (0.05,) * COUNT, Storage(capacity, 0.5, charge))


def random_house(dice: random.Random) -> House:
    efficiency = dice.choice([1.0, 0.9])
    return House(
        tuple(dice.choice([-1.5, -0.6, -0.2, 0.1, 0.4]) for _ in range(COUNT)),
        tuple(dice.choice([0.1, 0.25, 0.4]) for _ in range(COUNT)),
        tuple(dice.choice([0.0, 0.05, 0.08]) for _ in range(COUNT)),
        Storage(1.3, 0.4, dice.choice([0.0, 0.3, 1.3]), efficiency),
        stored_value=dice.choice([0.0, 0.1]),
    )


def loads(dice: random.Random) -> tuple[list[Row], list[Task]]:
    tasks = [Task(index, kwh, dice.randrange(1, 5), 0, COUNT) for index, kwh in enumerate((0.9, 0.9, 0.2))]
    tasks[2] = replace(tasks[2], first=dice.randrange(8), last=dice.randrange(16, COUNT + 1))
    return [Row([0] * COUNT, kwh=task.kwh, was_on=dice.random() < 0.3) for task in tasks], tasks


def scattered(dice: random.Random, rows: list[Row], tasks: list[Task]) -> list[Row]:
    for row, task in zip(rows, tasks):
        for t in dice.sample(range(task.first, task.last), task.count):
            row.on[t] = 1
    return rows


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**6))
def test_no_plan_is_below_the_exact_bound(seed):
    """Whatever the loads are paid, a random plan costs no less than what the programme says is possible."""
    dice = random.Random(seed)
    house = random_house(dice)
    rows, tasks = loads(dice)
    pay = [dice.uniform(0.0, 0.5) for _ in tasks]
    least = best_cost(house, rows, tasks, [task.count for task in tasks], pay)
    assert least <= meter_for(house, scattered(dice, rows, tasks)).cost + 1e-9


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_moving_pieces_keeps_the_energy_and_the_sums(seed):
    """Every load has as many slots as before, in its time; what the board says it costs is what it costs."""
    dice = random.Random(seed)
    house = random_house(dice)
    rows, tasks = loads(dice)
    rows[0].least_on, rows[1].least_off = dice.choice([1, 2]), dice.choice([1, 2])
    board = Board(Following(house), rows, tasks, 0.002)
    board.place_all()
    counts, before = [board.got(task) for task in tasks], board.total
    descend(board, 1e6)
    assert [board.got(task) for task in tasks] == counts
    assert board.total <= before + 1e-9
    assert board.meter.cost == pytest.approx(meter_for(house, board.rows).cost, abs=1e-9)
    assert all(row.is_sound() for row in board.rows)
    assert not any(
        on for row, task in zip(board.rows, tasks) for t, on in enumerate(row.on) if not task.first <= t < task.last
    )


def test_two_boilers_drain_the_battery_once():
    """Both run in the same cheap hours: one after the other would take twice as much of the evening's charge."""
    tasks = [Task(index, 2.0, 2, 0, COUNT) for index in range(2)]
    rows = [Row([0] * COUNT, kwh=2.0) for _ in tasks]
    found = solve(Job(evening(capacity=3.0, charge=3.0), rows, tasks, 0.0, 60))
    assert found.rows[0].on == found.rows[1].on
    assert sum(found.rows[0].on[6:12]) == 2


def test_the_programme_finds_how_many_run_when():
    """What is dealt to the loads is what they want, in their time, with no run too short."""
    dice = random.Random(1)
    house = random_house(dice)
    rows, tasks = loads(dice)
    rows[2].least_on = 3
    tasks[2] = replace(tasks[2], count=4)
    outcomes, pay = begun(house, rows, tasks, 1)
    assert outcomes
    assert len(pay) == len(tasks)
    board = Board(Following(house), [replace(row, on=row.on[:]) for row in rows], tasks, 0.002)
    placed(board, outcomes[0])
    assert [board.got(task) for task in tasks] == [task.count for task in tasks]
    assert all(row.is_sound() for row in board.rows)


def test_many_different_loads_are_planned_too():
    """Ten different loads have more combinations in a slot than are looked at: there is a plan, with its bound."""
    tasks = [Task(index, 0.1 + index / 10, 2, 0, COUNT) for index in range(10)]
    rows = [Row([0] * COUNT, kwh=task.kwh) for task in tasks]
    found = solve(Job(evening(), rows, tasks, 0.001, 60))
    assert found.got == [2] * 10
    assert found.bound <= found.cost
    assert all(sum(row.on[6:12]) == 2 for row in found.rows)
