"""Sentences count, measure and repeat themselves as a person would."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import pytest

from solarctl.cli import execute
from solarctl.commands.check import summary
from solarctl.control.grid_guard import Settings, decide
from solarctl.decode import Mistake, _one_of, nearest
from solarctl.errors import Problem
from solarctl.onboarding.trial import described
from solarctl.readings import BatteryReading
from solarctl.runner import Environment

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def _settings():
    return Settings(battery="inverter", switch=("relay",), on_below_pct=15, off_above_pct=25, max_age_min=15)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(minutes=26), "is 26 min old, more than 15 min."),
        (timedelta(hours=26), "is 26 h old"),
        (timedelta(days=40), "is 40 days old"),
        (timedelta(days=365 * 50), "is years old"),
    ],
)
def test_an_age_is_told_in_the_unit_that_fits(age, words):
    """Minutes, hours, days, or years; never a power of ten."""
    reading = BatteryReading(at=NOW - age, soc_pct=50)
    because = decide(reading, _settings(), None, NOW).because
    assert words in because
    assert "e+" not in because


def test_problems_are_counted():
    """One is singular."""
    assert summary([Problem("a", "b")]) == "1 error, 0 warnings."
    warning = Problem("a", "b", severity="warning")
    assert summary([warning]) == "0 errors, 1 warning."
    assert summary([warning] * 2) == "0 errors, 2 warnings."


def test_choices_are_listed_once():
    """What must be one of some words names them once; a near one is proposed."""
    words = get_args(Literal["hold", "on", "off"])
    with pytest.raises(Mistake) as told:
        _one_of("nonsense", words)
    assert (told.value.hint, str(told.value).count("hold")) == ("", 1)
    with pytest.raises(Mistake) as told:
        _one_of("hodl", words)
    assert told.value.hint == "Did you mean hold?"
    assert nearest("nonsense", words) == "Known: hold, off, on."


def test_a_charging_battery_draws():
    """What flows into the battery is not told as less than nothing out of it."""
    assert described(BatteryReading(at=NOW, soc_pct=50, battery_w=-800)) == "800 W into the battery, 50 % charged"
    assert described(BatteryReading(at=NOW, soc_pct=50, battery_w=800)) == "800 W out of the battery, 50 % charged"


def test_scenarios_are_listed_once():
    """A scenario that there is not: exit 2, and each that there is once."""
    out, err = io.StringIO(), io.StringIO()
    assert execute(["demo", "--scenario", "nonsense", "--json"], Environment(out=out, err=err)) == 2
    assert json.dumps(json.loads(out.getvalue())["errors"]).count("broken-clouds") == 1
