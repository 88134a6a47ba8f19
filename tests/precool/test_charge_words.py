"""How a charge is told: in whole percent, unless that would contradict what follows from it."""

from __future__ import annotations

import pytest

from solarctl.control.setpoints import charge_text


@pytest.mark.parametrize(
    ("soc_pct", "limits", "text"),
    [
        (31.08, (), "31 %"),
        (31.08, (50, 35, 20), "31 %"),
        (49.6, (50,), "50 %"),  # at or below 50
        (50.0, (50,), "50 %"),
        (90.3, (90,), "90.3 %"),  # above 90
        (90.04, (90,), "90.04 %"),
        (90.004, (90,), "90 %"),  # finer than any battery tells
        (100.0, (90,), "100 %"),
        (0.0, (), "0 %"),
    ],
)
def test_a_charge_in_words(soc_pct: float, limits: tuple[float, ...], text: str) -> None:
    """Whole percent; a decimal only where the whole number would be on the other side of a limit."""
    assert charge_text(soc_pct, *limits) == text
