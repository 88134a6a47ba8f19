"""What the car draws while telemetry, meter and our own last write are seconds apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl.control.car_draw import NOISE_W, RAMP, Draw, estimate, offered_w
from tests.easee_balance.house import MINUTE, NOW, charger

SECOND = timedelta(seconds=1)
PER_AMP_W = 690.0
CHANGED = NOW - 5 * MINUTE  # long ago, where a row says nothing else


def drawn(car_kw, *, told_at=NOW, changed_at=CHANGED, before_w=None, metered_at=NOW, **changes):
    plugged = charger(car_kw, power_at=told_at, **changes)
    return estimate(plugged, PER_AMP_W, changed_at=changed_at, drew_before_w=before_w, metered_at=metered_at)


@pytest.mark.parametrize(
    ("limit_a", "max_a", "watts"),
    [
        (10.0, None, 6900.0),
        (10.0, 32.0, 6900.0),
        (32.0, 10.0, 6900.0),  # the cable's 10 A
        (6.0, None, 4140.0),
        (5.9, None, 0.0),  # a car may not draw from less than 6 A
        (None, 10.0, None),
    ],
)
def test_what_is_offered(limit_a, max_a, watts):
    """The smaller of limit and cable; below 6 A nothing; an unknown limit is unknown."""
    assert offered_w(charger(limit_a=limit_a, max_a=max_a), PER_AMP_W) == watts


def test_what_the_charger_tells_long_after_the_change():
    """Once the car has had time to follow, its own figure is the one."""
    assert drawn(5.0, limit_a=16) == Draw.of(5000.0)
    assert drawn(5.0, limit_a=16, changed_at=None) == Draw.of(5000.0)
    assert drawn(5.0, limit_a=16, changed_at=NOW - RAMP, metered_at=None) == Draw.of(5000.0)


def test_without_a_figure_the_offer_stands_in():
    """A charging car is taken to draw what it may, one that waits nothing."""
    assert drawn(None, limit_a=16, mode="charging") == Draw.of(16 * PER_AMP_W)
    assert drawn(None, limit_a=16, mode="waiting") == Draw.of(0.0)
    assert drawn(None, limit_a=None, mode="charging") is None
    assert drawn(5.0, limit_a=None) == Draw.of(5000.0)  # the other way round: a figure needs no offer


@pytest.mark.parametrize(("over_w", "believed"), [(0.0, True), (1.0, False)])
def test_more_than_is_offered_was_told_before_the_offer_fell(over_w, believed):
    """A tenth and 100 W above the offer are still a car at its limit; more cannot be true."""
    most_w = 6 * PER_AMP_W * 1.1 + NOISE_W + over_w
    expected = most_w if believed else 6 * PER_AMP_W
    assert drawn(most_w / 1000, limit_a=6) == Draw.of(pytest.approx(expected))


class TestWithinTheRamp:
    """A figure told in the first seconds after a write may be from before the car followed."""

    def test_a_car_that_has_followed(self):
        """It draws what it is offered, and the meter is as young: one figure."""
        shown = drawn(8.28, limit_a=12, told_at=NOW, changed_at=NOW - 5 * SECOND, before_w=4140.0)
        assert shown == Draw.of(8280.0)

    @pytest.mark.parametrize(("off_w", "followed"), [(0.1 * 8280 + 99, True), (0.1 * 8280 + 101, False)])
    def test_how_near_is_followed(self, off_w, followed):
        """A tenth of the offer and 100 W may be missing; with more missing, the old draw is possible still."""
        told_w = 8280 - off_w
        shown = drawn(told_w / 1000, limit_a=12, changed_at=NOW - 5 * SECOND, before_w=4140.0)
        assert shown == (Draw.of(pytest.approx(told_w)) if followed else Draw(4140.0, 8280.0))

    @pytest.mark.parametrize(("age", "one"), [(SECOND, True), (2 * SECOND, False)])
    def test_a_meter_that_is_older_than_the_figure(self, age, one):
        """It may still show the old draw: both are kept."""
        shown = drawn(8.28, limit_a=12, changed_at=NOW - 5 * SECOND, before_w=4140.0, metered_at=NOW - age)
        assert shown == (Draw.of(8280.0) if one else Draw(4140.0, 8280.0))

    def test_a_figure_from_before_the_write_is_not_used(self):
        """Nor one told a second before; at the moment itself it is one of the possibilities."""
        told = {"limit_a": 6, "changed_at": NOW - 10 * SECOND, "before_w": 11_040.0}
        assert drawn(1.0, told_at=NOW - 11 * SECOND, **told) == Draw(4140.0, 11_040.0)
        assert drawn(1.0, told_at=NOW - 10 * SECOND, **told) == Draw(1000.0, 11_040.0)

    def test_a_meter_of_after_the_ramp_has_seen_the_change(self):
        """What the car drew before is possible only while the meter may show it."""
        old = {"limit_a": 6, "told_at": NOW - MINUTE, "before_w": 11_040.0, "metered_at": NOW}
        assert drawn(8.0, changed_at=NOW - RAMP, **old) == Draw.of(4140.0)
        assert drawn(8.0, changed_at=NOW - RAMP + SECOND, **old) == Draw(4140.0, 11_040.0)
        assert drawn(8.0, changed_at=NOW - RAMP + SECOND, **(old | {"before_w": None})) == Draw.of(4140.0)
