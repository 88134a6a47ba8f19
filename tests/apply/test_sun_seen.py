"""What was seen of the sun today, and what it changes in the sun that was foreseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solarctl.control.plan_words import Watched
from solarctl.control.sun_seen import as_seen, counted_on, faded, watched
from tests.apply.house import BOILER, NOON, Days

STARTS = [NOON + timedelta(minutes=15 * n) for n in range(96)]
TOLD = (1000.0,) * 24 + (0.0,) * 72
USUAL = (200.0,) * 96


def plan_of(told_w: float = 1000.0):
    days = Days(BOILER)
    days.follow({}, told_w)
    plan = days.plan
    return replace(plan, inputs=replace(plan.inputs, told_w=(told_w,) * 72, usual_w=(200.0,) * 72))


class TestWatching:
    """`apply` looks each minute."""

    def test_a_day_that_is_darker_than_told(self):
        """Two hours with 500 W where 1000 W had been told: 1 of 2 kWh was seen."""
        sun = Watched()
        for minute in range(121):
            sun = watched(sun, 300.0, plan_of(), NOON + timedelta(minutes=minute))
        assert (sun.seen_kwh, sun.told_kwh) == (pytest.approx(1.0, abs=1e-3), pytest.approx(2.0, abs=1e-3))
        assert sun.surplus_w == 300

    def test_runs_that_were_missed(self):
        """What happened in a long gap is not known; it counts neither here nor there."""
        sun = watched(Watched(), 300.0, plan_of(), NOON)
        sun = watched(sun, 800.0, plan_of(), NOON + timedelta(hours=3))
        assert (sun.seen_kwh, sun.told_kwh, sun.surplus_w) == (0, 0, 800)

    def test_a_new_day(self):
        """Each day is judged by itself."""
        sun = Watched(NOON.date() - timedelta(days=1), NOON - timedelta(minutes=1), 100.0, 3.0, 5.0)
        sun = watched(sun, 300.0, plan_of(), NOON)
        assert (sun.day, sun.told_kwh) == (NOON.date(), pytest.approx(1 / 60, abs=1e-4))

    @pytest.mark.parametrize("plan", [None, plan_of(20.0)])
    def test_nothing_to_compare_with(self, plan):
        """Without a plan, or at dusk, nothing is learned about the day."""
        sun = Watched()
        for minute in range(60):
            sun = watched(sun, 300.0, plan, NOON + timedelta(minutes=minute))
        assert (sun.seen_kwh, sun.told_kwh, sun.surplus_w) == (0, 0, 300)

    def test_the_last_minutes(self):
        """A kettle moves the mean slowly, a lasting change within some minutes."""
        sun = watched(Watched(), 1000.0, None, NOON)
        sun = watched(sun, -1000.0, None, NOON + timedelta(minutes=1))
        assert 0 < sun.surplus_w < 500
        for minute in range(2, 15):
            sun = watched(sun, -1000.0, None, NOON + timedelta(minutes=minute))
        assert sun.surplus_w == pytest.approx(-1000, abs=20)


class TestExpecting:
    """`plan` expects the rest of the day to be like what was seen."""

    def test_nothing_was_seen(self):
        """The forecast and the usual load, as they are."""
        found = as_seen(TOLD, USUAL, STARTS, 15, Watched(), NOON)
        assert (found.solar_w, found.base_w) == (TOLD, USUAL)

    def test_a_darker_day_stays_darker(self):
        """Half of what was told, over most of a day: the rest is expected to be little more than half, not tomorrow."""
        told = TOLD[:24] + (0.0,) * 48 + (1000.0,) * 24
        sun = Watched(NOON.date(), NOON - timedelta(hours=1), 0.0, 6.0, 12.0)
        found = as_seen(told, USUAL, STARTS, 15, sun, NOON)
        assert found.solar_w[0] == pytest.approx(1000 * (6 + 0.15 * 12) / (12 + 0.15 * 12))
        assert found.solar_w[72:] == told[72:]

    def test_a_few_minutes_prove_little(self):
        """Ten minutes of a dark morning change the day by some percent only."""
        sun = Watched(NOON.date(), NOON - timedelta(hours=1), 0.0, 0.0, 0.1)
        assert as_seen(TOLD, USUAL, STARTS, 15, sun, NOON).solar_w[5] > 850

    def test_yesterday_says_nothing(self):
        """What was seen yesterday is over."""
        sun = Watched(NOON.date() - timedelta(days=1), NOON - timedelta(days=1), 0.0, 1.0, 9.0)
        assert as_seen(TOLD, USUAL, STARTS, 15, sun, NOON).solar_w == TOLD

    @pytest.mark.parametrize("surplus_w", [-1500.0, 300.0, 800.0, 900.0, 2500.0])
    def test_what_is_there_now_fades_within_the_hour(self, surplus_w):
        """Now it is as the meter says; after an hour as it was foreseen; nothing is negative."""
        found = faded(TOLD, USUAL, surplus_w, 15)
        net = [sun - base for sun, base in zip(found.solar_w, found.base_w)]
        assert net[0] == pytest.approx(surplus_w)
        assert net[2] == pytest.approx((surplus_w + 800) / 2)
        assert net[4:] == pytest.approx([sun - base for sun, base in zip(TOLD[4:], USUAL[4:])])
        assert min(found.base_w) >= 0
        assert min(found.solar_w) >= 0

    @given(st.floats(0, 50), st.floats(0, 50))
    def test_it_stays_within_reason(self, seen, told):
        """Whatever was seen, the rest of the day is expected between half and 1.6 times of what was told."""
        sun = Watched(NOON.date(), None, None, seen, told)
        assert 500 <= as_seen(TOLD, USUAL, STARTS, 15, sun, NOON).solar_w[3] <= 1600


class TestCounting:
    """A plan counts on a little less than is expected, where too little costs more than too much brings."""

    @pytest.mark.parametrize(
        ("battery", "commanded", "buy", "all_of_it"),
        [
            ("battery", False, (0.3, 0.1), False),
            ("battery", False, (0.3, 0.3), True),
            ("battery", True, (0.3, 0.1), True),
            ("", False, (0.3, 0.1), True),
        ],
    )
    def test_where(self, battery, commanded, buy, all_of_it):
        """Only beside a battery that follows the meter, and only where prices vary."""
        days = Days(BOILER, battery=battery, command_battery=commanded)
        assert (counted_on(days.settings, buy) == 1) is all_of_it
        assert 0.7 < counted_on(days.settings, buy) <= 1

    def test_what_the_meter_shows_is_not_lessened(self):
        """All the sun to come counts for less, tomorrow's, too; the present minute is as it is."""
        found = as_seen(TOLD, USUAL, STARTS, 15, Watched(), NOON, counted=0.9)
        assert found.solar_w == pytest.approx([0.9 * watts for watts in TOLD])
        sun = Watched(NOON.date(), NOON, 800.0, 0.0, 0.0)
        now = as_seen(TOLD, USUAL, STARTS, 15, sun, NOON, counted=0.9)
        assert now.solar_w[0] - now.base_w[0] == pytest.approx(800)
        assert now.solar_w[5] == pytest.approx(900)
