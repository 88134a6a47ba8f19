"""Who supplies the house just now: sun, battery and grid, or sun and battery alone.

All powers are in W with the signs of the house: what flows into it is positive.
"""

from __future__ import annotations

from dataclasses import dataclass

from solarctl.virtualhome.battery import Battery

WEAK_W = 0.5  # a battery that gives so little less than is needed still carries the house


@dataclass
class Grid:
    """The connection to the street: limits in W, a relay (`connected`), and whether the street has power (`live`)."""

    connected: bool = True
    live: bool = True
    max_import_w: float = float("inf")
    max_export_w: float = float("inf")  # 0: no feed-in allowed
    moves: int = 0  # of the relay


# solar_w, load_w, grid_w, battery_w, and what was wanted and not had: curtailed_w, unserved_w; a plain tuple, for it
# is made in every minute of a simulated year
Flows = tuple[float, float, float, float, float, float]


def with_grid(load_w: float, solar_w: float, battery: Battery | None, grid: Grid, dt_s: float) -> Flows:
    """Return what flows for `dt_s` with the grid in; beyond its limits the battery helps, or something is held back."""
    need_w = load_w - solar_w
    battery_w = 0.0 if battery is None else battery.with_grid(need_w, dt_s)
    grid_w = need_w - battery_w
    curtailed_w = unserved_w = 0.0
    if grid_w < -grid.max_export_w:
        curtailed_w = min(solar_w, -grid.max_export_w - grid_w)
        grid_w += curtailed_w
    elif grid_w > grid.max_import_w:
        help_w = 0.0 if battery is None or battery_w else battery.discharge(grid_w - grid.max_import_w, dt_s)
        battery_w += help_w
        grid_w -= help_w
        if grid_w > grid.max_import_w:  # the breaker holds the rest back
            unserved_w = min(load_w, grid_w - grid.max_import_w)
            grid_w -= unserved_w
            load_w -= unserved_w
    return solar_w - curtailed_w, load_w, grid_w, battery_w, curtailed_w, unserved_w


def without_grid(
    load_w: float, solar_w: float, battery: Battery | None, dt_s: float, *, dark: bool
) -> tuple[Flows, bool]:
    """Return what flows for `dt_s` without a grid, and whether the house is dark now; `dark`: it was so before."""
    need_w = load_w - solar_w
    battery_w = curtailed_w = unserved_w = 0.0
    dark = dark and (battery is None or battery.soc_pct < battery.restart_pct)
    stored_kwh = 0.0 if battery is None else battery.stored_kwh
    if not dark:
        if need_w > 0.0:
            if battery is not None:
                battery_w = battery.discharge(need_w, dt_s)
            dark = battery_w < need_w - WEAK_W
        else:
            if battery is not None:
                battery_w = -battery.charge(-need_w, dt_s)
            curtailed_w = -need_w + battery_w
    if dark:
        unserved_w, load_w = load_w, 0.0
        if battery is not None:
            battery.stored_kwh = stored_kwh  # what could not carry the house was not taken
            battery_w = -battery.charge(solar_w, dt_s)
        curtailed_w = solar_w + battery_w
    return (solar_w - curtailed_w, load_w, 0.0, battery_w, curtailed_w, unserved_w), dark
