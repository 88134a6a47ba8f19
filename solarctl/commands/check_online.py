"""`check --online`: what the devices' answers show together; loaded only when they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from solarctl.device_keys import device_keys
from solarctl.errors import ConfigError, Problem
from solarctl.inspection import settings_class
from solarctl.questions import house_meters, meters, outlooks
from solarctl.readings import BatteryReading, GridReading, LoadReading, Reading, SolarReading
from solarctl.run import Run

TOLERANCE_W = 150.0  # meters are read one after the other
TOLERANCE_SHARE = 0.1
Found = dict[type[Reading], list[tuple[str, Any]]]


def ask_all(run: Run) -> list[Problem]:
    """Return what the devices' answers show: silence becomes the run's trouble, contradictions a problem."""
    found: Found = {}
    for name in run.config.names("devices"):
        try:
            device = run.site.device(name)
        except ConfigError:
            continue  # told by `inspect` already
        of_the_house = set(house_meters(device))
        for _what, ask in (*meters(device), *outlooks(device, run.context)):
            reading = run.read(name, ask)
            if reading is not None and ask in of_the_house:
                found.setdefault(type(reading), []).append((name, reading))
    problems = [problem for house in _houses(run, found) for problem in balance(house)]
    return list(dict.fromkeys(problems))


def _houses(run: Run, found: Found) -> Iterator[Found]:
    """Yield the meters that surely belong to one house: all at an only grid meter, else those a command names."""
    if len(found.get(GridReading, [])) == 1:
        yield found
        return
    for command in run.config.raw:
        cls = settings_class(command)
        if cls is None:
            continue
        try:
            settings = run.config.table(command, cls)
        except ConfigError:
            continue  # told by `inspect` already
        named = {key.device for key in device_keys(settings, command)}
        house = {kind: [one for one in rows if one[0] in named] for kind, rows in found.items()}
        if len(house.get(GridReading, [])) == 1:
            yield house


def balance(found: Found) -> list[Problem]:
    """Return a problem when load = grid + solar + battery does not hold among one house's meters."""
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
    names = ", ".join(_unique([grid_name, *(n for n, _ in suns), *(n for n, _ in batteries), load_name]))
    message = (
        f"the house does not add up: grid {grid.grid_w:.0f} + solar {solar_w:.0f} + battery {battery_w:.0f} "
        f"= {expected_w:.0f} W, but the load is {load.load_w:.0f} W ({names})"
    )
    return [Problem("devices", message, "A meter may be clamped the wrong way round, or count twice.", None, "warning")]


def _unique(names: Sequence[str]) -> Sequence[str]:
    return tuple(dict.fromkeys(names))
