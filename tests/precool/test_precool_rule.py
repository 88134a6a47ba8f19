"""Precool's rule: when, how cold, until when; and what it never does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control import precool
from solarctl.control.precool import Memory, Reason, Settings, decide, remember
from solarctl.control.setpoints import Span
from solarctl.decision import Carried, Decision, Outcome, SetCoolSetpoint, SetHeatSetpoint
from solarctl.errors import Exit
from solarctl.readings import BatteryReading, ThermostatReading, WeatherReading

PHOENIX = ZoneInfo("America/Phoenix")
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=PHOENIX)
TWO, EIGHT = NOON.replace(hour=14), NOON.replace(hour=20)
PEAKS = [Span(TWO, EIGHT)]
SETTINGS = Settings(("hall",), "powerwall", "weather")
HALL = ThermostatReading(
    at=NOON,
    setpoint_deg=78.0,
    heat_setpoint_deg=66.0,
    mode="cool",
    hold="schedule",
    cool_min_deg=50,
    cool_max_deg=99,
    heat_min_deg=40,
    heat_max_deg=90,
)


def battery(soc_pct: float | None, at: datetime = NOON) -> BatteryReading | None:
    return None if soc_pct is None else BatteryReading(at=at, soc_pct=soc_pct)


def weather(high_deg: float | None, at: datetime = NOON) -> WeatherReading | None:
    return None if high_deg is None else WeatherReading(at=at, high_deg=high_deg, day=at.date())


def judged(
    soc_pct: float | None,
    high_deg: float | None,
    thermostats: Mapping[str, ThermostatReading | None] | None = None,
    rules: Settings = SETTINGS,
    memory: Memory | None = None,
    now: datetime = NOON,
    peaks: list[Span] | None = PEAKS,
    unit: str = "F",
) -> Decision[Memory]:
    return decide(
        battery(soc_pct, now),
        weather(high_deg, now),
        {"hall": HALL} if thermostats is None else thermostats,
        rules,
        memory or Memory(),
        now,
        peaks,
        unit=unit,
    )


def targets(decision: Decision[Memory]) -> list[Any]:
    return [one.to for one in decision.actions]


CASES: list[tuple[float | None, float | None, Reason, list[float]]] = [
    (90, 100, Reason.LOW_BATTERY, [67]),  # at most: the limit itself counts
    (91, 104.9, Reason.NOT_NEEDED, []),
    (91, 105, Reason.HOT_DAY, [67]),  # at least: so does this one
    (90.9, 100, Reason.NOT_NEEDED, []),  # as a float; the seed floored it to 90
    (50, 110, Reason.BOTH, [67]),
    (None, 110, Reason.HOT_DAY, [67]),
    (None, 90, Reason.NOT_NEEDED, []),
    (80, None, Reason.LOW_BATTERY, [67]),  # the battery alone
    (95, None, Reason.NOT_NEEDED, []),
    (None, None, Reason.NO_READING, []),
]


@pytest.mark.parametrize(("soc_pct", "high_deg", "reason", "setpoints"), CASES)
def test_battery_and_forecast(
    soc_pct: float | None, high_deg: float | None, reason: Reason, setpoints: list[float]
) -> None:
    """A low battery or a hot day cools the house down; one of them unknown leaves the other to decide."""
    decision = judged(soc_pct, high_deg)
    assert decision.reason is reason
    assert targets(decision) == setpoints
    assert decision.exit_code == (Exit.TRY_AGAIN if reason is Reason.NO_READING else Exit.OK)


WINDOWS: list[tuple[datetime, list[Span] | None, time | None, datetime | None]] = [
    (NOON, PEAKS, None, TWO),
    (NOON, [], None, None),  # a holiday, a weekend
    (NOON, [], time(14), None),  # the day has no peak: a fixed end does not change that
    (NOON, None, time(14), TWO),  # no tariff: the fixed end alone
    (NOON, None, None, None),
    (TWO, PEAKS, None, None),  # the peak itself
    (TWO - timedelta(seconds=1), PEAKS, None, TWO),
    (EIGHT, PEAKS, None, None),
    (TWO, PEAKS, time(14), None),
    (NOON, PEAKS, time(13), NOON.replace(hour=13)),
    (NOON, [Span(NOON.replace(hour=5), NOON.replace(hour=9)), Span(NOON.replace(hour=17), NOON.replace(hour=21))], None,
     NOON.replace(hour=17)),
]  # fmt: skip


@pytest.mark.parametrize(("now", "peaks", "until", "ends"), WINDOWS)
def test_the_hold_ends_when_the_peak_begins(
    now: datetime, peaks: list[Span] | None, until: time | None, ends: datetime | None
) -> None:
    """By default the next peak of the day ends the hold; without one there is nothing to precool for."""
    decision = judged(50, 110, rules=replace(SETTINGS, until=until), now=now, peaks=peaks)
    if ends is None:
        assert decision.reason is Reason.NO_WINDOW
        assert not decision.actions
    else:
        assert decision.actions == [SetCoolSetpoint("hall", 67, ends)]


def test_all_reasons_are_in_the_tables() -> None:
    """No reason is left without an example."""
    cold = judged(95, 30, rules=replace(SETTINGS, preheat=True)).reason
    assert {row[2] for row in CASES} | {Reason.NO_WINDOW, cold} == set(Reason)


ONE_THERMOSTAT: list[tuple[ThermostatReading | None, list[float], str]] = [
    (replace(HALL, setpoint_deg=65.0), [], "65 °F already"),  # never raised
    (replace(HALL, setpoint_deg=67.0), [67], "to 67 °F until 14:00"),  # the run finds it unchanged
    (replace(HALL, cool_min_deg=68.0), [68], "to 68 °F"),  # its own limit
    (replace(HALL, setpoint_deg=67.5, cool_min_deg=68.0), [], "67.5 °F already"),
    (replace(HALL, mode="off"), [], "set to off"),
    (replace(HALL, mode="heat"), [], "set to heat"),
    (replace(HALL, mode="auto"), [67], "to 67 °F"),
    (replace(HALL, mode=None), [67], "to 67 °F"),
    (replace(HALL, hold="vacation"), [], "vacation"),
    (replace(HALL, setpoint_deg=None), [], "does not tell"),
    (None, [], "does not answer"),
]


@pytest.mark.parametrize(("reading", "setpoints", "words"), ONE_THERMOSTAT)
def test_one_thermostat(reading: ThermostatReading | None, setpoints: list[float], words: str) -> None:
    """Limits, modes and silence of a thermostat are respected, and told."""
    decision = judged(50, 110, {"hall": reading})
    assert targets(decision) == setpoints
    assert words in decision.because
    assert decision.exit_code == (Exit.TRY_AGAIN if reading is None else Exit.OK)


def test_one_silent_thermostat_does_not_stop_the_other() -> None:
    """The hall is cooled while the study is silent; the run says so and asks for another try."""
    rules = replace(SETTINGS, thermostats=("study", "hall"))
    decision = judged(50, 110, {"hall": HALL, "study": None}, rules)
    assert [one.device for one in decision.actions] == ["hall"]
    assert "Study does not answer" in decision.because
    assert decision.exit_code == Exit.TRY_AGAIN


def test_the_sentence_names_numbers_and_limits() -> None:
    """A neighbour can read why the house is cooled."""
    assert judged(82, 108).because == (
        "Battery at 82 %, at most 90 %. The forecast high is 108 °F, at least 105 °F. Hall to 67 °F until 14:00."
    )
    assert judged(95, 100).because == (
        "Battery at 95 %, above 90 %. The forecast high is 100 °F, below 105 °F. Nothing to do."
    )
    assert "The forecast is not known; the battery alone decides." in judged(82, None).because


def test_a_stale_battery_is_no_reading() -> None:
    """An hour-old charge does not decide; neither does the forecast of another day."""
    old = BatteryReading(at=NOON - timedelta(hours=1), soc_pct=10)
    yesterdays = WeatherReading(at=NOON, high_deg=120, day=NOON.date() - timedelta(days=1))
    decision = decide(old, yesterdays, {"hall": HALL}, SETTINGS, Memory(), NOON, PEAKS)
    assert decision.reason is Reason.NO_READING


def carry(decision: Decision[Memory], outcome: Outcome = Outcome.DONE) -> Memory:
    """Return the memory after the decision was carried out."""
    assert decision.memory is not None
    return remember(decision.memory, [Carried(one, outcome, NOON) for one in decision.actions])


def test_what_a_person_sets_afterwards_stays() -> None:
    """Precooled at noon, set to 74 by a person: the run at 12:15 leaves it; tomorrow counts anew."""
    memory = carry(judged(50, 110))
    later = NOON + timedelta(minutes=15)
    decision = judged(50, 110, {"hall": replace(HALL, setpoint_deg=74.0)}, memory=memory, now=later)
    assert not decision.actions
    assert "somebody else" in decision.because
    tomorrow = NOON + timedelta(days=1)
    peaks = [Span(TWO + timedelta(days=1), EIGHT + timedelta(days=1))]
    decision = judged(50, 110, {"hall": replace(HALL, setpoint_deg=74.0)}, memory=memory, now=tomorrow, peaks=peaks)
    assert targets(decision) == [67]


def test_a_failed_thermostat_is_set_by_the_next_run() -> None:
    """What was not carried out is decided again; what was stays."""
    rules = replace(SETTINGS, thermostats=("hall", "study"))
    first = judged(50, 110, {"hall": HALL, "study": HALL}, rules)
    assert first.memory is not None
    outcomes = (Outcome.DONE, Outcome.FAILED)
    memory = remember(first.memory, [Carried(a, o, NOON) for a, o in zip(first.actions, outcomes, strict=True)])
    second = judged(50, 110, {"hall": replace(HALL, setpoint_deg=67.0), "study": HALL}, rules, memory)
    assert targets(second) == [67, 67]


def test_the_setpoints_found_before_are_kept() -> None:
    """thermostat-step needs to know what the house was set to before it was precooled, also after a second run."""
    memory = carry(judged(50, 110))
    assert memory.saved == {"hall": 78}
    memory = carry(judged(50, 110, {"hall": replace(HALL, setpoint_deg=67.0)}, memory=memory))
    assert memory.saved == {"hall": 78}


PREHEAT = replace(SETTINGS, preheat=True)
WINTER: list[tuple[float | None, float | None, ThermostatReading, Reason, list[float]]] = [
    (50, 60, replace(HALL, mode="heat"), Reason.LOW_BATTERY, [72]),
    (95, 40, replace(HALL, mode="heat"), Reason.COLD_DAY, [72]),
    (95, 41, replace(HALL, mode="heat"), Reason.NOT_NEEDED, []),
    (50, 30, replace(HALL, mode="auto"), Reason.BOTH, [72]),
    (50, 30, replace(HALL, mode="heat", heat_setpoint_deg=74.0), Reason.BOTH, []),  # never lowered
    (50, 30, replace(HALL, mode="cool"), Reason.BOTH, []),
    (50, 30, replace(HALL, mode="heat", heat_max_deg=70.0), Reason.BOTH, [70]),
]


@pytest.mark.parametrize(("soc_pct", "high_deg", "reading", "reason", "setpoints"), WINTER)
def test_preheat(
    soc_pct: float | None, high_deg: float | None, reading: ThermostatReading, reason: Reason, setpoints: list[float]
) -> None:
    """Turned round for winter: warm up before the peak when the battery is low or the day is cold."""
    decision = judged(soc_pct, high_deg, {"hall": reading}, PREHEAT)
    assert decision.reason is reason
    assert list(decision.actions) == [SetHeatSetpoint("hall", deg, TWO) for deg in setpoints]


def test_celsius() -> None:
    """A house that counts in °C has defaults in °C."""
    hall = replace(HALL, setpoint_deg=25.5, cool_min_deg=10.0, unit="C")
    assert targets(judged(95, 41, {"hall": hall}, unit="C")) == [19.5]
    assert judged(95, 40, {"hall": hall}, unit="C").reason is Reason.NOT_NEEDED


def test_settings_need_somebody_to_ask() -> None:
    """Neither battery nor weather, or no thermostat: a mistake that check names."""
    assert [key for key, _ in Settings((), "", "").problems()] == ["thermostats", "battery"]
    assert not list(SETTINGS.problems())


degrees = st.integers(80, 200).map(lambda half: half / 2)


@settings(max_examples=150, deadline=None)
@given(
    soc_pct=st.none() | st.floats(0, 100),
    high=st.none() | st.floats(-40, 130),
    present=st.none() | degrees,
    low=st.none() | st.integers(40, 75),
    mode=st.sampled_from(["cool", "heat", "auto", "off", None]),
    hour=st.integers(0, 23),
    preheat=st.booleans(),
    set_before=st.none() | degrees,
)
def test_the_envelope(
    soc_pct: float | None,
    high: float | None,
    present: float | None,
    low: int | None,
    mode: str | None,
    hour: int,
    preheat: bool,
    set_before: float | None,
) -> None:
    """Whatever happens: never warmer than it is, never below the thermostat's limit, never into the peak."""
    now = NOON.replace(hour=hour)
    reading = replace(HALL, setpoint_deg=present, heat_setpoint_deg=present, cool_min_deg=low, mode=mode, at=now)
    memory = Memory(TWO, {} if set_before is None else {"hall": set_before})
    decision = judged(soc_pct, high, {"hall": reading}, replace(SETTINGS, preheat=preheat), memory, now)
    assert decision.because
    for action in decision.actions:
        assert isinstance(action, SetCoolSetpoint | SetHeatSetpoint)
        assert present is not None
        assert action.until == TWO
        assert now < TWO
        if preheat:
            assert isinstance(action, SetHeatSetpoint)
            assert present <= action.to <= 90
        else:
            assert isinstance(action, SetCoolSetpoint)
            assert action.to <= present
            assert low is None or action.to >= low
    assert precool.ACTING.count(decision.reason) or not decision.actions  # type: ignore[arg-type]
