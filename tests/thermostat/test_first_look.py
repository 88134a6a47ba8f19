"""What a window's first step finds, who changed a setpoint, and which peaks a day has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest

from solarctl.control.setpoints import Span, peaks_today
from solarctl.control.stepped_thermostat import Touched, first_look, was_changed
from solarctl.control.tariff import Settings as TariffSettings
from solarctl.control.tariff import Tariff, Window
from solarctl.control.thermostat_step import Reason
from tests.thermostat.step_day import DAY, HALL, PHOENIX, SETTINGS, at_state, stepped

HELD = replace(HALL, hold="temporary", schedule_setpoint_deg=None)
YESTERDAYS = Touched(78, 76, set_deg=84)


@pytest.mark.parametrize(
    ("reading", "present", "before", "precooled", "found"),
    [
        (HELD, 84, YESTERDAYS, None, Touched(76, 76, 84)),  # our own setting of another day is still there
        (replace(HELD, schedule_setpoint_deg=77), 84, YESTERDAYS, None, Touched(77, 76, 84)),
        (HELD, 79, YESTERDAYS, None, Touched(79, 79)),  # somebody has set it since
        (replace(HALL, schedule_setpoint_deg=84), 84, YESTERDAYS, None, Touched(84, 84)),  # its schedule says so
        (HELD, 84, None, None, Touched(84, 84)),
        (HELD, 70, None, 78, Touched(78, 78)),  # precooled: what was there before
    ],
)
def test_what_the_first_step_finds(reading, present, before, precooled, found):
    """The baseline to step from and the setpoint to go back to."""
    assert first_look(reading, present, before, precooled, "F") == found


@pytest.mark.parametrize(
    ("reading", "present", "known", "changed"),
    [
        (HELD, 80, Touched(78, 78, set_deg=80), False),  # ours
        (HELD, 82, Touched(78, 78, set_deg=80, tried_deg=82), False),  # ours, confirmed late
        (HELD, 80, Touched(78, 78, set_deg=80, tried_deg=82, seen_deg=80), False),  # not confirmed yet
        (HELD, 75, Touched(78, 78, set_deg=80, tried_deg=82, seen_deg=80), True),
        (HELD, 75, Touched(78, 78, set_deg=80), True),
        (HELD, 79, Touched(78, 78, set_deg=80, seen_deg=79), True),  # what it showed before a change long confirmed
        (HALL, 75, Touched(78, 78), False),  # never set by us: its schedule moves it
        (HELD, 75, Touched(78, 78), True),  # never set by us: a person holds it
    ],
)
def test_who_changed_it(reading, present, known, changed):
    """A setpoint that is none of ours, and not the schedule's, is a person's."""
    assert was_changed(reading, present, known, "F") is changed


def night_tariff() -> Tariff:
    windows = (Window(from_=time(22), to=time(2), days="mon-sun"), Window(from_=time(6), to=time(8), peak=False))
    return Tariff(TariffSettings(windows=windows), PHOENIX, {})


def test_a_peak_that_began_yesterday_is_todays_too():
    """At one in the morning the night's peak is still on, and the next one is known."""
    one = DAY.replace(hour=1)
    spans = peaks_today(night_tariff(), one)
    assert spans is not None
    assert [span.start.day for span in spans] == [14, 15]
    assert one in spans[0]


def test_a_days_peaks_are_there_once():
    """A peak that began today is not there twice, and what is no peak is not there at all."""
    late = DAY.replace(hour=23)
    assert peaks_today(night_tariff(), late) == [Span(DAY.replace(hour=22), datetime(2026, 7, 16, 2, tzinfo=PHOENIX))]


def test_without_windows_there_is_nothing_to_know():
    """A tariff without windows says None, which is not the same as a day without a peak."""
    assert peaks_today(Tariff(TariffSettings(), PHOENIX, {}), DAY) is None


@pytest.mark.parametrize(
    ("how", "schedule", "words"),
    [
        ("schedule", 78.0, "Hall may follow its schedule again."),
        ("schedule", None, "Hall goes back to 78 °F."),
        ("saved", 78.0, "Hall goes back to 78 °F."),
    ],
)
def test_what_is_given_back_is_said(how, schedule, words):
    """The sentence says what becomes of each thermostat."""
    hall = replace(HALL, setpoint_deg=80.0, hold="temporary", schedule_setpoint_deg=schedule)
    rules = replace(SETTINGS, restore=how)
    decision = stepped(48, at_state(1), hall, rules=rules, now=DAY.replace(hour=21))
    assert decision.reason is Reason.RESTORED
    assert words in decision.because


@pytest.mark.parametrize(("peaks", "words"), [([], "not dear at any time today"), (None, "not dear now")])
def test_why_there_is_no_window(peaks, words):
    """A day without a peak and an hour without one are told apart."""
    assert words in stepped(48, now=DAY.replace(hour=21), peaks=peaks).because
