"""Deadlines: by the clock on the wall, past midnight, and in the hours that clocks skip or repeat."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from solarctl.control.plan_settings import deadline_of, settings_hash
from tests.apply.house import Days
from tests.plan.houses import BOILER, ZONE, hours_on, planned, settings

SIX = time(6)
# the day of needs, its deadline, and when that is, in UTC
TABLE = [
    (date(2026, 6, 10), time(17), datetime(2026, 6, 10, 15)),
    (date(2026, 6, 10), time(23, 59), datetime(2026, 6, 10, 21, 59)),
    (date(2026, 6, 10), time(0), datetime(2026, 6, 10, 22)),
    (date(2026, 6, 10), time(2, 30), datetime(2026, 6, 11, 0, 30)),
    (date(2026, 6, 10), SIX, datetime(2026, 6, 11, 4)),
    (date(2026, 6, 10), None, datetime(2026, 6, 11, 4)),
    (date(2026, 3, 28), time(2, 30), datetime(2026, 3, 29, 1)),  # there is no such time: when the clocks jump
    (date(2026, 3, 28), time(2), datetime(2026, 3, 29, 1)),
    (date(2026, 3, 28), time(3), datetime(2026, 3, 29, 1)),
    (date(2026, 3, 28), None, datetime(2026, 3, 29, 4)),
    (date(2026, 10, 24), time(2, 30), datetime(2026, 10, 25, 0, 30)),  # it comes twice: the first time
    (date(2026, 10, 24), time(3), datetime(2026, 10, 25, 2)),
    (date(2026, 10, 24), None, datetime(2026, 10, 25, 5)),
]


@pytest.mark.parametrize(("day", "deadline", "expected"), TABLE)
def test_when_it_is(day, deadline, expected):
    """A deadline is the next time that the clock shows it after day_start."""
    found = deadline_of(day, replace(BOILER, deadline=deadline), SIX, ZONE)
    assert found.astimezone(UTC).replace(tzinfo=None) == expected


@pytest.mark.parametrize(("day", "deadline", "expected"), [row for row in TABLE if row[1] not in (None, SIX)])
def test_plans_keep_it(day, deadline, expected):
    """Power is cheapest after it: the plan is ready before all the same, with all the energy."""
    now = datetime.combine(day, time(12), ZONE)
    rules = settings(replace(BOILER, deadline=deadline), horizon_h=18.0)
    buy = [
        0.3 if now.astimezone(UTC) + timedelta(minutes=15 * n) < expected.replace(tzinfo=UTC) else 0.1
        for n in range(72)
    ]
    plan = planned(rules, now, solar=0.0, buy=buy)
    ends = [
        start.astimezone(UTC) + timedelta(minutes=15) for start, on in zip(plan.slots, plan.devices["boiler"]) if on
    ]
    ready = [end for end in ends if end <= expected.replace(tzinfo=UTC)]
    assert len(ready) == 8
    assert plan.expected.unmet_kwh["boiler"] == 0
    assert hours_on(plan, "boiler") >= 2


@pytest.mark.parametrize(("day", "deadline", "expected"), [row for row in TABLE if row[1] in (time(2, 30), None)])
def test_apply_keeps_it(day, deadline, expected):
    """Without any plan or sun the boiler has its energy at the deadline, and not much earlier than need be."""
    load = replace(BOILER, deadline=deadline)
    days = Days(load, now=expected.replace(tzinfo=UTC).astimezone(ZONE) - timedelta(hours=3))
    assert day
    for _ in range(180):
        days.run()
        days.pass_()
        days.now = days.now.astimezone(UTC).astimezone(ZONE)
    began = days.moves[0][0]
    assert days.stored("boiler") == pytest.approx(4.0, abs=0.05)
    assert expected.replace(tzinfo=UTC) - began.astimezone(UTC) <= timedelta(hours=2, minutes=16)


def test_a_changed_deadline_is_another_plan():
    """`apply` refuses a plan that was made for another deadline."""
    early = replace(BOILER, deadline=time(2, 30))
    assert settings_hash(settings(early)) != settings_hash(settings(BOILER))
