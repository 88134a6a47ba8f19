"""The words of `apply`: what it may be told, what it was told, and what it wishes of each load."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from solarctl.forced import Forced
from solarctl.readings import BatteryReading, GridReading, SwitchReading
from solarctl.settings import setting
from solarctl.value import value


class Reason(StrEnum):
    PLANNED = "planned"
    SURPLUS = "surplus"
    WAITING = "waiting"
    DEADLINE = "deadline"
    LIMIT = "limit"
    NO_PLAN = "no-plan"
    NO_READING = "no-reading"


@value
class Settings:
    """[apply]; what is planned is in [plan]."""

    max_age_min: float = setting(2.0, gt=0, help="older readings of grid and battery are not acted on")
    blind_min: float = setting(10.0, ge=0, help="minutes without them after which loads that run on sun go off")
    import_w: float = setting(50.0, ge=0, help="import that does not yet count as too little sun")


@value
class House:
    """What was read, and what people have forced; a device that is silent is None."""

    grid: GridReading | None
    battery: BatteryReading | None
    switches: Mapping[str, SwitchReading | None]
    forced: Mapping[str, Forced]


@value
class Wish:
    """What a load should do, why, and which of the reasons that is; `on` None: it is left alone."""

    on: bool | None
    why: str
    reason: Reason = Reason.PLANNED


def on_off(on: bool) -> str:
    """Return a relay's position as a word."""
    return "on" if on else "off"


def kw(power_w: float) -> str:
    """Return a power for people."""
    return f"{power_w / 1000:.1f} kW" if abs(power_w) >= 1000 else f"{power_w:.0f} W"
