"""The house's clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from solarctl.virtualhome.clock import DrivenClock, HouseClock

START = datetime(2026, 6, 21, tzinfo=UTC)


def test_a_driven_clock_moves_when_somebody_sleeps() -> None:
    """It stands still otherwise, and never goes back."""
    clock = DrivenClock(START)
    assert clock.now() == clock.now() == START
    clock.sleep(1.5)
    clock.move_to(START + timedelta(minutes=1))
    clock.move_to(START)
    clock.sleep(-5)
    assert clock.now() == START + timedelta(minutes=1)
    assert clock.monotonic() == 60


def test_a_driven_clock_wants_a_zone() -> None:
    """A naive start is a mistake."""
    with pytest.raises(ValueError, match="aware"):
        DrivenClock(datetime(2026, 6, 21))


def test_a_real_clock_can_live_on_another_day() -> None:
    """Shifted, it goes on from there."""
    clock = HouseClock.starting_at(START)
    before = clock.monotonic()
    clock.sleep(0)
    assert timedelta(0) <= clock.now() - START < timedelta(minutes=1)
    assert clock.monotonic() >= before
