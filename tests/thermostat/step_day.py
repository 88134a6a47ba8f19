"""One hall, one battery and one peak for thermostat-step's rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from solarctl.control.setpoints import Span
from solarctl.control.stepped_thermostat import Touched
from solarctl.control.thermostat_step import (
    Memory,
    Reason,
    Settings,
    decide,
    remember,
)
from solarctl.decision import Carried, Decision, Outcome, ResumeSchedule, SetCoolSetpoint
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


WINDOWS = [
    (DAY.replace(hour=13, minute=59), PEAKS, Reason.OUTSIDE_WINDOW),
    (DAY.replace(hour=14), PEAKS, Reason.STEPPED),
    (DAY.replace(hour=19, minute=59), PEAKS, Reason.STEPPED),
    (DAY.replace(hour=20), PEAKS, Reason.OUTSIDE_WINDOW),
    (THREE, [], Reason.OUTSIDE_WINDOW),  # a holiday
    (THREE, None, Reason.STEPPED),  # no tariff: cron chooses the hours
    (DAY.replace(hour=20, minute=15), None, Reason.OUTSIDE_WINDOW),
]


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
