"""`battery_gives`: a full battery gives the car what the sun lacks of 6 A, and keeps what the night needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from solarctl.control.battery_gives import SAME_PRICE, Gives, Giving, judged
from solarctl.control.easee_balance import Reason
from solarctl.readings import BatteryReading
from tests.easee_balance.house import NOW, ZONE, Timeline, settings

GIVES = Gives(from_pct=95.0, down_to_pct=80.0)


def line(**changes):
    return Timeline(**({"battery_gives": GIVES, "enable_delay_min": 0, "disable_delay_min": 0} | changes))


def test_a_full_battery_gives_what_the_sun_lacks():
    """3 kW of sun and a battery at 96 %: 6 A on three phases, and the sentence says who gives."""
    decision = line().tick(3.0, soc_pct=96)
    assert (decision.reason, decision.actions[0].to) == (Reason.SURPLUS, 6)
    assert "the battery gives the rest of 4.14 kW" in decision.because


def test_by_default_the_battery_keeps_everything():
    """Without the setting, less than min_a is 0 A, full battery or not."""
    assert line(battery_gives=None).tick(3.0, soc_pct=100).actions[0].to == 0


def test_it_goes_on_down_to_the_lower_charge_and_begins_again_at_the_upper_one():
    """From 95 to 80 % it gives; between the two it does what it did."""
    house = line()  # a stop before does not make it wait: the battery carries the car through clouds
    given = [
        house.tick(3.0, soc_pct=soc_pct, battery_kw=-1.14 if house.limit_a else 0.0).actions[0].to
        for soc_pct in (94, 95, 90, 81, 80, 90, 95)
    ]
    assert given == [0, 6, 6, 6, 0, 0, 6]


def test_whole_amps_are_rounded_up_while_it_gives():
    """5 kW are 7.2 A on three phases: 8 A, of which the battery gives half a kilowatt; without it 7 A."""
    assert line().tick(5.0, soc_pct=100).actions[0].to == 8
    assert line(battery_gives=None).tick(5.0, soc_pct=100).actions[0].to == 7


def test_when_the_sun_leaves_nothing_over_it_ends():
    """What the battery has in the evening is for the night."""
    house = line()
    assert house.tick(1.0, soc_pct=100).actions[0].to == 6
    assert house.tick(-0.5, soc_pct=99, battery_kw=-4.6).actions[0].to == 0


def test_what_the_battery_cannot_give_is_not_bought():
    """4.14 kW from 0.5 kW of sun and a battery of 3 kW would be bought in part: no."""
    assert line(battery_takes_w=3000).tick(0.5, soc_pct=100).actions[0].to == 0


@pytest.mark.parametrize(("hour", "target_a"), [(10, 6), (15, 0), (21, 6)])
def test_while_power_is_dear_the_house_has_the_battery(hour, target_a):
    """From 14 to 20 h power costs twice as much: what is stored spares that first."""
    house = line(start=datetime(2026, 7, 1, hour, 0, tzinfo=ZONE))
    house.price_at = lambda moment: 0.24 if 14 <= moment.hour < 20 else 0.11
    assert house.tick(1.0, soc_pct=100).actions[0].to == target_a


def test_when_dear_gives_at_any_price_but_not_below_its_charge():
    """With `when_dear` the price is not asked; the lower charge still ends it."""
    house = line(
        start=datetime(2026, 7, 1, 15, 0, tzinfo=ZONE),
        battery_gives=Gives(from_pct=95, down_to_pct=80, when_dear=True),
    )
    house.price_at = lambda moment: 0.24 if 14 <= moment.hour < 20 else 0.11
    assert house.tick(1.0, soc_pct=100).actions[0].to == 6
    assert house.tick(1.0, soc_pct=80, battery_kw=-3.1).actions[0].to == 0


def test_prices_are_asked_once_an_hour():
    """The day's usual price is remembered; each minute asks for its own price alone."""
    asked = []
    house = line()
    house.price_at = lambda moment: asked.append(moment) or 0.11
    house.tick(1.0, soc_pct=100)
    first = len(asked)
    house.tick(1.0, soc_pct=99)
    assert len(asked) == first + 1
    house.now = NOW + timedelta(hours=2)
    house.tick(1.0, soc_pct=99)
    assert len(asked) > first + 2


def test_the_two_charges_must_be_in_order():
    """A lower charge that is not below the upper one, or no battery at all, is a mistake in the config."""
    assert [key for key, _ in Gives(from_pct=80.0, down_to_pct=80.0).problems()] == ["from_pct"]
    assert [key for key, _ in settings(battery="", battery_gives=GIVES).problems()] == ["battery_gives"]


def judge(known: Giving, *, sun_w=3000.0, lacking_w=1140.0, most_w=5000.0, soc_pct=96.0, price=0.2, now=NOW):
    """Return what is judged, and how often a price was asked for."""
    asked = []

    def price_at(moment):
        asked.append(moment)
        return price if moment == now else 0.2

    reading = BatteryReading(at=now, soc_pct=soc_pct, battery_w=0.0)
    found = judged(GIVES, known, reading, sun_w, lacking_w, most_w, price_at, now)
    return found, len(asked)


@pytest.mark.parametrize(
    ("changes", "gives"),
    [
        ({}, True),
        ({"sun_w": 0.1}, True),
        ({"sun_w": 0.0}, False),  # no sun at all
        ({"lacking_w": 5000.0}, True),  # all that it can give
        ({"lacking_w": 5000.1}, False),
        ({"soc_pct": None}, False),  # a charge that nobody knows
        ({"price": 0.2 + SAME_PRICE}, True),  # no dearer than usual
        ({"price": 0.21 + SAME_PRICE}, False),
    ],
)
def test_to_the_limits(changes, gives):
    """Each limit itself still counts, and what is beyond does not."""
    assert judge(Giving(), **changes)[0].on is gives


@pytest.mark.parametrize(
    ("age", "asked_anew"),
    [(timedelta(0), False), (timedelta(minutes=59), False), (timedelta(hours=1), True), (-timedelta(minutes=1), True)],
)
def test_the_usual_price_is_worked_out_once_an_hour(age, asked_anew):
    """For an hour it is believed; one from the future (a clock set back) is not."""
    known = Giving(True, 0.2, NOW.astimezone(UTC) - age)
    assert (judge(known)[1] > 1) is asked_anew


def test_the_usual_price_is_that_of_the_coming_day():
    """Power that is cheap now because all of yesterday was dear is not dear: only what is ahead counts."""
    seen = []

    def price_at(moment):
        seen.append(moment)
        return 0.2

    judged(GIVES, Giving(), BatteryReading(at=NOW, soc_pct=96.0), 3000.0, 1140.0, 5000.0, price_at, NOW)
    assert min(seen) == NOW
    assert max(seen) > NOW + timedelta(hours=12)
