"""Settings and readings for precool's rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.control.precool import Memory, Settings, decide
from solarctl.control.setpoints import Span
from solarctl.decision import Decision
from solarctl.readings import BatteryReading, ThermostatReading, WeatherReading

PHOENIX = ZoneInfo("America/Phoenix")
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=PHOENIX)
TWO, EIGHT = NOON.replace(hour=14), NOON.replace(hour=20)
PEAKS = [Span(TWO, EIGHT)]
SETTINGS = Settings(("hall",), "powerwall", "weather")
HALL = ThermostatReading(
    at=NOON,
    setpoint_deg=78.0,
    heat_setpoint_deg=66.0,
    mode="cool",
    hold="schedule",
    cool_min_deg=50,
    cool_max_deg=99,
    heat_min_deg=40,
    heat_max_deg=90,
)


def battery(soc_pct: float | None, at: datetime = NOON) -> BatteryReading | None:
    return None if soc_pct is None else BatteryReading(at=at, soc_pct=soc_pct)


def weather(high_deg: float | None, at: datetime = NOON) -> WeatherReading | None:
    return None if high_deg is None else WeatherReading(at=at, high_deg=high_deg, day=at.date())


def judged(
    soc_pct: float | None,
    high_deg: float | None,
    thermostats: Mapping[str, ThermostatReading | None] | None = None,
    rules: Settings = SETTINGS,
    memory: Memory | None = None,
    now: datetime = NOON,
    peaks: list[Span] | None = PEAKS,
    unit: str = "F",
) -> Decision[Memory]:
    return decide(
        battery(soc_pct, now),
        weather(high_deg, now),
        {"hall": HALL} if thermostats is None else thermostats,
        rules,
        memory or Memory(),
        now,
        peaks,
        unit=unit,
    )


def targets(decision: Decision[Memory]) -> list[Any]:
    return [one.to for one in decision.actions]
