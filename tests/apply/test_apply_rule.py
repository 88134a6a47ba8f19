"""`apply`, one decision at a time: which reason, and where each relay should be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from solarctl.control.apply import Reason, usable
from solarctl.control.apply_memory import Track
from solarctl.control.plan_settings import day_of
from solarctl.decision import SetMode, SetPermissions
from solarctl.errors import Exit
from solarctl.forced import Forced
from solarctl.readings import BatteryReading
from tests.apply.house import BIKE, BOILER, NOON, SIX, ZONE, Days

SUNNY = [2600.0] * 40


def seen_before(days: Days, **tracks: Track) -> None:
    """Let a run have been here a minute ago."""
    days.memory = replace(days.memory, day=day_of(days.now, SIX), tracks=tracks)


# what the plan says of boiler and bike, what the sun leaves over, how many readings agreed before, and the answer
TABLE = [
    ("planned at night", {"boiler": [1]}, 0.0, -200, 0, Reason.PLANNED, {"boiler": True, "bike": False}),
    ("planned, sun is there", {"boiler": [1]}, SUNNY, 2100, 0, Reason.PLANNED, {"boiler": True, "bike": False}),
    ("a cloud does not start it", {"boiler": [1] * 8}, SUNNY, 100, 0, Reason.WAITING, {"boiler": False, "bike": False}),
    ("unexpected sun, first reading", {}, 0.0, 2400, 0, Reason.WAITING, {"boiler": False, "bike": False}),
    ("unexpected sun, second reading", {}, 0.0, 2400, 1, Reason.SURPLUS, {"boiler": True, "bike": True}),
    ("sun for the small one", {}, 0.0, 300, 1, Reason.SURPLUS, {"boiler": False, "bike": True}),
    (
        "surplus only, planned without sun",
        {"bike": [1]},
        SUNNY,
        50,
        0,
        Reason.WAITING,
        {"boiler": False, "bike": False},
    ),
    ("nothing planned", {}, 0.0, 100, 0, Reason.PLANNED, {"boiler": False, "bike": False}),
    ("no plan", None, 0.0, 2400, 1, Reason.NO_PLAN, {"boiler": True, "bike": True}),
]
ELSEWHERE = {Reason.DEADLINE, Reason.LIMIT, Reason.NO_READING}  # tested below


@pytest.mark.parametrize(("case", "plan", "solar_w", "sun_w", "agreed", "reason", "positions"), TABLE)
def test_table(case, plan, solar_w, sun_w, agreed, reason, positions):
    """Plan and measured sun together decide."""
    days = Days()
    if plan is not None:
        days.follow(plan, solar_w)
    days.sun_w = sun_w
    track = Track(enough=agreed)
    seen_before(days, boiler=track, bike=track)
    decision = days.run()
    assert (decision.reason, days.on) == (reason, positions), decision.because
    assert decision.exit_code == Exit.OK
    assert case


def test_the_table_uses_every_reason():
    """No reason is left untested."""
    assert {row[5] for row in TABLE} | ELSEWHERE == set(Reason)


def test_a_deadline():
    """What is missing takes all the time that is left: on, whatever the plan says."""
    days = Days(replace(BOILER, deadline=time(14)), BIKE)
    days.follow({})
    decision = days.run()
    assert decision.reason is Reason.DEADLINE
    assert days.on["boiler"]
    assert "4.0 kWh are missing at 14:00" in decision.because


def test_a_missed_deadline_is_made_up_for():
    """After the deadline the need is still there until the day ends."""
    days = Days(replace(BOILER, deadline=time(10)), now=NOON.replace(hour=7))
    days.run()
    days.pass_(5 * 60)
    assert days.run().reason is Reason.DEADLINE or days.on["boiler"]


class TestPlan:
    """Which plans are followed."""

    def test_other_settings(self):
        """A plan that was made with other settings is refused."""
        days = Days()
        days.follow({"boiler": [1]})
        days.settings = replace(days.settings, base_load_w=300.0)
        decision = days.run()
        assert decision.reason is Reason.NO_PLAN
        assert "other settings" in decision.because
        assert not days.on["boiler"]

    def test_a_plan_that_is_over(self):
        """A plan that does not cover now is refused."""
        days = Days()
        days.follow({"boiler": [1] * 72})
        days.now += timedelta(hours=18)
        assert usable(days.plan, days.settings, days.now) == "the plan does not cover now"
        days.now -= timedelta(minutes=1)
        assert usable(days.plan, days.settings, days.now) == ""


class TestBlind:
    """Without a fresh meter nothing starts for the sun."""

    @pytest.mark.parametrize("how", ["silent", "stale", "battery"])
    def test_no_reading(self, how):
        """Needs follow the plan; what needs sun does not start; the run tries again."""
        days = Days(battery="battery" if how == "battery" else "")
        days.follow({"boiler": [1], "bike": [1]}, SUNNY)
        days.sun_w = 5000
        if how == "silent":
            days.silent.add("p1")
        if how == "stale":
            days.meter_age_s = 300
        seen_before(days, boiler=Track(enough=9), bike=Track(enough=9))
        decision = days.run()
        assert (decision.reason, decision.exit_code) == (Reason.NO_READING, Exit.TRY_AGAIN)
        assert days.on == {"boiler": True, "bike": False}

    def test_what_runs_on_sun_goes_off_after_a_while(self):
        """For ten minutes of silence it goes on; then off."""
        days = Days(replace(BIKE, min_on_min=0))
        days.sun_w = 500
        days.minutes(3)
        assert days.on["bike"]
        days.silent.add("p1")
        days.minutes(10)
        assert days.on["bike"]
        days.minutes(1)
        assert not days.on["bike"]


class TestLimit:
    """The grid limit."""

    def test_a_start_that_would_exceed_it(self):
        """A planned load waits while the house draws too much."""
        days = Days(grid_limit_w=3000)
        days.follow({"boiler": [1]})
        days.sun_w = -1500
        decision = days.run()
        assert decision.reason is Reason.LIMIT
        assert not days.on["boiler"]

    def test_exceeded_it_sheds_the_last(self):
        """When it is exceeded the load that is served last goes first, minimum time or not."""
        other = replace(BOILER, device="other", priority=2, power_w=1500)
        days = Days(BOILER, other, grid_limit_w=4500)
        days.follow({"boiler": [1] * 9, "other": [1] * 9})
        days.run()
        assert days.on == {"boiler": True, "other": True}
        days.pass_()
        days.sun_w = -2000
        assert days.run().reason is Reason.LIMIT
        assert days.on == {"boiler": True, "other": False}

    def test_unknown_import(self):
        """Without a meter what is on counts as if there were no sun."""
        days = Days(BOILER, replace(BOILER, device="other"), grid_limit_w=3000)
        days.follow({"boiler": [1], "other": [1]})
        days.silent.add("p1")
        days.run()
        assert sorted(days.on.values()) == [False, True]


class TestForced:
    """What a person has forced goes before everything but limits."""

    @pytest.mark.parametrize(
        ("record", "on"),
        [
            (Forced("boiler", NOON + timedelta(hours=2)), True),
            (Forced("boiler", NOON + timedelta(hours=2), power_w=2000), True),
            (Forced("boiler", NOON + timedelta(hours=2), power_w=0), False),
            (Forced("boiler", NOON + timedelta(hours=2), mode="off"), False),
        ],
    )
    def test_forced(self, record, on):
        """On or off until it ends."""
        days = Days()
        days.follow({} if on else {"boiler": [1]})
        days.forced = {"boiler": record}
        decision = days.run()
        assert days.on["boiler"] is on
        assert "forced" in decision.because
        assert "14:00" in decision.because


class TestBattery:
    """The home battery and the loads."""

    def reading(self, days, soc_pct, battery_w):
        return BatteryReading(at=days.now, soc_pct=soc_pct, battery_w=battery_w)

    def test_its_charging_is_surplus(self):
        """What flows into the battery can go into a load instead; what flows out is no sun."""
        days = Days(BIKE, battery="battery")
        days.sun_w, days.battery = 300, self.reading(days, 50, -300)
        assert days.run().details["available_w"] == 300
        days.sun_w, days.battery = -300, self.reading(days, 50, 300)
        assert days.run().details["available_w"] == -300

    def test_the_battery_first(self):
        """A load that waits for the battery does not take its charging power."""
        days = Days(replace(BIKE, min_battery_pct=80), battery="battery")
        days.sun_w, days.battery = 300, self.reading(days, 50, -300)
        days.minutes(3)
        assert not days.on["bike"]
        days.battery = self.reading(days, 85, -300)
        days.minutes(3)
        assert days.on["bike"]

    def test_commanded(self):
        """A commanded battery is told what the plan says, once."""
        days = Days(battery="battery", command_battery=True)
        days.battery = self.reading(days, 50, 0)
        days.follow({})
        days.plan = replace(days.plan, battery_mode=("hold", "to-full", "discharge") + ("free",) * 69)
        told = []
        for decision in days.minutes(61):
            told += [one for one in decision.actions if isinstance(one, (SetPermissions, SetMode))]
        assert told == [
            SetPermissions("p1", ()),
            SetMode("p1", "to_full"),
            SetPermissions("p1", ("discharge_allowed",)),
            SetPermissions("p1", ("charge_allowed", "discharge_allowed")),
        ]


def test_one_dead_socket():
    """A silent socket gets no command; the others are served."""
    days = Days()
    days.follow({"boiler": [1], "bike": [1]}, SUNNY)
    days.sun_w = 2600
    days.silent.add("boiler")
    seen_before(days, bike=Track(enough=1))
    decision = days.run()
    assert [one.device for one in decision.actions] == ["bike"]
    assert "boiler: silent" in decision.because


def test_locked():
    """A socket that is locked on is left alone, and its draw is known."""
    days = Days()
    days.locked.add("boiler")
    decision = days.run()
    assert [one.device for one in decision.actions] == ["bike"]
    assert "locked" in decision.because


@pytest.mark.parametrize(
    "moment", [datetime(2026, 3, 29, 1, 59, tzinfo=ZONE), datetime(2026, 10, 25, 2, 30, tzinfo=ZONE)]
)
def test_clock_changes(moment):
    """On the days when clocks are changed an hour of boiling is an hour."""
    days = Days(now=moment)
    days.follow({"boiler": [1] * 8})
    for _ in range(60):
        days.run()
        days.pass_()
        days.now = days.now.astimezone(ZONE)
    assert days.stored("boiler") == pytest.approx(59 / 30, abs=0.1)
