"""The record of a person's will."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from solarctl.forced import Forced, drop_forced, duration, put_forced, read_forced

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
CAR = Forced("car", NOW + timedelta(hours=2), mode="now")
HEATER = Forced("heater", NOW + timedelta(minutes=10), power_w=2000)


def test_a_record_survives_state_json():
    """What was forced reads back from the file as it was."""
    state: dict = {"version": 1}
    put_forced(state, CAR, NOW)
    put_forced(state, HEATER, NOW)
    assert read_forced(json.loads(json.dumps(state)), NOW) == {"car": CAR, "heater": HEATER}
    assert state["version"] == 1


def test_a_record_ends_by_itself():
    """At its end it counts as absent, and the next change sweeps it out."""
    state: dict = {}
    put_forced(state, HEATER, NOW)
    assert read_forced(state, HEATER.until) == {}
    put_forced(state, CAR, HEATER.until)
    assert list(state["forced"]) == ["car"]


def test_unforce_says_whether_there_was_something():
    """Dropping twice is harmless; only the first one did something."""
    state: dict = {}
    put_forced(state, CAR, NOW)
    assert drop_forced(state, "car", NOW)
    assert not drop_forced(state, "car", NOW)
    assert read_forced(state, NOW) == {}


@pytest.mark.parametrize(
    "damaged",
    [
        None, [], "now", {"car": None}, {"car": {}}, {"car": {"until": 7}}, {"car": {"until": "soon"}},
        {"car": {"until": "2027-01-01T00:00:00"}},
        {"car": {"until": "2027-01-01T00:00:00+00:00", "mode": "full"}},
        {"car": {"until": "2027-01-01T00:00:00+00:00", "power_w": "much"}},
        {"car": {"until": "2027-01-01T00:00:00+00:00", "power_w": True}},
        {"car": {"until": "2027-01-01T00:00:00+00:00", "power_w": -5}},
        {"car": {"until": "2027-01-01T00:00:00+00:00", "power_w": float("nan")}},
    ],
)  # fmt: skip
def test_a_damaged_record_forces_nothing(damaged):
    """Whatever stands in the file, no half-understood order is carried out."""
    assert read_forced({"forced": damaged}, NOW) == {}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7200), ("90m", 5400), ("90min", 5400), ("1h30m", 5400), ("1h 30m", 5400), ("45s", 45), ("3600", 3600),
     ("1.5h", 5400), ("1d", 86400)],
)  # fmt: skip
def test_time_spans(text, seconds):
    """A span is written the way people write it."""
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "soon", "2x", "h", "-2h", "0", "0m", "2h!", "99d", "1e9", "99999999999999999h", "9" * 400]
)
def test_what_is_no_time_span(text):
    """Nonsense is refused with a sentence, not guessed at."""
    with pytest.raises(ValueError, match=r"time span|between"):
        duration(text)
