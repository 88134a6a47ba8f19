"""Houses to plan for: settings and what is foreseen, in short words."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from solarctl.control.plan import Foreseen, Memory, decide
from solarctl.control.plan_settings import Load, Settings
from solarctl.control.plan_words import Booked, Plan

ZONE = ZoneInfo("Europe/Amsterdam")
MORNING = datetime(2026, 6, 10, 6, 0, tzinfo=ZONE)
BOILER = Load("boiler", 2000.0, 4.0)
SPARE = Load("spare", 1500.0, 3.0, daily_need=False)


def settings(*loads: Load, battery: bool = False, **other) -> Settings:
    return Settings("sun", "p1", battery="battery" if battery else "", devices=loads or (BOILER,), **other)


def noon_sun(count: int = 96, slot_min: int = 15, peak_w: float = 3000.0, begins_h: float = 6.0) -> tuple[float, ...]:
    """A parabola from 8 to 18 o'clock."""
    hours = [(begins_h + (i + 0.5) * slot_min / 60) % 24 for i in range(count)]
    return tuple(max(0.0, peak_w * (1 - ((hour - 13) / 5) ** 2)) for hour in hours)


def foreseen(rules: Settings, solar=None, base=200.0, buy=0.25, sell=0.05, soc=None, **other) -> Foreseen:
    def row(what):
        return tuple(what) if isinstance(what, list | tuple) else (what,) * rules.slots

    solar = noon_sun(rules.slots, rules.slot_min) if solar is None else row(solar)
    if rules.battery and soc is None:
        soc = 0.5
    return Foreseen(solar, row(base), row(buy), row(sell), soc, **other)


def planned(rules: Settings, now: datetime = MORNING, **other) -> Plan:
    return decide(foreseen(rules, **other), rules, Memory(), now)[1]


def hours_on(plan: Plan, name: str) -> float:
    return sum(plan.devices[name]) * plan.slot_min / 60


def on_times(plan: Plan, name: str) -> list[str]:
    return [f"{start:%H:%M}" for start, on in zip(plan.slots, plan.devices[name]) if on]


__all__ = [
    "BOILER", "MORNING", "SPARE", "ZONE", "Booked", "Load", "Memory", "Settings", "decide", "foreseen", "hours_on",
    "noon_sun", "on_times", "planned", "settings", "time", "timedelta",
]  # fmt: skip
