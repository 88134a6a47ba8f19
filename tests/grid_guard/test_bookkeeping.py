"""grid-guard's books and clocks: days, positions, quiet hours, silence without books, words for long silences."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from solarctl.control.grid_guard import Memory, Position, Quiet, Reason, Settings, decide, remember
from solarctl.decision import Carried, Outcome, SwitchTo
from solarctl.readings import BatteryReading
from solarctl.value import replace

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
RULE = Settings("inverter", ("relay",))
ON, OFF = SwitchTo("relay", True), SwitchTo("relay", False)


def since(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def charged(soc_pct: float | None, age_min: float = 3.0, now: datetime = NOW) -> BatteryReading:
    return BatteryReading(at=now - timedelta(minutes=age_min), soc_pct=soc_pct)


def test_switches_are_counted_by_day():
    """The first of a new day is the first, whatever yesterday had."""
    memory = Memory(day=NOW.date(), switches={"relay": 3})
    assert remember(memory, [Carried(OFF, Outcome.DONE, NOW)]).switches == {"relay": 4}
    tomorrow = remember(memory, [Carried(OFF, Outcome.DONE, NOW + timedelta(days=1))])
    assert (tomorrow.day, tomorrow.switches) == (NOW.date() + timedelta(days=1), {"relay": 1})


@pytest.mark.parametrize(
    ("action", "outcome", "since_when"),
    [
        (ON, Outcome.UNCHANGED, since(90)),  # found as it was: it has been so since then
        (ON, Outcome.DONE, NOW),  # somebody had switched it off meanwhile
        (OFF, Outcome.UNCHANGED, NOW),  # found otherwise: since when is not known, so since now
        (OFF, Outcome.DONE, NOW),
    ],
)
def test_since_when_a_relay_is_where_it_is(action, outcome, since_when):
    """Minimum times count from the last move, not from the last look."""
    memory = Memory(positions={"relay": Position(True, since(90))})
    after = remember(memory, [Carried(action, outcome, NOW)])
    assert after.positions == {"relay": Position(action.to, since_when)}


def test_without_books_the_old_reading_tells_how_long_it_is_silent():
    """With the memory lost, an old reading's own moment counts; with it, silence begins with the first silent run."""
    rule = replace(RULE, when_blind="on", blind_after_min=60)
    assert decide(charged(50.0, 61), rule, None, NOW).reason is Reason.BLIND
    assert decide(charged(50.0, 59), rule, None, NOW).reason is Reason.NO_READING
    assert decide(charged(50.0, 61), rule, Memory(), NOW).reason is Reason.NO_READING


@pytest.mark.parametrize(
    ("hour", "minute", "reason"),
    [(12, 59, Reason.LOW), (13, 0, Reason.HOLD), (14, 59, Reason.HOLD), (15, 0, Reason.LOW), (3, 0, Reason.LOW)],
)
def test_quiet_hours_within_a_day(hour, minute, reason):
    """From their first minute to before their last, and at no other time."""
    rule = replace(RULE, quiet=Quiet(time(13), time(15), 10, 20))
    now = NOW.replace(hour=hour, minute=minute)
    assert decide(charged(12.0, now=now), rule, Memory(), now).reason is reason


@pytest.mark.parametrize(("late_s", "reason"), [(-5.1, Reason.WAITING), (-5.0, Reason.LOW)])
def test_five_seconds_are_not_worth_a_run(late_s, reason):
    """Cron is not punctual to the second: a delay that is all but over is over."""
    rule = replace(RULE, on_delay_min=5)
    memory = Memory(low_since=since(5) - timedelta(seconds=late_s))
    assert decide(charged(10.0), rule, memory, NOW).reason is reason


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (None, "inverter gave no reading."),
        (charged(None), "inverter tells no charge."),
        (charged(-0.1), "inverter tells no charge."),
        (charged(100.1), "inverter tells no charge."),
        (charged(50.0, 21), "is 21 min old, more than 20 min."),
        (charged(0.0, 179), "is 179 min old"),
        (charged(100.0, 180), "is 3 h old"),
        (charged(50.0, 72 * 60), "is 3 days old"),
        (charged(50.0, -10), "is 10 min ahead of this machine's clock."),
    ],
)
def test_why_nothing_is_known(reading, words):
    """The sentence tells which kind of silence it is, in a unit that people use."""
    assert words in decide(reading, RULE, Memory(), NOW).because


def test_who_waits_longest_is_said():
    """Of two relays that stay off for a while, the longer wait is told."""
    rule = replace(RULE, switch=("relay", "pump"), when_blind="on", min_off_min=120)
    positions = {"relay": Position(False, since(100)), "pump": Position(False, since(30))}
    decision = decide(None, rule, Memory(last_good_at=since(90), positions=positions), NOW)
    assert "relay, pump stays off for 90 min more." in decision.because


def test_settings_that_contradict_each_other():
    """Limits in the wrong order, by day or in quiet hours, and a rule without a relay are told by `check`."""
    assert not list(RULE.problems())
    assert not list(replace(RULE, off_above_pct=15.0, quiet=Quiet(time(22), time(6), 10, 10)).problems())
    wrong = replace(RULE, switch=(), off_above_pct=14.9, quiet=Quiet(time(22), time(6), 10, 9.9))
    assert [key for key, _ in wrong.problems()] == ["off_above_pct", "quiet.off_above_pct", "switch"]
