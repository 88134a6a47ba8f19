"""A period's numbers from history: one row of powers each five minutes, energies, where they went, and what they cost.

Several devices may measure the same. The one that knows most of the house comes first; what it does not know is
taken from the next. They are never added up, because two meters on one wire would count double.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from solarctl.reporting.report_period import Period
from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.reporting.known_prices import KnownPrices

SLOT_MIN = 5
FIELDS = {"grid_w": "grid", "solar_w": "solar", "load_w": "load", "battery_w": "battery", "soc_pct": "battery"}
TOLD_BY = {what: tuple(field for field, by in FIELDS.items() if by == what) for what in FIELDS.values()}
POWERS = ("grid_w", "solar_w", "load_w", "battery_w")
FLOWS = (
    "house_from_sun_kwh",
    "house_from_battery_kwh",
    "house_from_grid_kwh",
    "sun_to_battery_kwh",
    "sun_to_grid_kwh",
)
FILL = timedelta(minutes=20)  # a value holds so long, until the next one
FILL_MEANS = timedelta(minutes=60)  # old history is means of an hour
Row = Mapping[str, Any]


@value
class Sums:
    """Energies in kWh and money of a day or more; None is not known."""

    solar_kwh: float | None = None
    load_kwh: float | None = None
    import_kwh: float | None = None
    export_kwh: float | None = None
    battery_in_kwh: float | None = None
    battery_out_kwh: float | None = None
    house_from_sun_kwh: float | None = None
    house_from_battery_kwh: float | None = None
    house_from_grid_kwh: float | None = None
    sun_to_battery_kwh: float | None = None
    sun_to_grid_kwh: float | None = None
    cost: float | None = None  # bought less sold
    cost_all_bought: float | None = None  # had the house bought all it used
    soc_low_pct: float | None = None
    soc_high_pct: float | None = None
    known_h: float = 0.0  # hours with a reading

    @property
    def own_share_pct(self) -> float | None:
        """How much of what the house used did not come from the grid."""
        if not self.load_kwh or self.house_from_grid_kwh is None:
            return None
        return max(0.0, 100 * (1 - self.house_from_grid_kwh / self.load_kwh))


def slots(
    readings: Iterable[Row], day: Period, only: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return a row each five minutes of a day (`at` and what is known), and which device tells what."""
    found: dict[str, dict[str, dict[datetime, list[float]]]] = {}
    known: dict[str, datetime] = {}  # the slots of texts; a row of all meters has one
    for reading in readings:
        fields = TOLD_BY.get(reading["what"], ())
        if not fields or (only and reading["device"] not in only):
            continue
        text = reading["at"]
        slot = known.get(text) or known.setdefault(text, _slot(text))
        for field in fields:
            number = reading.get(field)
            if isinstance(number, (int, float)):
                found.setdefault(field, {}).setdefault(reading["device"], {}).setdefault(slot, []).append(number)
    chosen = _chosen(found)
    columns = {
        field: _filled({at: sum(numbers) / len(numbers) for at, numbers in found[field][device].items()}, day.end)
        for field, device in chosen.items()
    }
    rows: dict[datetime, dict[str, Any]] = {}
    for field, values in columns.items():
        for at, number in values.items():
            rows.setdefault(at, {})[field] = number
    return [_whole({"at": at.astimezone(day.zone)} | rows[at]) for at in sorted(rows)], chosen


def _slot(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(minute=at.minute // SLOT_MIN * SLOT_MIN, second=0, microsecond=0).astimezone(UTC)


def _chosen(found: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    known: dict[str, int] = {}
    for devices in found.values():
        for device in devices:
            known[device] = known.get(device, 0) + 1
    return {
        field: max(devices, key=lambda one: (known[one], len(devices[one]), one)) for field, devices in found.items()
    }


def _filled(values: Mapping[datetime, float], end: datetime) -> dict[datetime, float]:
    """Return the values with each held until the next one, if that comes soon enough."""
    moments = sorted(values)
    steps_s = [(b - a).total_seconds() for a, b in pairwise(moments)]
    step = timedelta(minutes=SLOT_MIN)
    between = timedelta(seconds=median(steps_s)) if steps_s else step
    longest = FILL_MEANS if between > FILL else FILL
    filled: dict[datetime, float] = {}
    usual = min(between, longest)
    for index, at in enumerate(moments):
        following = moments[index + 1] if index + 1 < len(moments) else min(at + usual, end)
        until = following if following - at <= longest else at + usual
        moment = at
        while moment < until:
            filled[moment] = values[at]
            moment += step
    return filled


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with what follows from the rest: load = grid + solar + battery."""
    if "load_w" not in row and "grid_w" in row and ("solar_w" in row or "battery_w" in row):
        row["load_w"] = max(0.0, row["grid_w"] + row.get("solar_w", 0.0) + row.get("battery_w", 0.0))
    return row


def sums(rows: Sequence[Row], tariff: KnownPrices | None) -> Sums:
    """Return the energies and costs of rows."""
    hours = SLOT_MIN / 60
    totals: dict[str, float] = {}

    def add(name: str, watts: float) -> None:
        totals[name] = totals.get(name, 0.0) + watts * hours / 1000

    for row in rows:
        grid, solar, load, battery = (row.get(name) for name in POWERS)
        if solar is not None:
            add("solar_kwh", max(0.0, solar))
        if load is not None:
            add("load_kwh", load)
        if battery is not None:
            add("battery_in_kwh", max(0.0, -battery))
            add("battery_out_kwh", max(0.0, battery))
        if grid is not None:
            add("import_kwh", max(0.0, grid))
            add("export_kwh", max(0.0, -grid))
        if load is not None and (grid is not None or solar is not None):
            for name, watts in zip(FLOWS, flows(load, solar or 0.0, battery or 0.0)):
                add(name, watts)
        if tariff is not None and grid is not None:
            price = tariff.price_at(row["at"])
            rate = price.import_price if grid > 0 else price.export_price
            totals["cost"] = totals.get("cost", 0.0) + grid * hours / 1000 * rate
            if load is not None:
                bought = load * hours / 1000 * price.import_price
                totals["cost_all_bought"] = totals.get("cost_all_bought", 0.0) + bought
    charges = [row["soc_pct"] for row in rows if row.get("soc_pct") is not None]
    low, high = (min(charges), max(charges)) if charges else (None, None)
    return Sums(**totals, soc_low_pct=low, soc_high_pct=high, known_h=round(len(rows) * hours, 2))


def flows(load_w: float, solar_w: float, battery_w: float) -> tuple[float, float, float, float, float]:
    """Return where the house's power comes from and where the sun's goes (`FLOWS`): the sun serves the house first.

    >>> dict(zip(FLOWS, flows(1000, 3000, -1500)))["sun_to_grid_kwh"]
    500.0
    """
    solar_w, load_w = max(0.0, solar_w), max(0.0, load_w)
    direct = min(solar_w, load_w)
    from_battery = min(max(0.0, battery_w), load_w - direct)
    left = solar_w - direct
    to_battery = min(left, max(0.0, -battery_w))
    return (
        float(direct),
        float(from_battery),
        float(load_w - direct - from_battery),
        float(to_battery),
        float(left - to_battery),
    )


def together(parts: Iterable[Sums]) -> Sums:
    """Return the sums of several days; None only where no day knows."""
    found = list(parts)
    totals: dict[str, Any] = {}
    for name in Sums.__dataclass_fields__:
        known = [number for one in found if (number := getattr(one, name)) is not None]
        if known:
            join = {"soc_low_pct": min, "soc_high_pct": max}.get(name, sum)
            totals[name] = join(known)
    return Sums(**totals)


def by_hour(rows: Sequence[Row], tariff: KnownPrices | None) -> dict[datetime, Sums]:
    """Return the sums of each hour of a day's rows."""
    hours: dict[datetime, list[Row]] = {}
    for row in rows:
        at = row["at"].replace(minute=0)
        # in its own offset: two moments of one zone are equal by the wall, in the hour that comes twice
        hours.setdefault(at.astimezone(timezone(at.utcoffset() or timedelta())), []).append(row)
    return {hour: sums(found, tariff) for hour, found in hours.items()}


def by_month(days: Mapping[date, Sums]) -> dict[date, Sums]:
    """Return the sums of each month, by its first day."""
    months: dict[date, list[Sums]] = {}
    for day, one in days.items():
        months.setdefault(day.replace(day=1), []).append(one)
    return {month: together(found) for month, found in months.items()}
