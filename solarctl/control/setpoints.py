"""What precool and thermostat-step share: spans of time, and degrees as thermostats and people see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from solarctl.readings import ThermostatReading
from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.control.tariff import Tariff

NEARLY = {"F": 0.95, "C": 0.45}  # a display in the other unit rounds that much; a person's change is larger


@value
class Span:
    """From `start` until just before `end`."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def peaks_today(tariff: Tariff, now: datetime) -> list[Span] | None:
    """Return the peaks of the site's day (one that began yesterday included); None when the tariff has no windows."""
    if not tariff.settings.on(now.date()).windows:
        return None
    spans = [span for span in tariff.windows_on(now.date()) if span.window.peak]
    present = tariff.peak_at(now)
    if present is not None and present not in spans:
        spans.insert(0, present)
    return [Span(span.start, span.end) for span in spans]


def charge_text(soc_pct: float, *limits_pct: float) -> str:
    """Return a charge in whole percent; finer only where that would be on the other side of a limit.

    >>> charge_text(31.08, 35), charge_text(49.6, 50), charge_text(90.3, 90)
    ('31 %', '50 %', '90.3 %')
    """
    shown = soc_pct
    for digits in (2, 1, 0):
        rounded = round(soc_pct, digits)
        if any((rounded <= limit) != (soc_pct <= limit) for limit in limits_pct):
            break
        shown = rounded
    return f"{shown:.4g} %"


def same_deg(one: float | None, other: float | None, unit: str) -> bool:
    """Return whether two setpoints are the same but for the rounding of a display.

    >>> same_deg(80, 79.7, "F"), same_deg(80, 79, "F"), same_deg(None, 79, "F")
    (True, False, False)
    """
    return one is not None and other is not None and abs(one - other) < NEARLY[unit]


def clamped(deg: float, low: float | None, high: float | None) -> float:
    """Return `deg`, or the limit it is beyond.

    >>> clamped(67, 68, 99), clamped(101, None, 99)
    (68, 99)
    """
    if low is not None:
        deg = max(deg, low)
    return deg if high is None else min(deg, high)


def may_cool(thermostat: ThermostatReading) -> bool:
    """Return whether the cooling setpoint means anything now; an unknown mode gets the benefit of the doubt."""
    return thermostat.mode in ("cool", "auto", None) and thermostat.hold != "vacation"


def may_heat(thermostat: ThermostatReading) -> bool:
    """Return whether the heating setpoint means anything now."""
    return thermostat.mode in ("heat", "auto", "emergency-heat", None) and thermostat.hold != "vacation"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them.

    >>> listed(["hall"]), listed(["hall", "study", "attic"])
    ('hall', 'hall, study and attic')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def deg_text(deg: float, unit: str) -> str:
    """Return degrees for a person.

    >>> deg_text(67.0, "F"), deg_text(25.5, "C")
    ('67 °F', '25.5 °C')
    """
    return f"{round(deg, 1):g} °{unit}"


def capital(text: str) -> str:
    """Return a text that begins a sentence."""
    return text[:1].upper() + text[1:]
