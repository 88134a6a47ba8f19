"""A home with a Powerwall and a summer tariff."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.virtualhome.clock import DrivenClock
from tests.home import Home

PRAGUE = ZoneInfo("Europe/Prague")
WEDNESDAY = datetime(2026, 7, 15, 13, 0, tzinfo=PRAGUE)
TABLES = """
[tariff]
holidays = { country = "US" }
[[tariff.windows]]
name = "peak"
months = [5, 6, 7, 8, 9, 10]
days = "mon-fri"
from = "14:00"
to = "20:00"
[peak-mode]
battery = "powerwall"
"""


def tesla(home: Home) -> Any:
    return home.emulators["tesla"]


def at(clock: DrivenClock, text: str) -> None:
    """Let time pass until a moment of the day."""
    hour, minute = (int(part) for part in text.split(":"))
    clock.move_to(clock.now().astimezone(PRAGUE).replace(hour=hour, minute=minute, second=0))


def outcomes(row: dict[str, Any]) -> list[tuple[str, Any, str]]:
    return [(one["action"], one["to"], one["outcome"]) for one in row["actions"]]
