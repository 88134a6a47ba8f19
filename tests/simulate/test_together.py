"""Several stores behind one meter: the plan is possible, the proof is below every plan, and both are near."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.simulation.bound import Slot, Store, cost_of
from solarctl.simulation.together import Gift, Own, together

BATTERY = Store(3.0, 1.0, 1000.0, 1000.0, 1.0, free=True)
TANK = Store(3.0, 1.0, 2000.0, 0.0, 1.0, free=True, gives=False, elsewhere_price=0.5)
rows = st.lists(
    st.tuples(st.integers(-3, 2), st.integers(1, 6), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=6
)


def case(rows):
    slots = [Slot(float(need), 1.0, (cheap + more) / 10, cheap / 10) for need, cheap, more, _ in rows]
    drawn = [float(row[3]) for row in rows]
    return slots, [Own(BATTERY, [0.0] * len(rows), None, 0.2), Own(TANK, drawn, None, 0.25)], drawn


def tried(slots, drawn):
    """Return the least cost of all whole moves of a battery and a tank."""

    @cache
    def rest(index, stored, inside):
        if index == len(slots):
            return -0.2 * stored - 0.25 * inside
        slot = slots[index]
        missed = max(0.0, drawn[index] - inside)
        inside = max(0.0, inside - drawn[index])
        best = float("inf")
        for change, heat in product((-1.0, 0.0, 1.0), (0.0, 1.0, 2.0)):
            if 0 <= stored + change <= 3 and inside + heat <= 3:
                cost = cost_of(slot.need_kwh + change + heat, slot)
                best = min(best, cost + rest(index + 1, stored + change, inside + heat))
        return best + 0.5 * missed

    return rest(0, 1.0, 1.0)


def cost(slots, owns, best):
    """Return what a plan costs, less what is left."""
    found = sum(cost_of(net, slot) for net, slot in zip(best.net_kwh, slots, strict=True))
    for own, one in zip(owns, best.optima, strict=True):
        level = own.store.start_kwh
        for drawn, after in zip(own.drawn_kwh, one.stored_kwh, strict=True):
            found += max(0.0, drawn - level) * own.store.elsewhere_price
            level = after
        found -= level * own.end_value
    return found


@settings(max_examples=80, deadline=None)
@given(rows)
def test_the_proof_is_below_and_the_plan_above_the_best(rows):
    """Battery and tank in whole steps: no plan is below what is proven, and the plan that is found is possible."""
    slots, owns, drawn = case(rows)
    best = together(slots, owns)
    least = tried(slots, drawn)
    assert best.least <= least + 1e-6
    assert cost(slots, owns, best) >= least - 1e-6


def test_by_hand_tank_and_battery_share_the_sun():
    """4 kWh of sun, 2 for the tank, 2 for the evening: nothing is bought, and that is proven to a tenth of a cent."""
    slots = [
        Slot(-2.0, 1.0, 0.3, 0.05),
        Slot(-2.0, 1.0, 0.3, 0.05),
        Slot(1.0, 1.0, 0.3, 0.05),
        Slot(1.0, 1.0, 0.3, 0.05),
    ]
    battery = Store(3.0, 0.0, 1000.0, 1000.0, 1.0, free=True)
    tank = Store(3.0, 0.0, 2000.0, 0.0, 1.0, free=True, gives=False, elsewhere_price=0.3)
    owns = [Own(battery, [0.0] * 4, None, 0.0), Own(tank, [0.0, 0.0, 0.0, 2.0], None, 0.0)]
    best = together(slots, owns)
    found = cost(slots, owns, best)
    assert found == pytest.approx(0.0, abs=0.01)
    assert found - 0.01 <= best.least <= found + 1e-9


def test_where_buying_is_cheaper_than_selling_the_proof_still_holds():
    """A market at -0.10 beside a feed-in of 0.05: selling the battery's 1 kWh and 1 kWh of sun is not forbidden."""
    slots = [Slot(-1.0, 1.0, -0.1, 0.05), Slot(1.0, 1.0, 0.3, 0.05)]
    owns = [Own(BATTERY, [0.0, 0.0], None, 0.0), Own(TANK, [0.0, 0.0], None, 0.0)]
    assert together(slots, owns).least <= -2 * 0.05 + 0.3


def test_one_store_alone_is_exact():
    """With nothing to share, what is found is what is proven."""
    slots, owns, _ = case([(1, 3, 2, 0), (-2, 1, 4, 1), (2, 5, 1, 0)])
    best = together(slots, owns[:1])
    assert best.least == pytest.approx(cost(slots, owns[:1], best))


def test_gifts_take_what_would_be_sold_for_less():
    """A radiator that is worth 0.10 takes its 0.5 kWh where selling earns 0.05, and none where it must be bought."""
    slots = [Slot(-2.0, 1.0, 0.3, 0.05), Slot(1.0, 1.0, 0.3, 0.05)]
    best = together(slots, [], Gift([0.5, 0.5], 0.1))
    assert best.given_kwh == [0.5, 0.0]
