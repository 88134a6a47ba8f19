"""What a person may ask of a device by hand; beyond it a number is a slip of the finger, refused with the range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from solarctl.capabilities import Charger, PowerSteps
from solarctl.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from solarctl.run import Run

VOLTS, PHASES = 230.0, 3
LARGEST_A = 80  # no charger of a home takes more
FUSE_A, MOST_A = 25.0, 16.0  # the defaults of [easee-balance]
LARGEST_W = VOLTS * PHASES * LARGEST_A  # nor does any home
SLACK = 1.1  # what a label says and what is measured differ so much
SETPOINTS = {"F": (40.0, 99.0), "C": (4.0, 37.0)}  # what thermostats of homes can be set to


def check_power(run: Run, name: str, watts: float) -> None:
    """Raise `UsageError` for a power that a load or charger cannot draw."""
    known_w = max(_powers(run, name), default=None)
    if not 0 <= watts <= (LARGEST_W if known_w is None else known_w * SLACK):
        most_w = LARGEST_W if known_w is None else known_w
        raise UsageError(f"{watts:g} W is no power for {name}: it takes 0 to {most_w:.0f} W")


def check_current(run: Run, name: str, amps: int) -> None:
    """Raise `UsageError` for a charger's current above the main fuse."""
    if run.config.find("easee-balance.charger") != name:
        return
    fuse_a = _number(run.config.find("easee-balance.fuse_a")) or FUSE_A
    if amps > fuse_a:
        hint = "easee-balance.fuse_a is the main fuse of the house."
        raise UsageError(f"{amps} A is no limit for {name}: the fuse allows 0 to {fuse_a:g} A", hint=hint)


def check_setpoint(run: Run, deg: float) -> None:
    """Raise `UsageError` for a temperature that no thermostat of a home can be set to."""
    unit = run.config.site.temperature_unit
    low, high = SETPOINTS[unit]
    if not low <= deg <= high:
        hint = f"Temperatures are in °{unit} here (site.temperature_unit)."
        raise UsageError(f"{deg:g}°{unit} is no setpoint: thermostats take {low:g} to {high:g}°{unit}", hint=hint)


def _powers(run: Run, name: str) -> Iterator[float]:
    """Yield what is known of the most that a device draws: by itself, and by the tables that name it."""
    told = [_number(row.get("max_w")) or _number(row.get("power_w")) for row in loads(run) if row.get("device") == name]
    yield from filter(None, told)
    device = run.site.device(name)
    if isinstance(device, PowerSteps) and not any(told):
        with suppress(ConfigError, ValueError):  # no curve yet: `balance` says so
            yield max(device.power_steps())
    if isinstance(device, Charger):
        ours = run.config.find("easee-balance.charger") == name
        most_a = (_number(run.config.find("easee-balance.max_a")) or MOST_A) if ours else LARGEST_A
        yield VOLTS * PHASES * most_a


def loads(run: Run) -> list[Mapping[str, Any]]:
    """Return the rows of [[balance.loads]] and [[plan.devices]] as they stand in the config."""
    found = [run.config.find(table) for table in ("balance.loads", "plan.devices")]
    return [row for rows in found if isinstance(rows, list) for row in rows if isinstance(row, Mapping)]


def _number(found: Any) -> float | None:
    return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None
