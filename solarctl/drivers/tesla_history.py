"""What Tesla remembers of a day (calendar_history): powers by 5 minutes, charge by 15, energies by the hour.

Odd about it: the day must end at 23:59:59, midnight brings nothing; slots that are still to come are filled with
zeros; the load is not told and follows from the rest; kinds that a site does not have are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any

from solarctl.drivers.answers import moment, number
from solarctl.errors import DeviceRefused, DeviceReplyError

Fetch = Callable[[dict[str, str]], Any]

SOURCES = ("solar", "battery", "grid", "generator")
ENERGIES = {  # ours → theirs, summed
    "solar_kwh": ("solar_energy_exported",),
    "import_kwh": ("grid_energy_imported",),
    "export_kwh": (
        "grid_energy_exported_from_solar",
        "grid_energy_exported_from_battery",
        "grid_energy_exported_from_generator",
    ),
    "battery_out_kwh": ("battery_energy_exported",),
    "battery_in_kwh": (
        "battery_energy_imported_from_solar",
        "battery_energy_imported_from_grid",
        "battery_energy_imported_from_generator",
    ),
    "load_kwh": (
        "consumer_energy_imported_from_solar",
        "consumer_energy_imported_from_grid",
        "consumer_energy_imported_from_battery",
        "consumer_energy_imported_from_generator",
    ),
}


def read_day(fetch: Fetch, day: date, zone: tzinfo, now: datetime) -> list[dict[str, Any]]:
    """Return the day's rows, oldest first, each with `at` and powers (W), a charge (%) or energies (kWh)."""
    found = [_power_row(one) for one in _series(fetch, "power", day, zone)]
    for kind, row in (("soe", _charge_row), ("energy", _energy_row)):
        try:
            found += [row(one) for one in _series(fetch, kind, day, zone)]
        except DeviceRefused:
            continue  # not every site has every kind; the powers alone tell most
    dated = [(_at(one, zone), one) for one in found]
    rows = [values | {"at": at} for at, values in dated if at is not None and at <= now and values]
    return sorted(rows, key=lambda one: one["at"])


def _series(fetch: Fetch, kind: str, day: date, zone: tzinfo) -> list[Mapping[str, Any]]:
    answer = fetch(
        {
            "kind": kind,
            "period": "day",
            "start_date": datetime.combine(day, time(0), zone).isoformat(),
            "end_date": datetime.combine(day, time(23, 59, 59), zone).isoformat(),
            "time_zone": str(zone),
        }
    )
    series = answer.get("time_series") if isinstance(answer, Mapping) else answer
    if series is None:
        return []
    if not isinstance(series, list):
        raise DeviceReplyError("", f"the history of {kind} is no list")
    return [one for one in series if isinstance(one, Mapping)]


def _power_row(one: Mapping[str, Any]) -> dict[str, Any]:
    powers = {name: number(one.get(f"{name}_power")) for name in SOURCES}
    known = {f"{name}_w": value for name, value in powers.items() if value is not None and name != "generator"}
    if any(powers[name] is None for name in ("solar", "battery", "grid")):
        return {"timestamp": one.get("timestamp")} | known
    load_w = sum(value for value in powers.values() if value is not None)
    return {"timestamp": one.get("timestamp"), **known, "load_w": load_w}


def _charge_row(one: Mapping[str, Any]) -> dict[str, Any]:
    soc = number(one.get("soe"))
    row: dict[str, Any] = {"timestamp": one.get("timestamp")}
    return row | ({"soc_pct": soc} if soc is not None and 0 <= soc <= 100 else {})


def _energy_row(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"timestamp": one.get("timestamp")} | {
        ours: total / 1000
        for ours, theirs in ENERGIES.items()
        if (total := _sum(one.get(key) for key in theirs)) is not None
    }


def _sum(values: Iterable[Any]) -> float | None:
    known = [value for value in map(number, values) if value is not None]
    return sum(known) if known else None


def _at(row: dict[str, Any], zone: tzinfo) -> datetime | None:
    at = moment(row.pop("timestamp", None), zone)
    return None if at is None else at.astimezone(zone)
