"""Perfect foresight is exact: it equals a search through every whole step."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.simulation.bound import Slot, Store, cost_of, optimum

ROOM = 4  # kWh, in steps of one


def searched(slots, store, end_value):
    """Return the least cost by trying every whole change in every slot."""
    worth = [-end_value * level for level in range(ROOM + 1)]
    for slot in reversed(slots):
        before = []
        for level in range(ROOM + 1):
            choices = []
            for after in range(ROOM + 1):
                change = after - level
                if change > store.charge_w / 1000 or -change > store.discharge_w / 1000:
                    continue
                if not store.free:
                    surplus = max(0.0, -slot.need_kwh)
                    if change > surplus or -change > max(0.0, slot.need_kwh):
                        continue
                choices.append(cost_of(slot.need_kwh + change, slot) + worth[after])
            before.append(min(choices))
        worth = before
    return worth[int(store.start_kwh)]


slots_strategy = st.lists(
    st.builds(
        lambda need, cheap, more: Slot(float(need), 1.0, (cheap + more) / 4, cheap / 4),
        st.integers(-5, 5),
        st.integers(0, 8),
        st.integers(0, 8),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(slots_strategy, st.integers(0, ROOM), st.integers(1, 3), st.integers(1, 3), st.booleans(), st.integers(0, 8))
def test_no_plan_is_cheaper(slots, start, charge, discharge, free, end):
    """With lossless whole steps the optimum is what a search through all plans finds, free or steered."""
    store = Store(float(ROOM), float(start), charge * 1000.0, discharge * 1000.0, 1.0, free)
    best = optimum(slots, store, end / 4, keep_every=5)
    assert sum(best.costs) - best.stored_kwh[-1] * end / 4 == pytest.approx(searched(slots, store, end / 4))


@settings(max_examples=60, deadline=None)
@given(slots_strategy, st.floats(0.5, 1.0), st.booleans())
def test_the_battery_stays_within_its_limits(slots, one_way, free):
    """No slot leaves the cells' room, and none moves more than the power allows."""
    store = Store(4.0, 1.0, 2000.0, 1500.0, one_way, free)
    best = optimum(slots, store, 0.1)
    assert all(-1e-9 <= level <= 4 + 1e-9 for level in best.stored_kwh)
    assert all(-1500 - 1e-6 <= power <= 2000 + 1e-6 for power in best.power_w)
    for before, after in pairwise([1.0, *best.stored_kwh]):
        assert -1.5 / one_way - 1e-9 <= after - before <= 2.0 * one_way + 1e-9


def test_losses_decide_whether_a_trade_is_worth_it():
    """Buying at 10 to use at 12 pays with 90 % of the energy left, and not with 81 %."""
    slots = [Slot(0.0, 1.0, 10.0, 0.0), Slot(1.0, 1.0, 12.0, 0.0)]
    paying = optimum(slots, Store(5.0, 0.0, 5000, 5000, 0.9**0.5, True), 0.0)
    losing = optimum(slots, Store(5.0, 0.0, 5000, 5000, 0.9, True), 0.0)
    assert sum(paying.costs) == pytest.approx(10 / 0.9)
    assert sum(losing.costs) == pytest.approx(12.0)


def test_a_car_takes_the_sun_and_buys_the_rest_elsewhere():
    """A car that comes home for 3 kWh and finds 1 kWh of sun lacks the rest, at its price."""
    slots = [
        Slot(-1.0, 1.0, 0.3, 0.05, drawn_kwh=3.0),
        Slot(2.0, 1.0, 0.5, 0.05),
        Slot(-4.0, 1.0, 0.3, 0.05, at_home=False),
    ]
    store = Store(10.0, 2.0, 11_000, 0.0, 1.0, free=True, gives=False, elsewhere_price=0.3)
    best = optimum(slots, store, 0.3)
    assert best.power_w[0] >= 1000 - 1e-6
    assert best.power_w[1] == best.power_w[2] == 0.0
    assert best.costs[0] >= 0.3  # one kWh was missing on the way home


def test_without_a_battery_the_cost_is_what_it_is():
    """A house without battery has no choice."""
    slots = [Slot(2.0, 1.0, 0.3, 0.1), Slot(-2.0, 1.0, 0.3, 0.1)]
    assert optimum(slots, None, 0.0).costs == [0.6, -0.2]
