"""Moments in a rule's memory that no rule could reckon with."""

from __future__ import annotations

from datetime import datetime

import pytest

from solarctl.memory import decode
from solarctl.value import value


@value
class Remembered:
    since: datetime | None = None


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01T12:00:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2026-07-01",
        "T12:00",
        "noon",
        "",
    ],
)
def test_no_moments(text):
    """Without a zone, or at the end of all years: the memory no longer fits and is dropped, which a rule survives."""
    assert decode(Remembered, {"since": text}) is None


@pytest.mark.parametrize("text", ["2026-07-01T12:00:00+02:00", "2026-07-01T10:00:00Z", "2026-07-01T12:00:00.5+02:00"])
def test_moments(text):
    """What runs write is read."""
    found = decode(Remembered, {"since": text})
    assert found is not None
    assert found.since == datetime.fromisoformat(text)
