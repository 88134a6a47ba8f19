"""A house in a few words, for tests of the rule: readings, a plan, and runs that follow each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.control.apply import House, Memory, Settings, decide, remember
from solarctl.control.plan_settings import Load, settings_hash
from solarctl.control.plan_settings import Settings as PlanSettings
from solarctl.control.plan_words import Bound, Expected, Inputs, Plan
from solarctl.decision import Carried, Decision, Outcome, SwitchTo
from solarctl.readings import BatteryReading, GridReading, SwitchReading

ZONE = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=ZONE)
BOILER = Load("boiler", power_w=2000, capacity_kwh=4)
BIKE = Load("bike", power_w=200, capacity_kwh=0.5, daily_need=False, priority=2)


def planned(settings: PlanSettings, now: datetime, on: dict[str, list[int]], solar_w: Any = 0.0) -> Plan:
    """Return a plan that begins with the present quarter; rows are filled up with 0."""
    count = 72
    start = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    sun = tuple(solar_w) if isinstance(solar_w, list) else (float(solar_w),) * count
    sun += (0.0,) * (count - len(sun))
    rows = {load.device: tuple(on.get(load.device, [])) for load in settings.devices}
    return Plan(
        made_at=now,
        slots=tuple(start + timedelta(minutes=15 * n) for n in range(count)),
        slot_min=15,
        inputs=Inputs(settings_hash(settings), sun, (200.0,) * count, (0.3,) * count, (0.1,) * count),
        devices={name: row + (0,) * (count - len(row)) for name, row in rows.items()},
        battery_w=None,
        expected=Expected(0, 0, 0, {}),
        bound=Bound(0, 0),
        why={},
    )


class Days:
    """Runs one after the other: sockets that obey, counters that count, a meter that follows."""

    def __init__(self, *loads: Load, now: datetime = NOON, **keys: Any) -> None:
        self.settings = PlanSettings("sun", "p1", devices=loads or (BOILER, BIKE), **keys)
        self.options = Settings()
        self.memory = Memory()
        self.now = now
        self.plan: Plan | None = None
        self.sun_w = 0.0  # what the house leaves over, loads of ours apart; negative: it imports
        self.on = {load.device: False for load in self.settings.devices}
        self.hungry = {load.device: True for load in self.settings.devices}  # whether it draws when on
        self.kwh = {load.device: 100.0 for load in self.settings.devices}
        self.silent: set[str] = set()
        self.locked: set[str] = set()
        self.forced: dict[str, Any] = {}
        self.battery: BatteryReading | None = None
        self.meter_age_s = 0.0
        self.failing: set[str] = set()
        self.moves: list[tuple[datetime, str, bool]] = []

    def follow(self, on: dict[str, list[int]], solar_w: Any = 0.0) -> None:
        self.plan = planned(self.settings, self.now, on, solar_w)

    def power_w(self, name: str) -> float:
        load = self.settings.load(name)
        assert load is not None
        return load.power_w if (self.on[name] or name in self.locked) and self.hungry[name] else 0.0

    @property
    def grid_w(self) -> float:
        battery_w = self.battery.battery_w or 0.0 if self.battery else 0.0
        return sum(map(self.power_w, self.on)) - self.sun_w - battery_w

    def house(self) -> House:
        grid = GridReading(at=self.now - timedelta(seconds=self.meter_age_s), grid_w=self.grid_w)
        switches = {
            name: None
            if name in self.silent
            else SwitchReading(
                at=self.now,
                on=self.on[name] or name in self.locked,
                power_w=self.power_w(name),
                energy_kwh=round(self.kwh[name], 3),
                locked=name in self.locked,
            )
            for name in self.on
        }
        battery = replace(self.battery, at=self.now) if self.battery else None
        return House(None if "p1" in self.silent else grid, battery, switches, self.forced)

    def run(self) -> Decision[Memory]:
        """Decide now, and do it."""
        decision = decide(self.house(), self.plan, self.settings, self.options, self.memory, self.now)
        carried = []
        for action in decision.actions:
            outcome = Outcome.UNCHANGED
            if isinstance(action, SwitchTo):
                if action.device in self.failing:
                    outcome = Outcome.FAILED
                elif self.on[action.device] is not action.to:
                    outcome = Outcome.DONE
                    self.on[action.device] = action.to
                    self.moves.append((self.now, action.device, action.to))
            carried.append(Carried(action, outcome, self.now))
        assert decision.memory is not None
        self.memory = remember(decision.memory, carried)
        return decision

    def pass_(self, minutes: float = 1.0) -> None:
        """Let time pass: counters count."""
        for name in self.on:
            self.kwh[name] += self.power_w(name) / 1000 * minutes / 60
        self.now += timedelta(minutes=minutes)

    def minutes(self, count: int) -> list[Decision[Memory]]:
        """Run every minute."""
        decisions = []
        for _ in range(count):
            decisions.append(self.run())
            self.pass_()
        return decisions

    def stored(self, name: str) -> float:
        return self.memory.stored_kwh.get(name, 0.0)


SIX = time(6)
