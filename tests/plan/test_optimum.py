"""How good a plan is, against trying everything on small houses."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.plan_battery import Steered
from solarctl.control.plan_bound import Wish, lower_bound
from solarctl.control.plan_house import NO_BATTERY, Following, House, Storage
from solarctl.control.plan_place import Row, Task
from solarctl.control.plan_solve import Job, solve
from solarctl.value import replace

SMALL = 8


def house(dice: random.Random, kind: str, count: int = SMALL) -> House:
    battery = {
        "none": NO_BATTERY,
        "follows": Storage(1.0, 0.4, 0.3, 0.9),
        "commanded": Storage(1.0, 0.4, 0.3, 0.9, commanded=True),
    }[kind]
    return House(
        tuple(dice.choice([-1.5, -0.6, -0.2, 0.1, 0.4]) for _ in range(count)),
        tuple(dice.choice([0.1, 0.25, 0.4]) for _ in range(count)),
        tuple(dice.choice([0.0, 0.05, 0.08]) for _ in range(count)),
        battery,
    )


def cost(place: House, slots: dict[int, float]) -> float:
    meter = Steered(place) if place.battery.commanded else Following(place)
    meter.add(slots or {0: 0.0})
    return meter.cost


@pytest.mark.parametrize("kind", ["none", "follows", "commanded"])
@pytest.mark.parametrize("seed", range(12))
def test_no_plan_is_below_the_bound_and_few_are_below_ours(kind, seed):
    """Of all ways to place two loads none is cheaper than the bound, and ours is among the cheapest."""
    dice = random.Random(seed)
    place = house(dice, kind)
    tasks = [Task(0, 0.5, 3, 0, SMALL, wanted_kwh=1.5), Task(1, 0.9, 2, 0, SMALL, wanted_kwh=1.8)]
    rows = [Row([0] * SMALL, kwh=0.5), Row([0] * SMALL, kwh=0.9)]
    found = solve(Job(place, rows, tasks, start_cost=0.0, slot_min=60))
    best = min(
        cost(place, {t: 0.5 * (t in one) + 0.9 * (t in two) for t in range(SMALL)})
        for one in itertools.combinations(range(SMALL), 3)
        for two in itertools.combinations(range(SMALL), 2)
    )
    idle = cost(place, {})
    assert found.bound <= best + 1e-6
    assert best - 1e-6 <= found.cost <= best + 0.03 * abs(best - idle) + 0.01


@pytest.mark.parametrize("kind", ["none", "follows", "commanded"])
@pytest.mark.parametrize("seed", range(12))
def test_no_plan_with_as_much_for_what_lives_on_surplus_is_below_the_bound(kind, seed):
    """A need and a load on surplus: of all ways to give both what they get, none is cheaper than the bound."""
    place = house(random.Random(seed + 100), kind)
    place = replace(place, net=tuple(kwh - 0.5 for kwh in place.net))  # so that there is a surplus
    tasks = [Task(0, 0.5, 3, 0, SMALL, wanted_kwh=1.5), Task(1, 0.4, 3, 0, SMALL, need=False, wanted_kwh=1.2)]
    found = solve(Job(place, [Row([0] * SMALL, kwh=0.5), Row([0] * SMALL, kwh=0.4)], tasks, 0.0, 60))
    best = min(
        cost(place, {t: 0.5 * (t in one) + 0.4 * (t in two) for t in range(SMALL)})
        for one in itertools.combinations(range(SMALL), 3)
        for two in itertools.combinations(range(SMALL), found.got[1])
    )
    assert found.bound <= best + 1e-6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["none", "follows", "commanded"]))
def test_the_bound_holds_at_any_prices(seed, kind):
    """Whatever prices the bound starts from, it is below what a random plan costs."""
    dice = random.Random(seed)
    place = house(dice, kind, 12)
    chosen = dice.sample(range(12), 4)
    paid = cost(place, dict.fromkeys(chosen, 0.7))
    prices = [dice.uniform(-0.2, 0.6) for _ in range(12)]
    assert lower_bound(place, [Wish(0.7, 4, 0, 12)], paid, prices, 15) <= paid + 1e-6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["follows", "commanded"]))
def test_what_a_load_adds_is_what_the_whole_costs_more(seed, kind):
    """A look at one load's slots agrees with playing the whole horizon with it."""
    dice = random.Random(seed)
    place = house(dice, kind, 30)
    meter = Steered(place) if kind == "commanded" else Following(place)
    first = dice.randrange(26)
    changes = {first: 0.5, first + 2: 0.8}
    before, more = meter.cost, meter.dearer(changes)
    saved = meter.saved()
    meter.add(changes)
    assert meter.cost - before == pytest.approx(more, abs=1e-7)
    fresh = type(meter)(place)
    fresh.add(changes)
    assert meter.cost == pytest.approx(fresh.cost, abs=1e-7)
    assert meter.soc[-1] == pytest.approx(fresh.soc[-1], abs=1e-6)
    meter.restore(saved)
    assert meter.cost == pytest.approx(before)


@pytest.mark.parametrize("seed", range(6))
def test_a_commanded_battery_is_the_best_of_all(seed):
    """No way to charge and discharge in steps of 0.1 kWh is cheaper than what was worked out."""
    dice = random.Random(seed)
    count = 6
    place = house(dice, "commanded", count)
    place = House(place.net, place.buy, place.sell, Storage(0.5, 0.2, 0.2, 1.0, commanded=True))
    best = {2: 0.0}
    for t in range(count):
        after: dict[int, float] = {}
        for charge, paid in best.items():
            for step in range(max(0, charge - 2), min(5, charge + 2) + 1):
                grid = place.net[t] + (step - charge) / 10
                total = paid + grid * (place.buy[t] if grid > 0 else place.sell[t])
                after[step] = min(after.get(step, 1e9), total)
        best = after
    meter = Steered(place)
    assert meter.cost <= min(best.values()) + 1e-9
    paid = sum(kwh * (b if kwh > 0 else s) for kwh, b, s in zip(meter.grid, place.buy, place.sell))
    assert paid == pytest.approx(meter.cost, abs=1e-9)
    assert all(-1e-9 <= soc <= 0.5 + 1e-9 for soc in meter.soc)
