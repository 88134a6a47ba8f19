"""One stepped thermostat: what it showed, what we set, and whether a person has set it since."""

from __future__ import annotations

from solarctl.control.setpoints import same_deg
from solarctl.readings import ThermostatReading
from solarctl.value import value


@value
class Touched:
    """What we know of a thermostat that was stepped.

    `found_deg`: its setpoint before the first step of the day; `set_deg`: what we set last and it confirmed;
    `tried_deg` beside `seen_deg`: what we sent, and what it showed before, while it has not confirmed.
    """

    baseline_deg: float
    found_deg: float
    set_deg: float | None = None
    tried_deg: float | None = None
    seen_deg: float | None = None


def first_look(
    reading: ThermostatReading, present: float, before: Touched | None, precooled_from: float | None, unit: str
) -> Touched:
    """Return baseline and setpoint to go back to, as a window's first step finds them."""
    schedule_deg = reading.schedule_setpoint_deg
    if before is not None and same_deg(before.set_deg, present, unit) and reading.hold != "schedule":
        # our own setting of another day is still there
        return Touched(before.found_deg if schedule_deg is None else schedule_deg, before.found_deg, present)
    found_deg = present if precooled_from is None else precooled_from
    return Touched(found_deg if schedule_deg is None else schedule_deg, found_deg)


def was_changed(reading: ThermostatReading, present: float, known: Touched, unit: str) -> bool:
    """Return whether a person has set the thermostat since our last step."""
    if any(same_deg(present, ours, unit) for ours in (known.set_deg, known.tried_deg, _before_try(known))):
        return False
    return known.set_deg is not None or reading.hold != "schedule"


def _before_try(known: Touched) -> float | None:
    """Return what the thermostat showed before a change that it has not confirmed."""
    return known.seen_deg if known.tried_deg is not None or known.set_deg is None else None
