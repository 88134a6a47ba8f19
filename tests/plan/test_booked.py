"""What `apply` has booked, and what nobody could book: neither is planned again."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from solarctl.control.plan_words import Booked
from tests.plan.houses import BOILER, MORNING, hours_on, planned, settings


@pytest.mark.parametrize(("on", "minutes", "state"), [(True, 5, 1), (False, 5, 0)])
def test_a_relay_that_has_just_switched_stays(on, minutes, state):
    """Within the shortest run (pause) the present slots are not a choice."""
    rules = settings(replace(BOILER, min_on_min=60, min_off_min=60, deadline=time(9)))
    booked = Booked(on={"boiler": on}, since={"boiler": MORNING - timedelta(minutes=minutes)})
    plan = planned(rules, booked=booked, solar=0.0, buy=[0.5] * 4 + [0.1] * 92 if on else [0.1] * 4 + [0.5] * 92)
    assert plan.devices["boiler"][:3] == (state,) * 3


def test_energy_of_today_is_not_planned_again():
    """Three of four kWh are stored: half an hour is left. Yesterday's do not count."""
    today = Booked(day=MORNING.date(), stored_kwh={"boiler": 3.0})
    yesterday = replace(today, day=MORNING.date() - timedelta(days=1))
    assert hours_on(planned(settings(BOILER), booked=today), "boiler") == 0.5
    assert hours_on(planned(settings(BOILER), booked=yesterday), "boiler") == 2


@pytest.mark.parametrize(
    ("booked", "unmet_kwh"),
    [
        (Booked(), 0.0),  # nobody has looked at this day yet
        (Booked(day=MORNING.date() - timedelta(days=1)), 0.0),
        (Booked(day=MORNING.date(), past=("boiler",)), 0.0),
        (Booked(day=MORNING.date(), stored_kwh={"boiler": 3.0}), 1.0),
    ],
)
def test_a_deadline_that_had_passed_before_anybody_looked(booked, unmet_kwh):
    """What is not known is not missing; what was seen to be missing is told."""
    rules = settings(replace(BOILER, deadline=time(18)))
    plan = planned(rules, MORNING.replace(hour=20), booked=booked)
    assert plan.expected.unmet_kwh.get("boiler", 0.0) == unmet_kwh


def test_a_full_load_is_left_alone():
    """Found full today: nothing until the next day of needs."""
    plan = planned(settings(BOILER), booked=Booked(day=MORNING.date(), full=("boiler",)))
    assert hours_on(plan, "boiler") == 0
    assert plan.why["boiler"] == "It has all it takes."


def test_a_deadline_that_has_passed_is_named():
    """At eight, a boiler that was to be ready by seven: nothing is planned for today, and it is said."""
    rules = settings(replace(BOILER, capacity_kwh=2.0, deadline=time(7)))
    plan = planned(rules, MORNING + timedelta(hours=2), booked=Booked(day=MORNING.date()))
    assert plan.expected.unmet_kwh["boiler"] == pytest.approx(2.0)
    assert sum(plan.devices["boiler"][: 22 * 4]) == 0
    assert "deadline passed" in plan.why["boiler"]
