"""thermostat-step's timelines: a day from top to bottom, failures, persons."""

from __future__ import annotations

from dataclasses import replace

from solarctl.control.thermostat_step import (
    Reason,
)
from solarctl.decision import Outcome
from solarctl.errors import Exit
from tests.thermostat.step_day import (
    HALL,
    SETTINGS,
    Day,
)


def test_a_day_from_top_to_bottom() -> None:
    """The battery falls slowly: 2, 2 and 4 degrees warmer, held in between, and back to the schedule at night."""
    day = Day(replace(SETTINGS, ceiling_deg=90.0))
    reasons = [day.run(hour, soc).reason for hour, soc in [(13, 80), (14, 70), (15, 50), (15.25, 48), (17, 34)]]
    reasons += [day.run(hour, soc).reason for hour, soc in [(18, 19), (19.75, 12), (20, 11), (20.25, 11)]]
    assert reasons == [
        Reason.OUTSIDE_WINDOW,
        Reason.HOLD,
        Reason.STEPPED,
        Reason.HOLD,
        Reason.STEPPED,
        Reason.STEPPED,
        Reason.HOLD,
        Reason.RESTORED,
        Reason.OUTSIDE_WINDOW,
    ]
    assert day.writes == [("hall", 80), ("hall", 82), ("hall", 86), ("hall", True)]


def test_a_half_failed_run_is_repeated_safely() -> None:
    """The study fails at 15:00 and 15:15, the hall does not: only the study is written again, to the same target."""
    day = Day(names=("hall", "study"))
    day.failing["study"] = Outcome.FAILED
    day.run(15, 50)
    day.run(15.25, 49)
    assert day.writes == [("hall", 80)]
    del day.failing["study"]
    repeated = day.run(15.5, 48)
    assert repeated.reason is Reason.HOLD
    assert day.writes == [("hall", 80), ("study", 80)]
    day.run(15.75, 47)
    assert day.writes == [("hall", 80), ("study", 80)]


def test_a_silent_thermostat_gets_its_step_later() -> None:
    """A thermostat that is off line when the step falls due gets it when it is back, from its own baseline."""
    day = Day(names=("hall", "study"))
    day.silent.add("study")
    assert day.run(15, 50).exit_code == Exit.TRY_AGAIN
    day.silent.clear()
    assert day.run(15.25, 50).exit_code == Exit.OK
    assert day.writes == [("hall", 80), ("study", 80)]


def test_a_late_confirmation_is_neither_repeated_nor_a_person() -> None:
    """A change that the portal shows only at the next run is counted as ours."""
    day = Day()
    day.failing["hall"] = Outcome.PENDING
    day.run(15, 50)
    day.show["hall"] = replace(HALL, setpoint_deg=80.0, hold="temporary")
    day.failing.clear()
    decision = day.run(15.25, 49)
    assert "somebody" not in decision.because
    assert day.writes == []
    day.run(15.5, 34)
    assert day.writes == [("hall", 82)]


def test_a_change_that_never_arrived_is_sent_again() -> None:
    """A thermostat that still shows the old setpoint after a pending change gets the target again."""
    day = Day()
    day.failing["hall"] = Outcome.PENDING
    day.run(15, 50)
    day.failing.clear()
    day.run(15.25, 49)
    assert day.writes == [("hall", 80)]


def test_a_persons_change_stays_until_the_window_ends() -> None:
    """74 °F set by hand at 16:00 outlives two further steps and the end of the window; tomorrow is another day."""
    day = Day()
    day.run(15, 50)
    day.show["hall"] = replace(HALL, setpoint_deg=74.0, hold="permanent")
    assert "somebody else" in day.run(16, 45).because
    day.run(17, 34)
    day.run(18, 15)
    assert day.run(20, 10).reason is Reason.OUTSIDE_WINDOW
    assert day.writes == [("hall", 80)]
    day.run(15, 50, day=1)
    assert day.writes == [("hall", 80), ("hall", 80)]


def test_a_person_who_warms_back_is_respected_too() -> None:
    """Back to the schedule by hand counts as a choice."""
    day = Day()
    day.run(15, 50)
    day.show["hall"] = HALL
    day.run(17, 34)
    assert day.writes == [("hall", 80)]


def test_the_count_starts_afresh_with_the_date() -> None:
    """No cron line resets anything: the next day's first step is the first again."""
    day = Day()
    day.run(15, 18)
    assert day.memory.reached == 3
    day.run(20.5, 15)
    day.run(14.5, 70, day=1)
    assert (day.memory.reached, day.memory.offset_deg) == (0, 0)
    day.run(16, 50, day=1)
    assert day.writes[-1] == ("hall", 80)


def test_no_run_after_the_window_does_no_harm() -> None:
    """Holds end by themselves; where they cannot, the next day still knows the setpoint from before."""
    day = Day()
    day.show["hall"] = replace(HALL, schedule_setpoint_deg=None, hold="permanent")
    day.run(15, 18)
    assert day.show["hall"].setpoint_deg == 82
    day.run(15, 50, day=1)
    assert day.memory.touched["hall"].baseline_deg == 78
    assert day.show["hall"].setpoint_deg == 82  # never lower than it is
    day.run(20, 50, day=1)
    assert day.show["hall"].setpoint_deg == 78


def test_an_ended_hold_needs_no_restoring() -> None:
    """At 20:30 the hold has ended by itself: nothing is written."""
    day = Day()
    day.run(15, 50)
    day.show["hall"] = HALL
    assert day.run(20.5, 40).reason is Reason.OUTSIDE_WINDOW
    assert day.writes == [("hall", 80)]
    assert not day.memory.touched
