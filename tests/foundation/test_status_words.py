"""`status` in the owner's words: which way power flows, without signs to be learned."""

from __future__ import annotations

import pytest

from solarctl.commands.status import _line


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"grid_w": 3874.2}, "buying 3 874 W"),
        ({"grid_w": -1153.0}, "selling 1 153 W"),
        ({"grid_w": -0.3}, "grid 0 W"),
        ({"battery_w": -540.0, "soc_pct": 14.0}, "charging 540 W, charge 14 %"),
        ({"battery_w": 5000.0, "soc_pct": 45.0}, "discharging 5 000 W, charge 45 %"),
        ({"battery_w": 0.0}, "battery 0 W"),
        ({"solar_w": 2376.0}, "solar 2 376 W"),
        ({"indoor_deg": -3.5}, "indoors -3.5°"),
    ],
)
def test_the_way_that_power_flows(values, words):
    """Buying and selling, charging and discharging; what does not flow has no way."""
    assert _line({"device": "x", "what": "y", "error": None, "age_s": 5.0} | values) == f"x (y): {words}, now"


def test_nothing_known_has_no_age():
    """What nobody has told is not told now."""
    assert (
        _line({"device": "radiator", "what": "switch", "error": None, "age_s": 0.0})
        == "radiator (switch): nothing known"
    )
