"""Foresight within limits is what trying everything finds, and no rule's life is cheaper."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.simulation.limited import Cells, Grid, Span, cheapest
from solarctl.simulation.limited_houses import CarHouse, Charger, Relay, RelayHouse, ReserveHouse

LOSSLESS = Cells(floor_kwh=0.0, full_kwh=4.0, charge_kw=2.0, discharge_kw=2.0, one_way=1.0)
needs = st.lists(st.integers(-3, 3), min_size=1, max_size=8)
prices = st.lists(st.integers(1, 6), min_size=8, max_size=8)


def spans_of(needed, dear, **more):
    return [Span(float(need), 1.0, price / 10, 0.05, **more) for need, price in zip(needed, dear, strict=False)]


def tried(spans, state, act, worth):
    """Return the least cost of all sequences of moves; `act` yields (cost, state) of each move that is possible."""

    @cache
    def rest(index, state):
        if index == len(spans):
            return -worth(state)
        return min(cost + rest(index + 1, after) for cost, after in act(spans[index], state))

    return rest(0, state)


@settings(max_examples=60, deadline=None)
@given(needs, prices, st.integers(0, 4), st.sampled_from([0.0, 0.02]), st.booleans())
def test_a_relay_house_does_what_trying_everything_finds(needed, dear, start, move_price, feeds):
    """Each slot in or out, the forced charge included: no sequence of relay positions is cheaper, and it is one."""
    spans = spans_of(needed, dear)
    relay = Relay(charge_kw=1.0, charge_to_kwh=2.0, feeds=feeds, out_from_kwh=1.0, move_price=move_price)
    house = RelayHouse(spans, LOSSLESS, relay, 0.1)

    def act(span, state):
        stored, was_in = state
        bought, after = house._with_grid(span, stored)
        yield bought * span.import_price + (0 if was_in else move_price), (round(after, 9), True)
        if stored >= 1.0 and span.need_kwh <= min(2.0, stored):
            gone = max(-2.0, span.need_kwh)
            yield (move_price if was_in else 0), (min(4.0, stored - gone), False)

    found = cheapest(house, (float(start), True), keep_every=3)
    best = tried(spans, (float(start), True), act, lambda state: 0.1 * state[0])
    assert sum(found.costs) - 0.1 * found.states[-1][0] == pytest.approx(best, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(needs, prices, st.integers(0, 4), st.integers(0, 2))
def test_a_reserve_house_does_what_trying_everything_finds(needed, dear, start, keep):
    """The battery takes what the sun leaves over and gives when it may: no other choice of hours is cheaper."""
    spans = spans_of(needed, dear, keep_kwh=float(keep))
    house = ReserveHouse(spans, LOSSLESS, 0.1)

    def act(span, stored):
        bought, after = LOSSLESS.by_itself(stored, span.need_kwh, 1.0, keep)
        yield bought * (span.import_price if bought > 0 else 0.05), after
        if span.need_kwh > 0:
            yield span.need_kwh * span.import_price, stored

    found = cheapest(house, float(start), keep_every=3)
    best = tried(spans, float(start), act, lambda stored: 0.1 * stored)
    assert sum(found.costs) - 0.1 * found.states[-1] == pytest.approx(best, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(needs, prices, st.integers(0, 4), st.integers(0, 6), st.integers(0, 7), st.integers(0, 3))
def test_a_car_house_does_what_trying_everything_finds(needed, dear, start, inside, home_from, drawn):
    """Nothing or 2 kW for the car, which is away at first and comes home empty: no other choice is cheaper."""
    spans = [
        Span(
            span.need_kwh, 1.0, span.import_price, 0.05, float(drawn) if index == home_from else 0.0, index >= home_from
        )
        for index, span in enumerate(spans_of(needed, dear))
    ]
    charger = OneStep(6, 6, 1, False, 6.0, 0.3)
    house = CarHouse(spans, LOSSLESS, charger, 0.1)

    def act(span, state):
        stored, content = state
        lacking = max(0.0, span.drawn_kwh - content) * 0.3
        content = max(0.0, content - span.drawn_kwh)
        for power in (0.0, 2.0) if span.at_home else (0.0,):
            taken = min(power, 6.0 - content)
            bought, after = LOSSLESS.by_itself(stored, span.need_kwh + taken, 1.0)
            yield lacking + bought * (span.import_price if bought > 0 else 0.05), (after, content + taken)

    def worth(state):
        return 0.1 * state[0] + 0.3 * state[1]

    found = cheapest(house, (float(start), float(inside)), keep_every=3)
    best = tried(spans, (float(start), float(inside)), act, worth)
    assert sum(found.costs) - worth(found.states[-1]) == pytest.approx(best, abs=1e-6)


class OneStep(Charger):
    """A charger of 2 kW or nothing, so that all amounts are whole."""

    def powers_kw(self, surplus_kw):
        return [0.0, 2.0]


def test_by_hand_a_dear_evening_is_served_from_the_battery():
    """3 kWh are left, two hours want 2 kWh each: they are kept for the dearer one."""
    spans = [Span(2.0, 1.0, 0.1), Span(2.0, 1.0, 0.4)]
    found = cheapest(ReserveHouse(spans, LOSSLESS, 0.0), 3.0)
    assert sum(found.costs) == pytest.approx(0.1 * 2)  # within an hour it gives or it does not
    assert found.states == [3.0, 1.0]


def test_by_hand_what_is_kept_for_outages_is_kept():
    """With 2 of 3 kWh kept in the first hour, it gives 1 there, and the rest when nothing is kept any more."""
    spans = [Span(2.0, 1.0, 0.4, keep_kwh=2.0), Span(2.0, 1.0, 0.2)]
    found = cheapest(ReserveHouse(spans, LOSSLESS, 0.0), 3.0)
    assert found.costs == pytest.approx([0.4, 0.0])


def test_by_hand_the_grid_comes_in_below_the_owners_limit():
    """From 1 kWh, with the grid wanted in below 1 kWh: an hour out takes 1 kWh, then the relay is in and charges."""
    spans = [Span(1.0, 1.0, 0.3), Span(1.0, 1.0, 0.3), Span(-2.0, 1.0, 0.3)]
    relay = Relay(charge_kw=0.5, charge_to_kwh=2.0, feeds=False, out_from_kwh=1.0)
    found = cheapest(RelayHouse(spans, LOSSLESS, relay, 0.0), (1.0, True))
    assert [inside for _stored, inside in found.states][:2] == [False, True]
    assert found.costs == pytest.approx([0.0, 0.45, 0.0])


def test_by_hand_three_phases_need_four_kilowatts():
    """2 kW of sun are too little for 6 A on three phases; with one phase the car takes 8 A of them."""
    spans = [Span(-2.0, 1.0, 0.3, 0.05)] * 2
    cells = Cells(0.0, 0.0, 0.0, 0.0, 1.0)
    for switches, drawn in ((False, 0.0), (True, 2 * 8 * 0.23)):
        house = CarHouse(spans, cells, Charger(6, 16, 3, switches, 50.0, 0.11), 0.0)
        found = cheapest(house, (0.0, 10.0))
        assert found.states[-1][1] - 10 == pytest.approx(drawn)


@given(st.lists(st.floats(-5, 5), min_size=11, max_size=11), st.floats(-20, 20))
def test_a_shifted_row_is_the_row_read_elsewhere(row, change):
    """Shifting all points at once says what reading each of them says."""
    grid = Grid(0.0, 10.0, 1.0)
    shifted = grid.shifted(row, change)
    assert shifted == pytest.approx([grid.at(row, point + change) for point in grid.points], abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(needs, prices, st.floats(0.8, 1.0))
def test_nothing_leaves_the_battery_beyond_its_limits(needed, dear, one_way):
    """From slot to slot the charge moves by no more than power and losses allow, and stays between empty and full."""
    cells = Cells(0.5, 4.0, 2.0, 1.5, one_way)
    found = cheapest(ReserveHouse(spans_of(needed, dear), cells, 0.1), 2.0)
    assert all(0.5 - 1e-9 <= stored <= 4 + 1e-9 for stored in found.states)
    for before, after in pairwise([2.0, *found.states]):
        assert -1.5 / one_way - 1e-9 <= after - before <= 2 * one_way + 1e-9
