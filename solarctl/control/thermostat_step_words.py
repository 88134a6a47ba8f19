"""What thermostat-step says: the battery and the steps, silence, and import while power is dear."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from solarctl.control.setpoints import charge_text
from solarctl.readings import BatteryReading, GridReading


class Rung(Protocol):
    """A step, as far as it is talked about."""

    @property
    def at_pct(self) -> float: ...


def grid_warning(grid: GridReading | None, limit_w: float, max_age_min: float, now: datetime) -> str:
    """Return a sentence on import while power is dear, or nothing."""
    if grid is None or not grid.is_fresh(now, max_age_min) or limit_w <= 0 or grid.grid_w <= limit_w:
        return ""
    return f" While power is dear the house draws {grid.grid_w:.0f} W from the grid, more than {limit_w:g} W."


def battery_words(
    soc_pct: float, crossed: Sequence[Rung], ladder: Sequence[Rung], reached: int, offset_deg: float, unit: str
) -> str:
    """Return where the battery stands between the steps."""
    charge = charge_text(soc_pct, *(step.at_pct for step in ladder))
    head, warmer = f"Battery at {charge}", f"{offset_deg:g} °{unit} warmer today"
    if crossed:
        return f"{head}, at or below {crossed[-1].at_pct:g} %: {warmer}."
    ahead = ladder[reached:]
    following = f"the next step is at {ahead[0].at_pct:g} %" if ahead else "all steps are taken"
    return f"{head}; {following}" + (f", {warmer}." if offset_deg else ".")


def silence_words(battery: BatteryReading | None, max_age_min: float, now: datetime) -> str:
    """Return why no step can be taken."""
    if battery is None or battery.soc_pct is None:
        return "The battery's charge is not known; no step is taken."
    if battery.is_fresh(now, max_age_min):
        return f"Battery at {battery.soc_pct:.2g} % and 0 W: that is a calibration or a glitch, no step is taken."
    return f"The battery's charge is {battery.age_s(now) / 60:.0f} min old; no step is taken."
