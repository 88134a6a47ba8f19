"""A load beside a battery, within its limits: foresight is what trying everything finds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.simulation.limited import Cells, Span, cheapest, money
from solarctl.simulation.limited_loads import FREE, LoadHouse, State, Supply
from solarctl.simulation.limited_stores import Charge, Heat, holder_of
from solarctl.simulation.simulated_loads import hot_water
from solarctl.virtualhome.sockets import Boiler

LOSSLESS = Cells(floor_kwh=0.0, full_kwh=3.0, charge_kw=2.0, discharge_kw=1.0, one_way=1.0)
NONE = Cells(0.0, 0.0, 0.0, 0.0, 1.0)
MISSED = 0.4


@dataclass(frozen=True)
class Jar:
    """Holds whole kWh; full once, it takes more only from `again_kwh` down."""

    full_kwh: float = 4.0
    again_kwh: float = 2.0
    least_kwh: float = 0.0

    def after(self, inside_kwh, power_kw, hours):
        drawn = min(power_kw * hours, self.full_kwh - inside_kwh)
        return drawn, inside_kwh + drawn

    def drawn(self, inside_kwh, wanted_kwh):
        got = min(inside_kwh, wanted_kwh)
        return inside_kwh - got, wanted_kwh - got


needs = st.lists(st.tuples(st.integers(-3, 2), st.integers(1, 6), st.integers(0, 2)), min_size=1, max_size=7)


def spans_of(rows, **more):
    return [Span(float(need), 1.0, price / 10, 0.05, float(drawn), **more) for need, price, drawn in rows]


def tried(spans, cells, supply, commanded, start):
    """Return the least cost, with what is missed, of all that can be done; a relay's times are counted in slots."""

    def powers(span, state):
        _, _, was_on, for_slots, is_full = state
        if is_full or not span.at_home:
            return [0.0]
        if was_on and for_slots < supply.least_on:
            return list(supply.powers_kw[1:])
        if not was_on and for_slots < supply.least_off:
            return [0.0]
        return list(supply.powers_kw)

    def batteries(span, stored, need):
        yield cells.by_itself(stored, need, span.hours)
        if commanded:
            yield need, stored
            taken = cells.taken(stored, cells.charge_kw, span.hours)
            yield need + taken, stored + taken

    @cache
    def rest(index, state):
        if index == len(spans):
            return -0.1 * state[0] - 0.2 * state[1]
        span = spans[index]
        stored, inside, was_on, for_slots, is_full = state
        inside, missed = supply.holder.drawn(inside, span.drawn_kwh)
        if is_full and inside <= supply.holder.again_kwh:
            is_full, was_on, for_slots = False, False, 9
        best = float("inf")
        for power in powers(span, (stored, inside, was_on, for_slots, is_full)):
            drawn, then = supply.holder.after(inside, power, span.hours)
            full = (is_full and then > supply.holder.again_kwh) or then >= supply.holder.full_kwh
            on = power > 0
            lasts = 9 if full else min(9, for_slots + 1) if on == was_on else 1
            for bought, after in batteries(span, stored, span.need_kwh + drawn):
                now = (after, then, on and not full, lasts, full)
                best = min(best, money(bought, span) + rest(index + 1, now))
        return best + missed * supply.miss_price

    return rest(0, (start.stored_kwh, start.inside_kwh, False, 9, start.is_full))


def found_cost(house, start):
    """Return what the plan that was found costs, with what is missed in it."""
    found = cheapest(house, start, keep_every=3)
    missed, inside = 0.0, start.inside_kwh
    for span, state in zip(house.spans, found.states, strict=True):
        missed += house.supply.holder.drawn(inside, span.drawn_kwh)[1]
        inside = state.inside_kwh
    last = found.states[-1]
    return sum(found.costs) + missed * MISSED - 0.1 * last.stored_kwh - 0.2 * last.inside_kwh


@settings(max_examples=60, deadline=None)
@given(needs, st.integers(0, 3), st.integers(0, 4), st.booleans(), st.booleans())
def test_a_relay_beside_a_battery_does_what_trying_everything_finds(rows, stored, inside, commanded, is_full):
    """1 kW on or off, a thermostat, people who draw: no sequence of switching and commanding is cheaper."""
    spans = spans_of(rows)
    supply = Supply(Jar(), (0.0, 1.0), miss_price=MISSED)
    house = LoadHouse(spans, LOSSLESS, supply, 0.1, 0.2, commanded=commanded, steps=(4, 3))
    start = State(float(stored), float(inside), FREE, is_full and inside > 2)
    assert found_cost(house, start) == pytest.approx(tried(spans, LOSSLESS, supply, commanded, start), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(needs, st.integers(0, 4), st.integers(1, 3), st.integers(1, 3))
def test_shortest_times_are_kept(rows, inside, least_on, least_off):
    """A relay that has come on stays on, and one that went off stays off, for as many slots as it must."""
    spans = spans_of(rows)
    supply = Supply(Jar(again_kwh=4.0), (0.0, 1.0), least_on, least_off, MISSED)
    house = LoadHouse(spans, NONE, supply, 0.1, 0.2, steps=(4, 1))
    start = State(0.0, float(inside))
    best = tried(spans, NONE, supply, False, start)
    assert found_cost(house, start) == pytest.approx(best, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(needs, st.integers(0, 3), st.integers(0, 4))
def test_a_variator_takes_its_steps(rows, stored, inside):
    """Of 0, 1, 2 and 3 kW those next to the surplus are tried, with the battery's power and without: enough of them."""
    spans = spans_of(rows)
    supply = Supply(Jar(again_kwh=4.0), (0.0, 1.0, 2.0, 3.0), miss_price=MISSED)
    house = LoadHouse(spans, LOSSLESS, supply, 0.1, 0.2, steps=(4, 3))
    start = State(float(stored), float(inside))
    best = tried(spans, LOSSLESS, supply, False, start)
    assert best - 1e-6 <= found_cost(house, start) <= best + 0.3


def test_by_hand_a_boiler_waits_for_the_sun():
    """2 kWh for the evening: not at night for 0.30, but at noon from the sun that would have earned 0.05."""
    spans = [Span(0.5, 1.0, 0.3, 0.05), Span(-2.0, 1.0, 0.3, 0.05), Span(0.5, 1.0, 0.3, 0.05, drawn_kwh=2.0)]
    house = LoadHouse(spans, NONE, Supply(Jar(), (0.0, 2.0), miss_price=MISSED), 0.0, 0.0)
    found = cheapest(house, State(0.0, 0.0))
    assert found.costs == pytest.approx([0.15, 0.0, 0.15])
    assert [state.inside_kwh for state in found.states] == [0.0, 2.0, 0.0]


def test_by_hand_what_is_worth_more_than_selling_is_given():
    """Of 2 kWh that are left, a radiator may take 0.5 at 0.10; the rest is sold."""
    span = Span(-2.0, 1.0, 0.3, 0.05, gift_kwh=0.5, gift_value=0.1)
    assert money(-2.0, span) == pytest.approx(-0.05 - 1.5 * 0.05)
    assert money(1.0, span) == pytest.approx(0.3)
    assert money(-2.0, Span(-2.0, 1.0, 0.3, 0.05, gift_kwh=0.5)) == pytest.approx(-0.1)


def test_a_tank_is_heated_and_cools_as_the_virtual_home_s():
    """A day of heating, drawing and cooling in quarters: within a minute's heat of the tank minute by minute."""
    water = hot_water(4.0, "0")
    boiler = Boiler(2000.0, water.tank)
    holder, inside = holder_of(water)
    assert isinstance(holder, Heat)
    for quarter in range(96):
        is_on = quarter in (10, 11, 50, 51)
        if quarter in (30, 80):
            water.draw(1.8)
            inside, _ = holder.drawn(inside, 1.8)
        for _ in range(15):
            boiler.live(60.0, is_on, 0.0)
        _, inside = holder.after(inside, 2.0 * is_on, 0.25)
        assert inside == pytest.approx(water.stored_kwh + holder.warm_kwh, abs=0.04)


def test_a_bicycle_is_charged_more_slowly_at_the_end():
    """Half a kWh at 200 W: more than the two and a half hours that full power would take, and never beyond full."""
    bike, inside, times = Charge(0.5), 0.0, []
    for _ in range(16):
        drawn, inside = bike.after(inside, 0.2, 0.25)
        times.append(drawn)
    assert inside == pytest.approx(0.5, abs=1e-3)
    assert times[0] == pytest.approx(0.05)
    assert all(after <= before + 1e-9 for before, after in pairwise(times))
    assert sum(times[:10]) < 0.5
