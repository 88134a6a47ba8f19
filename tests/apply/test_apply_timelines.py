"""`apply` over minutes and days: energy, full tanks, hands on buttons, minimum times, restarts."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from solarctl.control.apply import Memory, Reason
from solarctl.memory import decode, encode
from tests.apply.house import BIKE, BOILER, NOON, Days


class TestEnergy:
    """What went into a load, by its counter."""

    def test_it_is_counted(self):
        """An hour of 2 kW is 2 kWh."""
        days = Days()
        days.follow({"boiler": [1] * 8})
        days.minutes(61)
        assert days.stored("boiler") == pytest.approx(2.0, abs=0.01)

    def test_missed_runs_are_healed(self):
        """Runs that did not happen lose nothing: the counter has gone on."""
        days = Days()
        days.follow({"boiler": [1] * 8})
        days.minutes(2)
        days.pass_(40)
        days.run()
        assert days.stored("boiler") == pytest.approx(1.4, abs=0.01)

    def test_a_restart_loses_nothing(self):
        """Memory is on disk; it reads back as it was."""
        days = Days()
        days.follow({"boiler": [1] * 8})
        days.minutes(20)
        days.memory = decode(Memory, encode(days.memory))
        days.minutes(11)
        assert days.stored("boiler") == pytest.approx(1.0, abs=0.01)

    def test_a_counter_that_starts_anew(self):
        """A counter that jumps, down or up, books nothing."""
        days = Days()
        days.follow({"boiler": [1] * 8})
        days.minutes(10)
        before = days.stored("boiler")
        days.kwh["boiler"] = 0.0
        days.minutes(1)
        days.kwh["boiler"] = 500.0
        days.minutes(1)
        assert days.stored("boiler") == pytest.approx(before, abs=0.08)

    def test_the_first_evening(self):
        """Installed after a need's deadline: whether it lacks anything is not known, so only the sun heats it."""
        early = replace(BOILER, deadline=time(18))
        days = Days(early, now=NOON.replace(hour=20))
        days.follow({})
        days.minutes(30)
        assert days.moves == []
        days.sun_w = 3000
        days.minutes(3)
        assert days.on["boiler"]

    def test_the_evening_after(self):
        """The day after, what is missing at the deadline is known, and fetched."""
        early = replace(BOILER, deadline=time(18))
        days = Days(early, now=NOON.replace(hour=20))
        days.minutes(1)
        days.pass_(22 * 60)
        decision = days.minutes(3)[-1]
        assert days.on["boiler"]
        assert "missing at 18:00" in decision.details["devices"]["boiler"]

    def test_a_new_day_starts_afresh(self):
        """At day_start the day's energy is 0 again, and what flowed before belongs to the day before."""
        days = Days(now=Days().now.replace(hour=5, minute=30))
        days.follow({"boiler": [1] * 8})
        days.minutes(20)
        days.pass_(20)  # no run between 5:50 and 6:10
        days.run()
        assert days.stored("boiler") == pytest.approx(2 / 6, abs=0.01)

    def test_it_stops_when_it_has_its_energy(self):
        """4 kWh at 2 kW are two hours, not three."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 12})
        days.minutes(180)
        on = [at for at, _name, to in days.moves if to]
        off = [at for at, _name, to in days.moves if not to]
        assert off[0] - on[0] == pytest.approx(timedelta(hours=2), abs=timedelta(minutes=2))


class TestFull:
    """Full, and what only looks like it."""

    def test_a_thermostat_that_opens(self):
        """On, and drawing next to nothing in two readings a minute apart after it had drawn: full, off."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 12})
        days.minutes(20)
        days.hungry["boiler"] = False
        days.minutes(1)
        assert days.on["boiler"]
        days.minutes(2)
        assert not days.on["boiler"]
        assert days.memory.full == ("boiler",)
        assert days.stored("boiler") == 4.0

    def test_unplugged_is_not_full(self):
        """A load that never drew since it was switched on is not full; that is said."""
        days = Days(BOILER)
        days.hungry["boiler"] = False
        days.follow({"boiler": [1] * 12})
        decisions = days.minutes(30)
        assert days.memory.full == ()
        assert "unplugged?" in decisions[-1].because
        assert days.stored("boiler") == 0

    def test_two_readings_within_seconds_are_one(self):
        """A pump that pauses for seconds is not a full tank."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 12})
        days.minutes(20)
        days.hungry["boiler"] = False
        for _ in range(3):
            days.run()
            days.now += timedelta(seconds=10)
        assert days.memory.full == ()

    def test_full_again_tomorrow(self):
        """Full ends with the day."""
        days = Days(BOILER)
        days.memory = Memory(day=days.now.date(), full=("boiler",), stored_kwh={"boiler": 4.0})
        days.now += timedelta(days=1)
        days.run()
        assert days.memory.full == ()
        assert days.stored("boiler") == 0

    def test_more_sun_for_a_full_tank(self):
        """An hour after it was full, sun that would be exported may go into it again."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 12})
        days.minutes(20)
        days.hungry["boiler"] = False
        days.sun_w = 5000
        days.minutes(30)
        assert not days.on["boiler"]
        days.hungry["boiler"] = True
        decisions = days.minutes(60)
        assert days.on["boiler"]
        asked = [one.because for one in decisions if "was full, is asked whether it takes more" in one.because]
        assert "are there; on if they stay" in asked[0]  # off still: two readings must agree
        assert "stay" not in asked[1]

    def test_a_full_tank_is_not_asked_all_the_time(self):
        """A full load that takes no more sun is offered it once an hour, not each minute."""
        days = Days(BIKE)
        days.sun_w = 500
        days.minutes(5)
        days.hungry["bike"] = False
        days.minutes(600)
        assert len(days.moves) <= 20


class TestHands:
    """Somebody presses the button."""

    def test_on_by_hand_until_full(self):
        """Switched on by hand it stays on against the plan, until it is full."""
        days = Days(BOILER)
        days.follow({})
        days.minutes(2)
        days.on["boiler"] = True
        decisions = days.minutes(40)
        assert days.on["boiler"]
        assert "by hand" in decisions[-1].because
        days.hungry["boiler"] = False
        days.minutes(3)
        assert not days.on["boiler"]

    def test_off_by_hand_until_the_next_day(self):
        """Switched off by hand it stays off against the plan, until the next day_start."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 72})
        days.minutes(20)
        days.on["boiler"] = False
        days.minutes(60)
        assert not days.on["boiler"]
        days.now = days.now.replace(hour=6, minute=1) + timedelta(days=1)
        days.follow({"boiler": [1] * 8})
        days.minutes(1)
        assert days.on["boiler"]

    def test_given_back(self):
        """Switched back by hand, it is ours again."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 72})
        days.minutes(20)
        days.on["boiler"] = False
        days.minutes(5)
        days.on["boiler"] = True
        decision = days.minutes(2)[-1]
        assert "planned" in decision.because

    def test_a_failed_command_is_no_hand(self):
        """A socket that did not obey was not switched by hand: it is tried again."""
        days = Days(BOILER)
        days.follow({"boiler": [1] * 72})
        days.failing.add("boiler")
        days.minutes(3)
        days.failing.clear()
        days.minutes(1)
        assert days.on["boiler"]

    def test_the_first_look_is_no_hand(self):
        """What is on before the first run was not switched by hand."""
        days = Days(BOILER)
        days.on["boiler"] = True
        days.follow({})
        days.minutes(3)
        assert not days.on["boiler"]

    def test_a_hand_does_not_break_the_grid_limit(self):
        """Switched on by hand beyond the grid limit it goes off."""
        days = Days(BOILER, grid_limit_w=1500)
        days.follow({})
        days.minutes(2)
        days.on["boiler"] = True
        days.minutes(2)
        assert not days.on["boiler"]


class TestMinimumTimes:
    """Compressors and door locks."""

    def test_minimum_time_on(self):
        """A load that was started runs its time, plan or not."""
        days = Days(BOILER)
        days.follow({"boiler": [1]})
        days.minutes(1)
        days.follow({})
        decisions = days.minutes(14)
        assert days.on["boiler"]
        assert decisions[5].reason is Reason.WAITING
        days.minutes(2)
        assert not days.on["boiler"]

    def test_minimum_pause(self):
        """A load that was stopped rests its time."""
        days = Days(BOILER)
        days.follow({"boiler": [1]})
        days.minutes(20)
        assert not days.on["boiler"]
        stopped = days.moves[-1][0]
        days.follow({"boiler": [1] * 8})
        days.minutes(20)
        assert days.moves[-1][0] - stopped >= timedelta(minutes=14, seconds=55)
