"""What the house itself draws is learned without the planned loads."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from solarctl.control import plan_base
from solarctl.control.plan_base import Profile
from tests.plan.houses import BOILER, MORNING, ZONE

ROLES = {("p1", "grid", "grid_w"): 1, ("pv", "solar", "solar_w"): 1, ("boiler", "switch", "power_w"): -1}


def day(boiler_w: float | None):
    begin = datetime(2026, 6, 9, 0, 0, tzinfo=ZONE)
    for minute in range(0, 1440, 5):
        at = (begin + timedelta(minutes=minute)).isoformat()
        yield {"device": "p1", "what": "grid", "at": at, "grid_w": 300.0 + (boiler_w or 0.0) - 100.0}
        yield {"device": "pv", "what": "solar", "at": at, "solar_w": 100.0}
        yield {"device": "boiler", "what": "switch", "at": at, "on": bool(boiler_w), "power_w": boiler_w}


@pytest.mark.parametrize("boiler_w", [0.0, 2000.0])
def test_own_loads_are_left_out(boiler_w):
    """Whether the boiler runs or not, the house draws its 300 W."""
    assert plan_base.quarters(day(boiler_w), ROLES) == [pytest.approx(300.0)] * 96


def test_what_is_not_recorded_is_not_known():
    """Without the socket's power a quarter is not learned; a switch without a meter draws what it is set up with."""
    rows = list(day(None))
    assert plan_base.quarters(rows, ROLES) == [None] * 96
    assert plan_base.with_power({**rows[2], "on": True}, [BOILER])["power_w"] == 2000.0
    assert plan_base.with_power(rows[2], [BOILER])["power_w"] == 0.0


def test_days_are_mixed_and_the_default_fills_gaps():
    """The first day counts whole, the second half; quarters never seen have the default."""
    profile = plan_base.learned(Profile(), [200.0] * 95 + [None])
    profile = plan_base.learned(profile, [400.0] * 95 + [None])
    assert profile.base_w[0] == 300.0
    starts = [MORNING.replace(hour=23, minute=30), MORNING.replace(hour=23, minute=45)]
    assert plan_base.base_load({"workday": profile}, starts, 15, 150.0) == (300.0, 150.0)


def test_only_new_days_are_read():
    """A week and a day at first, then one day a day."""
    today = date(2026, 6, 10)
    assert len(plan_base.days_to_learn(None, today)) == 8
    assert plan_base.days_to_learn(date(2026, 6, 8), today) == [date(2026, 6, 9)]
    assert plan_base.days_to_learn(date(2026, 6, 9), today) == []
