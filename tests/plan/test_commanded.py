"""Loads beside a battery that is commanded: prices that say what a move saves at most, and changes worked out late."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.plan_battery import Steered
from solarctl.control.plan_house import House, Storage
from solarctl.control.plan_place import Row, Task
from solarctl.control.plan_solve import Job, solve

COUNT = 24


def random_house(dice: random.Random) -> House:
    return House(
        tuple(dice.choice([-1.5, -0.6, -0.2, 0.1, 0.4]) for _ in range(COUNT)),
        tuple(dice.choice([0.1, 0.25, 0.4]) for _ in range(COUNT)),
        tuple(dice.choice([0.0, 0.05, 0.08]) for _ in range(COUNT)),
        Storage(1.3, 0.4, dice.choice([0.0, 0.3, 1.3]), dice.choice([1.0, 0.9]), commanded=True),
        stored_value=dice.choice([0.0, 0.1]),
    )


def changes(dice: random.Random) -> dict[int, float]:
    first = dice.randrange(COUNT - 3)
    return {t: dice.choice([0.5, -0.3, 0.9]) for t in range(first, first + dice.randrange(1, 4))}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_no_change_costs_less_than_the_prices_say(seed):
    """Whatever is drawn more or less, wherever: it costs at least its energy at the slots' prices."""
    dice = random.Random(seed)
    meter = Steered(random_house(dice))
    for _ in range(4):
        meter.add(changes(dice))
        prices = meter.prices()
        for _ in range(6):
            some = changes(dice) | changes(dice)
            assert meter.dearer(dict(sorted(some.items()))) >= sum(prices[t] * kwh for t, kwh in some.items()) - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_worked_out_late_is_what_it_would_be_from_scratch(seed):
    """After any row of changes, looks and steps back, costs are those of a house that begins with all of it."""
    dice = random.Random(seed)
    house = random_house(dice)
    meter, saved = Steered(house), None
    for _ in range(20):
        some, what = changes(dice), dice.random()
        afresh = Steered(house, meter.net)
        assert meter.cost == pytest.approx(afresh.cost, abs=1e-9)
        assert meter.dearer(some) == pytest.approx(afresh.dearer(some), abs=1e-9)
        if what < 0.5:
            meter.add(some)
        elif what < 0.65:
            saved = meter.saved()
        elif what < 0.8 and saved is not None:
            meter.restore(saved)
            saved = None
        elif what < 0.9:
            paid = sum(kwh * (b if kwh > 0 else s) for kwh, b, s in zip(meter.grid, house.buy, house.sell))
            assert paid - house.stored_value * meter.soc[-1] == pytest.approx(meter.cost, abs=1e-9)


@pytest.mark.parametrize(
    ("stored_value", "start", "net", "prices"),
    [
        (
            0.2,
            0.5,
            (0.1, 0.1),
            [0.2, 0.2],
        ),  # it gives what the house draws, and could give more: what a charge is worth
        (0.4, 0.5, (0.1, 0.1), [0.3, 0.3]),  # a charge is worth more than what is bought
        (0.2, 0.0, (0.1, 0.1), [0.3, 0.3]),  # it is empty
        (0.2, 0.5, (-0.1, 0.1), [0.2, 0.2]),  # it takes what the sun leaves
        (0.2, 1.0, (-0.1, -0.1), [0.05, 0.05]),  # it is full: what is sold
        (0.2, 1.0, (0.6, 0.6), [0.3, 0.3]),  # more than its power
    ],
)
def test_prices_by_hand(stored_value, start, net, prices):
    """Two slots at 0.30 bought and 0.05 sold, a battery of 1 kWh and 0.4 kWh in a slot."""
    storage = Storage(1.0, 0.4, start, commanded=True)
    meter = Steered(House(net, (0.3, 0.3), (0.05, 0.05), storage, stored_value=stored_value))
    assert meter.prices() == pytest.approx(prices)


@pytest.mark.parametrize("commanded", [False, True])
def test_where_the_sun_covers_everything_nothing_is_left_to_gain(commanded):
    """A bright day: the plan is proved to be the cheapest, what lives on surplus included, each load in one block."""
    net = (0.3,) * 6 + (-3.0,) * 12 + (0.3,) * 6
    house = House(net, (0.3, 0.2) * 12, (0.05,) * 24, Storage(1.3, 0.4, 1.3, commanded=commanded), stored_value=0.1)
    tasks = [Task(0, 0.9, 3, 0, 24, wanted_kwh=2.7), Task(1, 0.5, 4, 0, 24, wanted_kwh=2.0)]
    tasks.append(Task(2, 0.6, 3, 0, 24, need=False, wanted_kwh=1.8))
    rows = [Row([0] * 24, kwh=task.kwh) for task in tasks]
    found = solve(Job(house, rows, tasks, start_cost=0.003, slot_min=60))
    assert found.got == [3, 4, 3]
    assert found.cost - found.bound == pytest.approx(0.0, abs=1e-6)
    assert [row.starts() for row in found.rows] == [1, 1, 1]
