"""thermostat-step's rule: steps, holds, repetitions, people, ceilings, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.setpoints import Span
from solarctl.control.stepped_thermostat import Touched
from solarctl.control.thermostat_step import (
    Memory,
    Reason,
    Settings,
    Step,
    decide,
    remember,
    wants_thermostats,
)
from solarctl.decision import Carried, Decision, Outcome, ResumeSchedule, SetCoolSetpoint
from solarctl.errors import Exit
from solarctl.readings import BatteryReading, GridReading, ThermostatReading

PHOENIX = ZoneInfo("America/Phoenix")
DAY = datetime(2026, 7, 15, tzinfo=PHOENIX)
THREE = DAY.replace(hour=15)
PEAKS = [Span(DAY.replace(hour=14), DAY.replace(hour=20))]
ENDS = DAY.replace(hour=20, minute=15)
SETTINGS = Settings("powerwall", ("hall",))
HALL = ThermostatReading(
    at=THREE,
    setpoint_deg=78.0,
    heat_setpoint_deg=66.0,
    mode="cool",
    hold="schedule",
    schedule_setpoint_deg=78.0,
    cool_min_deg=50,
    cool_max_deg=99,
)


def battery(soc_pct: float | None, battery_w: float | None = 3000, at: datetime = THREE) -> BatteryReading | None:
    return None if soc_pct is None else BatteryReading(at=at, soc_pct=soc_pct, battery_w=battery_w)


def stepped(
    soc_pct: float | None,
    memory: Memory | None = None,
    hall: ThermostatReading | None = HALL,
    *,
    rules: Settings = SETTINGS,
    now: datetime = THREE,
    peaks: list[Span] | None = PEAKS,
    grid_w: float | None = None,
    battery_w: float | None = 3000,
    precooled_from: Mapping[str, float] | None = None,
    unit: str = "F",
) -> Decision[Memory]:
    grid = None if grid_w is None else GridReading(at=now, grid_w=grid_w)
    return decide(
        battery(soc_pct, battery_w, now),
        grid,
        {"hall": hall},
        rules,
        memory or Memory(),
        now,
        peaks,
        precooled_from=precooled_from,
        unit=unit,
    )


def at_state(reached: int) -> Memory:
    """Return what today's earlier runs left behind when they had reached this many of the seed's steps."""
    offset = {0: 0.0, 1: 2.0, 2: 4.0, 3: 8.0}[reached]
    touched = {"hall": Touched(78, 78, set_deg=78 + offset)} if reached else {}
    end = PEAKS[0].end if reached else None
    return Memory(DAY.date(), reached, offset, touched, window_end=end)


# worked examples: charge, steps reached before, degrees added (the seed's way; all crossed steps), steps reached now
STEPS = [
    (100, 0, 0, 0, 0),
    (51, 0, 0, 0, 0),
    (50.9, 0, 0, 0, 0),  # as a float; the seed floored it to 50 and stepped
    (50, 0, 2, 2, 1),
    (50, 1, 0, 0, 1),
    (36, 1, 0, 0, 1),
    (35, 0, 2, 4, 2),
    (35, 1, 2, 2, 2),
    (18, 0, 4, 8, 3),
    (20, 2, 4, 4, 3),
    (21, 1, 2, 2, 2),
    (18, 3, 0, 0, 3),
    (60, 2, 0, 0, 2),  # recovered: no step back
]


@pytest.mark.parametrize(("soc_pct", "before", "added", "all_added", "reached"), STEPS)
@pytest.mark.parametrize("cumulative", [False, True])
def test_steps(soc_pct: float, before: int, added: float, all_added: float, reached: int, cumulative: bool) -> None:
    """Each step counts once a day; of several at once the deepest counts, or all of them."""
    memory = at_state(before)
    hall = replace(HALL, setpoint_deg=78 + memory.offset_deg, hold="temporary") if before else HALL
    rules = replace(SETTINGS, cumulative=cumulative, ceiling_deg=99.0)
    decision = stepped(soc_pct, memory, hall, rules=rules)
    wanted = all_added if cumulative else added
    assert decision.memory is not None
    assert decision.memory.offset_deg - memory.offset_deg == wanted
    assert decision.memory.reached == reached
    assert decision.reason is (Reason.STEPPED if wanted else Reason.HOLD)
    if wanted:
        assert decision.actions == [SetCoolSetpoint("hall", 78 + memory.offset_deg + wanted, ENDS)]


def test_steps_may_be_written_in_any_order() -> None:
    """The order in the config does not matter; two steps at one charge are a mistake."""
    rules = replace(SETTINGS, steps=(Step(20, 3), Step(60, 1)))
    decision = stepped(55, rules=rules)
    assert decision.actions == [SetCoolSetpoint("hall", 79, ENDS)]
    assert [key for key, _ in replace(rules, steps=(Step(20, 3), Step(20, 1))).problems()] == ["steps"]
    assert [key for key, _ in replace(rules, thermostats=()).problems()] == ["thermostats"]


CEILINGS = [
    (replace(HALL, setpoint_deg=78.0), 80, [80]),  # +4 clipped
    (replace(HALL, setpoint_deg=80.0, hold="permanent"), 80, [80]),  # there already: nothing is written
    (replace(HALL, setpoint_deg=84.0, hold="permanent"), 80, []),  # warmer by a person's choice
    (replace(HALL, cool_max_deg=79.0), 82, [79]),  # the thermostat's own limit
]


@pytest.mark.parametrize(("hall", "ceiling", "targets"), CEILINGS)
def test_the_ceiling(hall: ThermostatReading, ceiling: float, targets: list[float]) -> None:
    """No setpoint above the ceiling or the thermostat's own limit; the step counts all the same."""
    decision = stepped(20, hall=hall, rules=replace(SETTINGS, ceiling_deg=ceiling))
    assert [one.to for one in decision.actions] == targets
    assert decision.reason is Reason.STEPPED
    assert decision.memory is not None
    assert decision.memory.reached == 3


WINDOWS = [
    (DAY.replace(hour=13, minute=59), PEAKS, Reason.OUTSIDE_WINDOW),
    (DAY.replace(hour=14), PEAKS, Reason.STEPPED),
    (DAY.replace(hour=19, minute=59), PEAKS, Reason.STEPPED),
    (DAY.replace(hour=20), PEAKS, Reason.OUTSIDE_WINDOW),
    (THREE, [], Reason.OUTSIDE_WINDOW),  # a holiday
    (THREE, None, Reason.STEPPED),  # no tariff: cron chooses the hours
    (DAY.replace(hour=20, minute=15), None, Reason.OUTSIDE_WINDOW),
]


@pytest.mark.parametrize(("now", "peaks", "reason"), WINDOWS)
def test_the_window(now: datetime, peaks: list[Span] | None, reason: Reason) -> None:
    """Steps are taken while power is dear, and only then."""
    decision = stepped(40, now=now, peaks=peaks)
    assert decision.reason is reason
    assert bool(decision.actions) is (reason is Reason.STEPPED)
    assert decision.exit_code == Exit.OK


UNKNOWN = [
    (None, None, "not known"),
    (BatteryReading(at=THREE, soc_pct=None), None, "not known"),
    (BatteryReading(at=THREE - timedelta(minutes=45), soc_pct=10), None, "45 min old"),
    (BatteryReading(at=THREE, soc_pct=0.4, battery_w=0), None, "glitch"),  # Powerwall 3 while it calibrates
]


@pytest.mark.parametrize(("reading", "grid", "words"), UNKNOWN)
def test_no_reading(reading: BatteryReading | None, grid: None, words: str) -> None:
    """An unknown, old or implausible charge moves no thermostat and asks for another try."""
    decision = decide(reading, grid, {"hall": HALL}, SETTINGS, Memory(), THREE, PEAKS)
    assert (decision.reason, decision.exit_code, list(decision.actions)) == (Reason.NO_READING, Exit.TRY_AGAIN, [])
    assert words in decision.because
    assert decision.memory is not None
    assert decision.memory.reached == 0


def test_an_empty_battery_that_works_is_believed() -> None:
    """0.4 % while discharging is an empty battery."""
    assert stepped(0.4, battery_w=800).reason is Reason.STEPPED


class Day:
    """A day's runs with a thermostat that does as it is told, fails, or is set by a person."""

    def __init__(self, rules: Settings = SETTINGS, names: tuple[str, ...] = ("hall",)) -> None:
        self.rules = replace(rules, thermostats=names)
        self.memory = Memory()
        self.show = dict.fromkeys(names, HALL)
        self.silent: set[str] = set()
        self.failing: dict[str, Outcome] = {}
        self.writes: list[tuple[str, object]] = []

    def run(
        self, hour: float, soc_pct: float | None, *, day: int = 0, peaks: list[Span] | None = None
    ) -> Decision[Memory]:
        now = DAY + timedelta(days=day, hours=hour)
        shift = timedelta(days=day)
        today = [Span(p.start + shift, p.end + shift) for p in PEAKS]
        shown = {name: None if name in self.silent else reading for name, reading in self.show.items()}
        decision = decide(battery(soc_pct, at=now), None, shown, self.rules, self.memory, now, today)
        assert decision.memory is not None
        carried = [self._carry(action, now) for action in decision.actions]
        self.memory = remember(decision.memory, carried)
        return decision

    def _carry(self, action: object, now: datetime) -> Carried:
        assert isinstance(action, SetCoolSetpoint | ResumeSchedule)
        name = action.device
        reading = self.show[name]
        outcome = self.failing.get(name, Outcome.DONE)
        if isinstance(action, SetCoolSetpoint) and action.to == reading.setpoint_deg:
            outcome = Outcome.UNCHANGED
        elif outcome is Outcome.DONE:
            self.writes.append((name, action.to))
            if isinstance(action, SetCoolSetpoint):
                hold = "temporary" if action.until else "permanent"
                self.show[name] = replace(reading, setpoint_deg=action.to, hold=hold)
            else:
                self.show[name] = replace(reading, setpoint_deg=reading.schedule_setpoint_deg, hold="schedule")
        return Carried(action, outcome, now)


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
