"""HomeWizard's measurements, v1 and v2, as one set of values.

Signs are the device's: power flowing into house, appliance or battery is positive. A field without a value is missing,
never null; unknown ones are ignored. Some meters tell only the registers t1 to t4: their sum is the total.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from solarctl.drivers.answers import moment, number
from solarctl.value import value


@value
class Measured:
    """One measurement; what is not told is None."""

    at: datetime
    power_w: float | None
    phases_w: tuple[float, ...] | None
    phases_a: tuple[float, ...] | None
    import_kwh: float | None
    export_kwh: float | None
    soc_pct: float | None


def measured(answer: Mapping[str, Any], now: datetime) -> Measured:
    """Return the values of an answer of either API, taken at `now` (in the site's zone) unless it says when."""
    power = _first(answer, "active_power_w", "power_w")
    phases = _phases(answer, "active_power_l{}_w", "power_l{}_w")
    if power is None and phases:
        power = sum(phases)
    soc = _first(answer, "state_of_charge_pct")
    return Measured(
        at=_moment(answer, now),
        power_w=power,
        phases_w=phases,
        phases_a=_phases(answer, "active_current_l{}_a", "current_l{}_a"),
        import_kwh=_counter(answer, "import"),
        export_kwh=_counter(answer, "export"),
        soc_pct=soc if soc is not None and 0 <= soc <= 100 else None,
    )


def _first(answer: Mapping[str, Any], *keys: str) -> float | None:
    return next((found for key in keys if (found := number(answer.get(key))) is not None), None)


def _phases(answer: Mapping[str, Any], *patterns: str) -> tuple[float, ...] | None:
    found = [_first(answer, *(pattern.format(n) for pattern in patterns)) for n in (1, 2, 3)]
    known = tuple(one for one in found if one is not None)
    return known if known and None not in found[: len(known)] else None


def _counter(answer: Mapping[str, Any], way: str) -> float | None:
    total = _first(answer, f"total_power_{way}_kwh", f"energy_{way}_kwh")
    if total is not None:
        return total
    registers = [_first(answer, f"total_power_{way}_t{n}_kwh", f"energy_{way}_t{n}_kwh") for n in (1, 2, 3, 4)]
    known = [one for one in registers if one is not None]
    return round(sum(known), 3) if known else None


def _moment(answer: Mapping[str, Any], now: datetime) -> datetime:
    """Return when the meter sent its values: v2's meters say it, by their wall clock without a zone."""
    said = moment(answer.get("timestamp"), now.tzinfo)
    if said is None:
        return now
    said = min((said.replace(fold=fold) for fold in (0, 1)), key=lambda one: abs(one.timestamp() - now.timestamp()))
    return min(said, now, key=lambda one: one.astimezone(UTC))  # a meter's clock may be a little ahead
