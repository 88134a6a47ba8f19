"""The facts of a day: energies, the worst half hour, and what solarctl did; for the evening mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from solarctl.reporting.changes import WRITTEN, in_order, words
from solarctl.reporting.report_decisions import Mark, in_a_row
from solarctl.value import value

Row = Mapping[str, Any]
HALF_HOUR = timedelta(minutes=30)
LONGEST_STEP = timedelta(minutes=20)  # powers further apart are not summed up to an energy
ENERGIES = ("solar_kwh", "load_kwh", "import_kwh", "export_kwh", "battery_in_kwh", "battery_out_kwh")
MOST_LINES = 14  # of what was done


@value
class Change:
    """What was changed at `at`, or several times until `until`; then the sentence is the last one's."""

    at: datetime
    said: str
    until: datetime | None = None
    times: int = 1


@value
class Happened:
    """What one command did today: its changes, its runs, and the runs that went wrong."""

    command: str
    runs: int
    changes: tuple[Change, ...]
    failures: tuple[tuple[datetime, str], ...]


@value
class HalfHour:
    """The aligned half hour of the peak with the highest mean draw from the grid."""

    start: datetime
    import_w: float


@value
class Facts:
    """All that the mail tells. What is None or empty is not known, and the mail says so or leaves it out."""

    day: date
    now: datetime
    battery: str
    soc_pct: float | None
    reserve_pct: float | None = None
    mode: str | None = None
    battery_w: float | None = None
    grid_w: float | None = None
    solar_w: float | None = None
    load_w: float | None = None
    energies: Mapping[str, float] = field(default_factory=dict)
    peaks: tuple[tuple[datetime, datetime], ...] = ()
    holiday: bool = False
    worst: HalfHour | None = None
    peak_import_kwh: float | None = None  # so far; the worst half hour may round to nothing, and this not
    happened: tuple[Happened, ...] = ()
    missed: tuple[str, ...] = ()  # sentences on runs that did not happen
    tokens: tuple[tuple[str, str], ...] = ()  # account and what is wrong with its token
    remarks: tuple[str, ...] = ()  # what deserves attention, such as a reserve left at the peak's
    unknown: tuple[str, ...] = ()  # what could not be asked, and why
    currency: str = ""
    cost: float | None = None  # of what was bought less what was sold, by the tariff


def day_energies(rows: Sequence[Row]) -> dict[str, float]:
    """Return the day's energies in kWh: the vendor's own sums, or the powers summed up."""
    told = {name: [row[name] for row in rows if row.get(name) is not None] for name in ENERGIES}
    if any(told.values()):
        return {name: float(sum(values)) for name, values in told.items() if values}
    parts: dict[str, tuple[str, int]] = {
        "solar_kwh": ("solar_w", 1),
        "load_kwh": ("load_w", 1),
        "import_kwh": ("grid_w", 1),
        "export_kwh": ("grid_w", -1),
        "battery_in_kwh": ("battery_w", -1),
        "battery_out_kwh": ("battery_w", 1),
    }
    return {ours: total for ours, (power, sign) in parts.items() if (total := _summed(rows, power, sign)) is not None}


def worst_half_hour(rows: Sequence[Row], peaks: Sequence[tuple[datetime, datetime]]) -> HalfHour | None:
    """Return the aligned half hour within the peaks that drew most from the grid; utilities bill such a maximum."""
    slots: dict[datetime, list[float]] = {}
    for row in rows:
        watts, at = row.get("grid_w"), row["at"]
        if watts is not None and any(first <= at < last for first, last in peaks):
            start = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
            slots.setdefault(start, []).append(max(0.0, float(watts)))
    if not slots:
        return None
    start, values = max(slots.items(), key=lambda item: sum(item[1]) / len(item[1]))
    return HalfHour(start, sum(values) / len(values))


def peak_import_kwh(rows: Sequence[Row], peaks: Sequence[tuple[datetime, datetime]]) -> float | None:
    """Return what was drawn from the grid within the peaks."""
    sums = [_summed([row for row in rows if first <= row["at"] <= last], "grid_w", 1) for first, last in peaks]
    known = [one for one in sums if one is not None]
    return sum(known) if known else None


def what_happened(decisions: Sequence[Mapping[str, Any]]) -> tuple[Happened, ...]:
    """Return what each command changed and what went wrong, from the day's decisions in any order."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row, _kept_up in in_order(decisions):
        found.setdefault(row["command"], []).append(row)
    return tuple(_of(command, rows) for command, rows in sorted(found.items()))


def _of(command: str, rows: Sequence[Mapping[str, Any]]) -> Happened:
    changes, failures = [], []
    for row in rows:
        at = datetime.fromisoformat(row["at"])
        acts = [a for a in row.get("actions", ()) if a["action"] != "mail" and a["outcome"] in WRITTEN]
        if acts:
            said = ": ".join(one for one in (words(acts), str(row.get("because") or "")) if one)
            gives = any(one.get("to") for one in acts)
            changes.append(Mark(at, command, "change", str(row.get("reason")), said, gives=gives))
        if row.get("exit"):
            errors = [error["message"] for error in row.get("errors", ())]
            failures.append((at, errors[0] if errors else str(row.get("because") or f"exit {row['exit']}")))
    spells = tuple(Change(one.at, one.said, one.until, one.repeats) for one in in_a_row(changes))
    return Happened(command, sum(row.get("repeats", 1) for row in rows), spells, tuple(failures))


def _summed(rows: Sequence[Row], power: str, sign: int) -> float | None:
    known = [(row["at"], float(row[power])) for row in rows if row.get(power) is not None]
    if len(known) < 2:
        return None
    total = 0.0
    for (at, watts), (then, _) in pairwise(known):
        step = min(then - at, LONGEST_STEP)
        total += max(0.0, sign * watts) * step.total_seconds() / 3.6e6
    return total
