"""Whatever the house, the sun and the prices: there is a plan, and it is possible."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.plan import Foreseen, Memory, decide
from solarctl.control.plan_feasible import faults
from solarctl.control.plan_settings import Load, Settings, day_of
from solarctl.control.plan_tasks import work
from solarctl.control.plan_words import Booked
from tests.plan.houses import ZONE

BEGIN = datetime(2026, 3, 28, 0, 0, tzinfo=ZONE)  # the clocks change within a day and a half


@st.composite
def houses(draw):
    count = draw(st.integers(1, 4))
    names = [f"load-{index}" for index in range(count)]
    loads = tuple(
        Load(
            name,
            draw(st.sampled_from([150.0, 800.0, 2000.0, 3500.0])),
            draw(st.sampled_from([0.1, 0.5, 2.0, 6.0])),
            daily_need=draw(st.booleans()),
            priority=draw(st.integers(1, 3)),
            deadline=draw(st.sampled_from([None, time(7), time(14), time(23, 30)])),
            min_on_min=draw(st.sampled_from([0.0, 15.0, 40.0, 90.0])),
            min_off_min=draw(st.sampled_from([0.0, 15.0, 60.0])),
            min_battery_pct=draw(st.sampled_from([0.0, 60.0])),
        )
        for name in names
    )
    rules = Settings(
        "sun",
        "p1",
        battery=draw(st.sampled_from(["", "battery"])),
        command_battery=draw(st.booleans()),
        battery_efficiency_pct=draw(st.sampled_from([100.0, 85.0])),
        slot_min=draw(st.sampled_from([15, 30, 60])),
        horizon_h=draw(st.sampled_from([3.0, 24.0, 36.0])),
        grid_limit_w=draw(st.sampled_from([0.0, 2500.0])),
        stored_kwh_value=draw(st.sampled_from([0.0, 0.1])),
        devices=loads,
    )
    now = BEGIN + timedelta(minutes=draw(st.integers(0, 2000)))
    numbers = st.lists(st.sampled_from([0.0, 300.0, 1200.0, 2600.0, 5000.0]), min_size=4, max_size=8)

    def row(values):
        return tuple(values[index * len(values) // rules.slots] for index in range(rules.slots))

    price = st.lists(st.sampled_from([-0.05, 0.1, 0.25, 0.4]), min_size=1, max_size=8)
    booked = Booked(
        day=draw(st.sampled_from([None, day_of(now, rules.day_start)])),
        stored_kwh={name: draw(st.sampled_from([0.0, 0.4])) for name in names},
        on={name: draw(st.booleans()) for name in names},
        since={name: now - timedelta(minutes=draw(st.integers(0, 100))) for name in names},
        full=tuple(name for name in names if draw(st.integers(0, 5)) == 0),
    )
    seen = Foreseen(
        row(draw(numbers)),
        row(draw(st.lists(st.sampled_from([100.0, 900.0, 3000.0]), min_size=1, max_size=5))),
        row(draw(price)),
        row(draw(st.sampled_from([[0.05], [0.0], [0.3], [-0.02, 0.08]]))),
        draw(st.sampled_from([0.0, 1.3, 2.7])) if rules.battery else None,
        booked,
    )
    return rules, seen, now


@settings(max_examples=150, deadline=None)
@given(houses())
def test_every_plan_is_possible(house):
    """No plan breaks a relay's times, a window, the battery, the grid's limit, or its own sums."""
    rules, seen, now = house
    decision, plan = decide(seen, rules, Memory(), now)
    to_do = work(rules, plan.slots, now, seen.booked)
    assert faults(plan, rules, to_do, seen.soc_kwh) == []
    assert not any("No plan passed" in why for why in plan.why.values()), plan.why
    assert plan.bound.cost <= plan.expected.cost + 1e-6
    assert plan.bound.gap == pytest.approx(plan.expected.cost - plan.bound.cost, abs=1e-6)
    assert decision.actions == ()


@settings(max_examples=40, deadline=None)
@given(houses(), st.integers(1, 60))
def test_every_plan_made_after_another_is_possible(house, minutes):
    """A plan made from the one before keeps to the same rules."""
    rules, seen, now = house
    first = decide(seen, rules, Memory(), now)[1]
    later = now + timedelta(minutes=minutes)
    again = Foreseen(seen.solar_w, seen.base_w, seen.import_price, seen.export_price, seen.soc_kwh, seen.booked, first)
    plan = decide(again, rules, Memory(), later)[1]
    assert faults(plan, rules, work(rules, plan.slots, later, seen.booked), seen.soc_kwh) == []
