"""thermostat-step's end: what is restored, holds, and what each thermostat is like."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.setpoints import Span
from solarctl.control.stepped_thermostat import Touched
from solarctl.control.thermostat_step import (
    Memory,
    Reason,
    wants_thermostats,
)
from solarctl.decision import Outcome, ResumeSchedule, SetCoolSetpoint
from solarctl.errors import Exit
from solarctl.readings import ThermostatReading
from tests.thermostat.step_day import (
    DAY,
    ENDS,
    HALL,
    PEAKS,
    SETTINGS,
    THREE,
    WINDOWS,
    Day,
    at_state,
    battery,
    stepped,
)

RESTORE = [
    ("schedule", HALL, [ResumeSchedule("hall")]),
    ("schedule", replace(HALL, schedule_setpoint_deg=None), [SetCoolSetpoint("hall", 78)]),
    ("saved", HALL, [SetCoolSetpoint("hall", 78)]),
    ("none", HALL, []),
]


@pytest.mark.parametrize(("how", "hall", "actions"), RESTORE)
def test_restore(how: str, hall: ThermostatReading, actions: list[object]) -> None:
    """After the window: the schedule, the setpoint from before, or nothing."""
    day = Day(replace(SETTINGS, restore=how))
    day.show["hall"] = replace(hall, hold="temporary" if hall.schedule_setpoint_deg else "permanent")
    day.run(15, 50)
    decision = day.run(20, 40)
    assert list(decision.actions) == actions
    assert decision.reason is (Reason.RESTORED if actions else Reason.OUTSIDE_WINDOW)
    assert list(day.run(20.25, 40).actions) == []


def test_a_failed_restore_is_tried_again() -> None:
    """A thermostat that is silent, or refuses, after the window is restored by a later run."""
    day = Day(names=("hall", "study"))
    day.run(15, 50)
    day.silent.add("study")
    day.failing["hall"] = Outcome.FAILED
    assert day.run(20, 40).exit_code == Exit.TRY_AGAIN
    day.silent.clear()
    day.failing.clear()
    assert day.run(20.25, 40).reason is Reason.RESTORED
    assert day.run(20.5, 40).reason is Reason.OUTSIDE_WINDOW
    assert day.writes[2:] == [("hall", True), ("study", True)]


def test_precool_before_the_step() -> None:
    """At 14:00 the precool hold may still show 67: the baseline is what the house was set to before it."""
    hall = replace(HALL, setpoint_deg=67.0, hold="temporary", schedule_setpoint_deg=None)
    decision = stepped(50, hall=hall, precooled_from={"hall": 78})
    assert decision.actions == [SetCoolSetpoint("hall", 80, ENDS)]
    assert decision.memory is not None
    assert decision.memory.touched["hall"].found_deg == 78


def test_the_schedules_setpoint_is_the_baseline() -> None:
    """A thermostat that tells its schedule is stepped from there, whatever it shows."""
    hall = replace(HALL, setpoint_deg=76.0, hold="permanent")
    assert [one.to for one in stepped(50, hall=hall).actions] == [80]


def test_never_lower_than_it_is() -> None:
    """A warmer house is not cooled by a step."""
    decision = stepped(50, hall=replace(HALL, setpoint_deg=81.0, hold="permanent"))
    assert list(decision.actions) == []
    assert "81 °F already" in decision.because


@pytest.mark.parametrize(("mode", "hold"), [("off", None), ("heat", "schedule"), ("cool", "vacation")])
def test_a_thermostat_that_does_not_cool_is_left_alone(mode: str, hold: str | None) -> None:
    """Off, heating or on vacation: its cooling setpoint is nobody's business."""
    decision = stepped(50, hall=replace(HALL, mode=mode, hold=hold))
    assert list(decision.actions) == []
    assert "left alone" in decision.because


def test_a_thermostat_that_does_not_tell_its_setpoint() -> None:
    """It is tried again by the next run, which catches up, and the others are stepped meanwhile."""
    mute = replace(HALL, setpoint_deg=None)
    decision = stepped(50, hall=mute)
    assert list(decision.actions) == []
    assert decision.exit_code == Exit.TRY_AGAIN
    assert "Hall does not tell its setpoint; the next run tries again." in decision.because
    later = stepped(49, decision.memory)
    assert [one.to for one in later.actions] == [80]
    assert later.exit_code == Exit.OK
    off = stepped(50, hall=replace(mute, mode="off"))
    assert (off.exit_code, "set to off" in off.because) == (Exit.OK, True)


def test_celsius() -> None:
    """A house that counts in °C steps by 1, 1 and 2 °C up to 27.5 °C by default."""
    hall = replace(HALL, setpoint_deg=25.5, schedule_setpoint_deg=25.5, cool_max_deg=37.0, unit="C")
    assert [one.to for one in stepped(50, hall=hall, unit="C").actions] == [26.5]
    assert [one.to for one in stepped(18, hall=hall, unit="C").actions] == [27.5]


def test_a_display_that_rounds_is_no_person() -> None:
    """80 °F on a °C thermostat reads 79.7 °F: nobody touched it, and it is not written again."""
    memory = Memory(DAY.date(), 1, 2.0, {"hall": Touched(78, 78, set_deg=80)}, window_end=PEAKS[0].end)
    decision = stepped(48, memory, replace(HALL, setpoint_deg=79.7, hold="temporary"))
    assert decision.actions == [SetCoolSetpoint("hall", 79.7, ENDS)]
    assert "somebody" not in decision.because


LATE = [
    (DAY.replace(hour=17), DAY.replace(hour=21), DAY.replace(hour=21, minute=15)),
    (THREE, THREE.replace(hour=16), ENDS),
]


@pytest.mark.parametrize(("start", "end", "hold_ends"), LATE)
def test_holds_outlast_the_window(start: datetime, end: datetime, hold_ends: datetime) -> None:
    """A hold ends at `until`, or 15 minutes after a window that ends later."""
    decision = stepped(50, now=start, peaks=[Span(start, end)])
    assert decision.actions == [SetCoolSetpoint("hall", 80, hold_ends)]


def test_the_grid_warning_stands_in_its_own_right() -> None:
    """Import above the limit is said whatever the battery does, and marked to be told once a day."""
    quiet = stepped(80, grid_w=500)
    assert "grid" not in quiet.because
    assert not quiet.details
    first = stepped(80, grid_w=812.4)
    assert first.reason is Reason.HOLD
    assert "812 W from the grid, more than 500 W" in first.because
    assert first.details == {"tell": True}
    second = stepped(80, first.memory, grid_w=900)
    assert "900 W from the grid" in second.because
    assert not second.details
    blind = stepped(None, grid_w=900)
    assert blind.reason is Reason.NO_READING
    assert "900 W" in blind.because
    assert "grid" not in stepped(80, grid_w=900, rules=replace(SETTINGS, grid_warn_w=0)).because


def test_the_portal_is_asked_only_when_it_matters() -> None:
    """Without a step due, and none taken in this window, nobody polls the thermostats."""
    ask = lambda soc, memory, now=THREE, rules=SETTINGS: wants_thermostats(  # noqa: E731
        battery(soc, at=now), rules, memory, now, PEAKS, "F"
    )
    late = DAY.replace(hour=21)
    assert not ask(80, Memory())
    assert ask(50, Memory())
    assert ask(80, at_state(1))
    assert not ask(None, at_state(1))
    assert not ask(50, Memory(), late)
    assert ask(50, at_state(1), late)
    assert not ask(50, at_state(1), late, replace(SETTINGS, restore="none"))


def test_all_reasons_are_in_the_tables() -> None:
    """No reason is left without an example."""
    shown = {row[2] for row in WINDOWS} | {Reason.HOLD, Reason.NO_READING, Reason.RESTORED}
    assert shown == set(Reason)


half_degrees = st.integers(100, 190).map(lambda half: half / 2)


@settings(max_examples=200, deadline=None)
@given(
    runs=st.lists(
        st.tuples(
            st.sampled_from([13.5, 14, 15, 16, 17, 18, 19, 19.75, 20, 21]),
            st.none() | st.floats(0, 100),
            st.none() | half_degrees,  # what a person sets before the run
            st.sampled_from([Outcome.DONE, Outcome.PENDING, Outcome.FAILED]),
        ),
        max_size=8,
    ),
    start=half_degrees,
    schedule=st.none() | half_degrees,
    ceiling=st.integers(75, 90),
    cumulative=st.booleans(),
)
def test_the_envelope(
    runs: list[tuple[float, float | None, float | None, Outcome]],
    start: float,
    schedule: float | None,
    ceiling: float,
    cumulative: bool,
) -> None:
    """In a window no run ever sets a thermostat above the ceiling, or lower than it shows; each step counts once."""
    day = Day(replace(SETTINGS, ceiling_deg=float(ceiling), cumulative=cumulative))
    day.show["hall"] = replace(HALL, setpoint_deg=start, schedule_setpoint_deg=schedule, hold="permanent")
    for hour, soc_pct, by_hand, outcome in sorted(runs, key=lambda run: run[0]):
        if by_hand is not None:
            day.show["hall"] = replace(day.show["hall"], setpoint_deg=by_hand, hold="permanent")
        day.failing["hall"] = outcome
        present = day.show["hall"].setpoint_deg
        assert present is not None
        offset = day.memory.offset_deg
        decision = day.run(hour, soc_pct)
        assert decision.because
        assert offset <= day.memory.offset_deg <= 8
        for action in decision.actions:
            if isinstance(action, SetCoolSetpoint) and decision.reason in (Reason.STEPPED, Reason.HOLD):
                assert present <= action.to <= ceiling
                assert action.until == ENDS
