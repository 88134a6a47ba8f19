"""What of the sun is spoken for before a load may have it, reading by reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from solarctl.forced import Forced
from solarctl.readings import BatteryReading
from tests.apply.house import BIKE, BOILER, NOON, Days

SPARE = replace(BIKE, device="spare", power_w=1500, capacity_kwh=3.0)
DIM = [1000.0] * 40  # the house draws 200 W of it


def dim_afternoon(solar_w=None, **keys) -> Days:
    """A boiler that is planned for later, with too little sun, and a load that lives on surplus."""
    days = Days(BOILER, SPARE, **keys)
    days.follow({"boiler": [0] * 8 + [1] * 8}, solar_w or DIM)
    return days


class TestNeedsFirst:
    """A load that lives on surplus and a need that lacks sun."""

    def test_it_leaves_the_sun_to_a_need_that_is_short_of_it(self):
        """What the present sun covers of the need is about as much as what is planned for it."""
        days = dim_afternoon()
        days.sun_w = 1750
        said = " ".join(one.because for one in days.minutes(6))
        assert not days.on["spare"]
        assert days.on["boiler"] or "left to boiler" in said

    def test_it_says_so(self):
        """Before the need's second reading the sentence names the need."""
        days = dim_afternoon([2300.0] * 40)
        days.sun_w = 1750
        decision = days.minutes(4)[-1]
        assert days.on == {"boiler": False, "spare": False}
        assert "spare off (1.8 kW of sun are left to boiler, which is short of it)" in decision.because

    def test_sun_enough_for_both(self):
        """Where so much is left as the need draws, it takes nothing away."""
        days = dim_afternoon()
        days.sun_w = 3800
        days.minutes(6)
        assert days.on == {"boiler": True, "spare": True}

    def test_a_need_that_will_have_plenty(self):
        """Later slots carry the need in full: the present sun, which is too little for it, is not wasted."""
        days = Days(BOILER, replace(SPARE, power_w=800))
        days.follow({"boiler": [0] * 8 + [1] * 8}, [3500.0] * 40)
        days.sun_w = 1000
        days.minutes(3)
        assert days.on == {"boiler": False, "spare": True}

    @pytest.mark.parametrize("how", ["hand", "forced", "full", "silent", "done"])
    def test_a_need_that_will_not_start(self, how):
        """Somebody keeps it off, it is full or silent, or has its energy: the sun is there for others."""
        days = dim_afternoon([2300.0] * 40)
        if how == "hand":
            days.on["boiler"] = True
            days.minutes(1)
            days.memory = replace(
                days.memory,
                tracks=days.memory.tracks | {"boiler": replace(days.memory.track("boiler"), manual="off")},
            )
            days.on["boiler"] = False
        if how == "forced":
            days.forced = {"boiler": Forced("boiler", NOON + timedelta(hours=6), mode="off")}
        if how == "full":
            days.minutes(1)
            days.memory = replace(days.memory, full=("boiler",))
        if how == "silent":
            days.silent.add("boiler")
        if how == "done":
            days.minutes(1)
            days.memory = replace(days.memory, stored_kwh={"boiler": 4.0})
        days.sun_w = 1750
        days.minutes(3)
        assert days.on["spare"]


class TestAmple:
    """A load that lives on surplus cannot stop at once: it starts with a little more than it draws."""

    @pytest.mark.parametrize(("sun_w", "on"), [(1500, False), (1700, False), (1730, True)])
    def test_it_starts(self, sun_w, on):
        """15 % more than it draws, in two readings."""
        days = Days(SPARE)
        days.follow({}, DIM)
        days.sun_w = sun_w
        decision = days.minutes(3)[-1]
        assert days.on["spare"] is on
        assert ("too little for the next cloud" in decision.because) is not on

    def test_it_goes_on(self):
        """Once it runs, what it draws is enough."""
        days = Days(SPARE)
        days.follow({}, DIM)
        days.sun_w = 1800
        days.minutes(3)
        days.sun_w = 1500
        days.minutes(30)
        assert days.on["spare"]


class TestBattery:
    """Sun that flows into the battery is not wasted."""

    def test_a_need_that_is_planned_for_later_leaves_it_there(self):
        """The evening is dear, the night is cheap: the bike waits, and says why; a full battery has no use for it."""
        bike = replace(BIKE, daily_need=True)
        for kwh, soc_pct, taken in ((5.0, 10, False), (1.0, 100, True)):
            days = Days(bike, battery="battery", battery_capacity_kwh=kwh, battery_max_w=800.0)
            days.battery = BatteryReading(at=days.now, soc_pct=soc_pct, battery_w=-600.0 if soc_pct < 100 else 0.0)
            days.follow({"bike": [0] * 60 + [1] * 10}, [900.0] * 8)
            prices = tuple(0.15 if n >= 56 else 0.5 if n >= 24 else 0.3 for n in range(72))
            days.plan = replace(days.plan, inputs=replace(days.plan.inputs, import_price=prices))
            days.sun_w = 600
            decision = days.minutes(3)[-1]
            assert days.on["bike"] is taken
            assert ("worth more in the battery" in decision.because) is not taken
