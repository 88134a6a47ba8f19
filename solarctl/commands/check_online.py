"""`check --online`: what the devices' answers show together; loaded only when they are asked."""

from __future__ import annotations

from typing import Any

from solarctl.errors import ConfigError, Problem
from solarctl.questions import meters, outlooks
from solarctl.readings import BatteryReading, GridReading, LoadReading, Reading, SolarReading
from solarctl.run import Run

TOLERANCE_W = 150.0  # meters are read one after the other
TOLERANCE_SHARE = 0.1


def ask_all(run: Run) -> list[Problem]:
    """Return what the devices' answers show: silence becomes the run's trouble, contradictions a problem."""
    found: dict[type[Reading], list[tuple[str, Any]]] = {}
    for name in run.config.names("devices"):
        try:
            device = run.site.device(name)
        except ConfigError:
            continue  # told by `inspect` already
        for _what, ask in (*meters(device), *outlooks(device, run.context)):
            reading = run.read(name, ask)
            if reading is not None:
                found.setdefault(type(reading), []).append((name, reading))
    return balance(found)


def balance(found: dict[type[Reading], list[tuple[str, Any]]]) -> list[Problem]:
    """Return a problem when load = grid + solar + battery does not hold among the house's meters."""
    grids, loads = found.get(GridReading, []), found.get(LoadReading, [])
    if not grids or not loads:
        return []
    (grid_name, grid), (load_name, load) = grids[0], loads[0]
    suns = found.get(SolarReading, [])
    batteries = [(name, one) for name, one in found.get(BatteryReading, []) if one.battery_w is not None]
    solar_w = sum(one.solar_w for _, one in suns)
    battery_w = sum(one.battery_w for _, one in batteries)
    expected_w = grid.grid_w + solar_w + battery_w
    if abs(expected_w - load.load_w) <= max(TOLERANCE_W, TOLERANCE_SHARE * abs(load.load_w)):
        return []
    names = ", ".join(dict.fromkeys([grid_name, *(n for n, _ in suns), *(n for n, _ in batteries), load_name]))
    message = (
        f"the house does not add up: grid {grid.grid_w:.0f} + solar {solar_w:.0f} + battery {battery_w:.0f} "
        f"= {expected_w:.0f} W, but the load is {load.load_w:.0f} W ({names})"
    )
    return [Problem("devices", message, "A meter may be clamped the wrong way round, or count twice.", None, "warning")]
