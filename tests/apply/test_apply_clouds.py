"""`apply` under a changing sky: the sun that is there against the sun that was foreseen, and the battery beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from solarctl.control.apply import Reason
from solarctl.readings import BatteryReading
from tests.apply.house import BIKE, BOILER, NOON, Days

SUNNY = [2600.0] * 40


class TestClouds:
    """The sun that is there, against the sun that was foreseen."""

    def test_a_cloud_does_not_start_the_boiler(self):
        """It waits for the sun while there is time, then starts."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 8}, SUNNY)
        days.sun_w = 100
        assert {one.reason for one in days.minutes(10)} == {Reason.WAITING}
        assert not days.on["boiler"]
        days.sun_w = 2400
        days.minutes(2)
        assert days.on["boiler"]

    def test_without_time_it_starts_under_the_cloud(self):
        """When no sunny slots are left to wait for, the need goes first."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 8}, [2600.0] * 8)
        days.sun_w = 100
        days.minutes(1)
        assert days.on["boiler"]

    def test_a_cloud_does_not_stop_it_at_once(self):
        """A surplus load survives one dark reading, and its minimum time."""
        days = Days(replace(BIKE, min_on_min=0))
        days.sun_w = 500
        days.minutes(3)
        days.sun_w = -300
        days.minutes(1)
        assert days.on["bike"]
        days.minutes(1)
        assert not days.on["bike"]

    def test_flickering_sun_does_not_chatter(self):
        """Sun that comes and goes each minute starts nothing."""
        days = Days(BIKE)
        for minute in range(60):
            days.sun_w = 500 if minute % 2 else 0
            days.minutes(1)
        assert days.moves == []

    def test_unexpected_sun_is_not_wasted(self):
        """A load that is planned for later starts when the sun is there already, and stops when it leaves."""
        days = Days(BOILER)
        days.follow({"boiler": [0] * 40 + [1] * 8})
        days.sun_w = 2400
        days.minutes(20)
        assert days.on["boiler"]
        days.sun_w = 0
        decisions = days.minutes(3)
        assert not days.on["boiler"]
        assert "22:00 is cheaper" in " ".join(one.because for one in decisions)

    @pytest.mark.parametrize("later_w", [0.0, 2600.0])
    @pytest.mark.parametrize("before_w", [-1500.0, 0.0, 300.0])
    def test_two_readings_start_what_is_planned_for_later(self, before_w, later_w):
        """Surplus as large as its power, twice a minute apart: on, whatever was before and is foreseen."""
        days = Days(BOILER)
        days.follow({"boiler": [0] * 8 + [1] * 8}, [300.0] * 8 + [later_w] * 8)
        days.sun_w = before_w
        days.minutes(5)
        days.sun_w = 2000
        days.minutes(1)
        assert not days.on["boiler"]
        days.minutes(1)
        assert days.on["boiler"]

    def test_a_clearly_cheaper_slot_is_waited_for_even_so(self):
        """The sun of now could be sold dearly, and tonight power costs nothing: that is what is planned."""
        days = Days(BOILER)
        days.follow({"boiler": [0] * 40 + [1] * 8}, 0.0)
        free = tuple(0.0 if n >= 40 else 0.3 for n in range(72))
        days.plan = replace(days.plan, inputs=replace(days.plan.inputs, import_price=free))
        days.sun_w = 2400
        days.minutes(5)
        assert not days.on["boiler"]

    def test_a_planned_load_pauses_under_a_cloud(self):
        """It imports, later slots are free and sunny, and the deadline leaves room: it waits, and goes on later."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 8}, SUNNY)
        days.sun_w = 2400
        days.minutes(20)
        assert days.on["boiler"]
        days.sun_w = 0
        decisions = days.minutes(10)
        assert not days.on["boiler"]
        assert " of sun for 2.0 kW; 14:00 is cheaper" in decisions[-1].because
        assert decisions[-1].reason is Reason.WAITING
        days.sun_w = 2400
        days.minutes(25)
        assert days.on["boiler"]

    def test_it_does_not_pause_when_no_better_slot_is_left(self):
        """Under a cloud, but the deadline leaves nothing sunnier: it goes on."""
        days = Days(replace(BOILER, deadline=time(15, 30)))
        days.follow({"boiler": [1] * 8}, [2600.0] * 8)
        days.sun_w = 2400
        days.minutes(20)
        days.sun_w = 0
        days.minutes(60)
        assert days.on["boiler"]
        assert len(days.moves) == 1

    def test_a_kettle_does_not_pause_it(self):
        """Some minutes of a kettle are no cloud."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 8}, SUNNY)
        days.sun_w = 2400
        days.minutes(20)
        days.sun_w = 400
        days.minutes(3)
        days.sun_w = 2400
        days.minutes(10)
        assert len(days.moves) == 1

    def test_the_sun_of_a_need_is_not_taken(self):
        """A smaller load that lives on surplus leaves the sun to a need that is planned to start in a moment."""
        spare = replace(BIKE, device="spare", power_w=1500, capacity_kwh=3.0)
        days = Days(BOILER, spare, now=NOON.replace(minute=13))
        days.follow({"boiler": [0] + [1] * 8}, SUNNY)
        days.sun_w = 1900
        days.minutes(2)
        days.sun_w = 2400
        days.minutes(10)
        assert days.on == {"boiler": True, "spare": False}

    def test_prices_move_a_run(self):
        """A planned run waits for a cheaper hour that is free, and a dear one is run now."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 8})
        cheap = tuple(0.1 if 20 <= n < 30 else 0.3 for n in range(72))
        days.plan = replace(days.plan, inputs=replace(days.plan.inputs, import_price=cheap))
        days.minutes(5)
        assert not days.on["boiler"]
        days.follow({"boiler": [0] * 20 + [1] * 8})
        dear = tuple(0.6 if n >= 20 else 0.3 for n in range(72))
        days.plan = replace(days.plan, inputs=replace(days.plan.inputs, import_price=dear))
        days.minutes(5)
        assert days.on["boiler"]

    def test_the_same_rank_does_not_swap(self):
        """Two loads that share the sun for one do not take it from each other."""
        days = Days(BOILER, replace(BOILER, device="other"))
        days.sun_w = 2400
        days.minutes(90)
        assert len(days.moves) == 1


class TestBattery:
    """Runs are moved with an eye on what the battery does."""

    def follow(self, days: Days, soc_pct: float, solar_w: list[float]) -> None:
        days.battery = BatteryReading(at=days.now, soc_pct=soc_pct, battery_w=0.0)
        days.follow({"boiler": [1] * 8}, solar_w)

    def test_what_the_battery_will_give_back_anyway_is_not_waited_for(self):
        """A battery that the later sun cannot fill: every kWh counts the same, whenever it is; nothing is moved."""
        days = Days(BOILER, battery="battery", battery_capacity_kwh=20.0, battery_max_w=5000.0)
        self.follow(days, 50, [1200.0] * 20)
        days.sun_w = 600
        days.minutes(10)
        assert days.on["boiler"]

    def test_sun_that_no_battery_takes_is_waited_for(self):
        """A battery that is full: what is exported later is the cheaper power."""
        days = Days(BOILER, battery="battery", battery_capacity_kwh=1.0, battery_max_w=500.0)
        self.follow(days, 0, [0.0] * 12 + [3000.0] * 20)
        days.sun_w = 0
        decisions = days.minutes(10)
        assert not days.on["boiler"]
        assert "is cheaper" in decisions[-1].because

    def test_a_surplus_load_leaves_the_battery_what_the_evening_needs(self):
        """What the battery keeps for the house is no surplus; what it could not keep is; so is what is exported."""
        spare = replace(BIKE, device="spare", power_w=600)
        for capacity_kwh, taken in ((5.0, False), (0.1, True)):
            days = Days(spare, battery="battery", battery_capacity_kwh=capacity_kwh, battery_max_w=800.0)
            days.battery = BatteryReading(at=days.now, soc_pct=10, battery_w=-700.0)
            days.follow({}, [900.0] * 4)  # then the house needs 200 W for seventeen hours
            days.sun_w = 700
            days.minutes(3)
            assert days.on["spare"] is taken
        days = Days(spare, battery="battery", battery_capacity_kwh=5.0, battery_max_w=800.0)
        days.battery = BatteryReading(at=days.now, soc_pct=10, battery_w=-800.0)
        days.follow({}, [900.0] * 4)
        days.sun_w = 1500
        days.minutes(3)
        assert days.on["spare"]


def test_a_whole_day_of_sun_and_clouds():
    """The boiler gets its energy, the bike its sun, and neither chatters."""
    days = Days(now=Days().now.replace(hour=6))
    days.follow({"boiler": [0] * 16 + [1] * 8, "bike": [0] * 16 + [1] * 12}, [0.0] * 12 + [2800.0] * 24)
    for minute in range(18 * 60):
        hour = minute / 60
        sun = 2600.0 if 3.5 < hour < 9 else -300.0
        days.sun_w = sun if minute // 7 % 5 else sun / 4
        days.run()
        days.pass_()
    assert days.stored("boiler") >= 4
    assert days.stored("bike") >= 0.5
    assert len(days.moves) <= 28  # of some 140 quarter-hours of two loads
