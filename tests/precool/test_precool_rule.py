"""precool's tables: battery, forecast, holds, thermostats."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from solarctl.control.precool import Memory, Reason, decide
from solarctl.control.setpoints import Span
from solarctl.decision import SetCoolSetpoint
from solarctl.errors import Exit
from solarctl.readings import BatteryReading, ThermostatReading, WeatherReading
from tests.precool.precool_parts import (
    EIGHT,
    HALL,
    NOON,
    PEAKS,
    SETTINGS,
    TWO,
    judged,
    targets,
)

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
    silent = reading is None or reading.setpoint_deg is None
    assert decision.exit_code == (Exit.TRY_AGAIN if silent else Exit.OK)


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
