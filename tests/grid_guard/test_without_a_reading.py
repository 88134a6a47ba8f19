"""grid-guard when nothing can be known: what it says, and which relays have to wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from solarctl.control.grid_guard import Memory, Position, Reason, Settings, decide
from solarctl.decision import SwitchTo
from solarctl.readings import BatteryReading

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
BLIND_ON = Settings("inverter", ("relay",), when_blind="on", blind_after_min=30, min_off_min=60)
LONG_AGO = NOW - timedelta(hours=5)


def blind(position: Position | None, settings: Settings = BLIND_ON):
    memory = Memory(last_good_at=LONG_AGO, positions={} if position is None else {"relay": position})
    return decide(None, settings, memory, NOW)


def test_a_relay_that_is_on_needs_no_rest():
    """Only what was switched off a moment ago has to stay off; what is on is told to be on."""
    assert blind(Position(True, NOW - timedelta(minutes=5))).actions == [SwitchTo("relay", True)]
    assert blind(None).actions == [SwitchTo("relay", True)]
    assert blind(Position(False, NOW - timedelta(minutes=61))).actions == [SwitchTo("relay", True)]
    resting = blind(Position(False, NOW - timedelta(minutes=5)))
    assert resting.reason is Reason.WAITING
    assert list(resting.actions) == []
    assert "stays off for 55 min more" in resting.because


def test_why_nothing_is_switched_off_without_bookkeeping():
    """The sentence says that nobody knows since when."""
    settings = Settings("inverter", ("relay",), off_delay_min=5)
    decision = decide(BatteryReading(at=NOW, soc_pct=80), settings, None, NOW)
    assert decision.reason is Reason.WAITING
    assert "cannot be known since when" in decision.because


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(minutes=-20), "20 min ahead of this machine's clock"),
        (timedelta(minutes=40), "40 min old, more than"),
    ],
)
def test_a_reading_of_the_future_is_told_as_that(age, words):
    """A clock that is wrong is another fault than an inverter that is silent."""
    decision = decide(BatteryReading(at=NOW - age, soc_pct=80), replace(BLIND_ON, when_blind="hold"), Memory(), NOW)
    assert decision.reason is Reason.NO_READING
    assert words in decision.because
