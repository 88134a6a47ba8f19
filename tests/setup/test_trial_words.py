"""What setup says about a device that it has just tried."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from solarctl.onboarding.trial import described
from solarctl.readings import BatteryReading, GridReading, LoadReading

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (LoadReading(at=AT, load_w=11_250.4), "11250 W used"),
        (GridReading(at=AT, grid_w=-0.3), "0 W to the grid"),
        (GridReading(at=AT, grid_w=123_456.0), "123456 W from the grid"),
        (BatteryReading(at=AT, soc_pct=22.75, battery_w=-800.0), "800 W into the battery, 22.75 % charged"),
    ],
)
def test_powers_are_whole_watts(reading, words):
    """No power is told as 1.125e+04 W."""
    assert described(reading) == words
