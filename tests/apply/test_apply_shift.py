"""When a need is moved, reading by reading."""

from __future__ import annotations

import pytest

from solarctl.control.apply_memory import Track
from solarctl.control.apply_shift import planned_later, planned_now

# what it is worth in each reading, whether the sun carries the load then, and where the relay is after each
NOW = [
    ("off, no better slot", False, [(0.0, False)], [True]),
    ("off under a cloud", False, [(0.5, False)] * 4, [False] * 4),
    ("off, the sun is back", False, [(0.5, False), (0.5, True), (0.5, True)], [False, False, True]),
    ("off, flickering sun", False, [(0.5, True), (0.5, False)] * 3, [False] * 6),
    ("on under a cloud", True, [(0.5, False)] * 5, [True] * 4 + [False]),
    ("on, a kettle", True, [(0.5, False)] * 4 + [(0.0, False)] + [(0.5, False)] * 4, [True] * 9),
    ("on, carried", True, [(0.5, True)] * 9, [True] * 9),
]
LATER = [
    ("off, carried", False, [(0.0, True)] * 2, [False, True]),
    ("off, carried, but later is clearly cheaper", False, [(-0.5, True)] * 4, [False] * 4),
    ("off, partly carried and clearly cheaper", False, [(0.2, False)] * 2, [False, True]),
    ("off, partly carried", False, [(0.05, False)] * 4, [False] * 4),
    ("on, no sun", True, [(0.0, False)] * 2, [True, False]),
    ("on, one dark reading", True, [(0.0, False), (0.0, True), (0.0, False)], [True] * 3),
    ("on, still worth it", True, [(0.05, False)] * 4, [True] * 4),
    ("on, carried, but later is clearly cheaper", True, [(-0.5, True)] * 2, [True, False]),
]


def played(rule, on, readings):
    """Return where the relay is after each reading."""
    track, found = Track(), []
    for worth, carried in readings:
        wanted, track = rule(track, on, worth, carried)
        on = wanted
        found.append(on)
    return found


@pytest.mark.parametrize(("case", "on", "readings", "expected"), NOW)
def test_planned_for_now(case, on, readings, expected):
    """Five readings pause it, two of sun enough start it under a cloud."""
    assert played(planned_now, on, readings) == expected, case


@pytest.mark.parametrize(("case", "on", "readings", "expected"), LATER)
def test_planned_for_later(case, on, readings, expected):
    """Two readings start it and two stop it."""
    assert played(planned_later, on, readings) == expected, case
