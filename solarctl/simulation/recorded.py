"""A house's own past instead of a generated year: sun and load from a CSV file or from history.

    time,solar_w,load_w
    2025-01-01T00:00+01:00,0,312

A moment without zone is in the site's; comma or semicolon between the columns, then with a decimal comma as well. Rows
may be minutes or hours apart; each holds until the next. `load_w` is the house without what the rules steer.
"""

from __future__ import annotations

import csv
import math
from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solarctl.errors import UsageError
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.sky import MINUTES, SkyDay
from solarctl.virtualhome.solar import SolarPlant

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

COLUMNS = ("time", "solar_w", "load_w")
LONGEST_HOLD_S = 2 * 3600  # a gap that is longer is a gap
MOST_W = 1e6
PRICE_SLOT_S = 900  # as `record` writes them
LONGEST_PRICE_S = 3600.0  # old history has a price for each hour; and one that is missing is like the one before


@dataclass(frozen=True)
class Prices:
    """What a kWh cost from some moments (s since 1970, rising) on: each until the next, where that is not far."""

    times: array[float]
    prices: array[float]

    def at(self, moment_s: float) -> float | None:
        """Return the price that held at a moment; None where none was recorded."""
        times, index = self.times, bisect_right(self.times, moment_s) - 1
        if index < 0:
            return None
        follows = index + 1 < len(times) and times[index + 1] - times[index] <= LONGEST_PRICE_S
        before_s = times[index] - times[index - 1] if index else PRICE_SLOT_S
        holds_s = before_s if before_s <= LONGEST_PRICE_S else PRICE_SLOT_S  # the last of a row, as long as the others
        return self.prices[index] if follows or moment_s - times[index] < holds_s else None

    def share(self, first_s: float, end_s: float) -> float:
        """Return for which share of a span they are known, by its quarters of an hour."""
        quarters = range(int(first_s), int(end_s), PRICE_SLOT_S)
        return sum(self.at(moment) is not None for moment in quarters) / max(1, len(quarters))


@dataclass(frozen=True)
class Recorded:
    """Moments (s since 1970, rising) and what was measured then."""

    times: array[float]
    solar_w: array[float]
    load_w: array[float]
    source: str
    prices: Prices | None = None  # of the market
    notes: tuple[str, ...] = ()  # what a person should know about them

    @property
    def first(self) -> datetime:
        return datetime.fromtimestamp(self.times[0], UTC)

    @property
    def last(self) -> datetime:
        return datetime.fromtimestamp(self.times[-1], UTC)

    def day(self, epoch_day: int, values: Sequence[float]) -> list[float]:
        """Return a value for each minute of a UTC day; what is not known is 0."""
        start = epoch_day * 86_400.0
        index = bisect_right(self.times, start) - 1
        table: list[float] = []
        for minute in range(MINUTES):
            t = start + minute * 60
            while index + 1 < len(self.times) and self.times[index + 1] <= t:
                index += 1
            known = index >= 0 and t - self.times[index] <= LONGEST_HOLD_S
            table.append(values[index] if known else 0.0)
        return table

    def gaps_h(self) -> float:
        """Return the hours between the first and the last row of which nothing is known."""
        steps = (b - a for a, b in zip(self.times, self.times[1:], strict=False))
        return sum(step - LONGEST_HOLD_S for step in steps if step > LONGEST_HOLD_S) / 3600

    def replace_in(self, house: House) -> None:
        """Let a house that has not begun to live have this sun and this load."""
        plain = house.sky.day
        house.sky.day = lru_cache(maxsize=8)(lambda number: DatedDay(**vars(plain(number)), number=number))
        house.solar = RecordedPlant((), recorded=self)
        house.household = RecordedHousehold(house.timezone, recorded=self)


@dataclass(frozen=True)
class DatedDay(SkyDay):
    """A day of the sky that knows which one it is."""

    number: int = 0


@dataclass(frozen=True)
class RecordedPlant(SolarPlant):
    """Panels that give what they gave."""

    recorded: Recorded | None = None

    def power_w(self, day: SkyDay) -> list[float]:
        assert self.recorded is not None
        assert isinstance(day, DatedDay)
        return self.recorded.day(day.number, self.recorded.solar_w)


@dataclass
class RecordedHousehold(Household):
    """A household that uses what it used."""

    recorded: Recorded | None = None

    def _power_w(self, epoch_day: int) -> list[float]:
        assert self.recorded is not None
        return self.recorded.day(epoch_day, self.recorded.load_w)


def from_csv(path: Path, zone: tzinfo) -> Recorded:
    """Return what a CSV file says; `UsageError` names the line that makes no sense."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--csv {path} cannot be read: {error}", hint="Name a CSV file in UTF-8.") from None
    lines = text.splitlines()
    semicolon = bool(lines) and ";" in lines[0]
    rows = csv.DictReader(lines, delimiter=";" if semicolon else ",")
    names = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    absent = [name for name in COLUMNS if name not in names]
    if absent:
        hint = f"Its first line must name the columns {', '.join(COLUMNS)}."
        raise UsageError(f"{path} has no column {' and no column '.join(absent)}", hint=hint)
    rows.fieldnames = names
    found: list[tuple[float, float, float]] = []
    for row in rows:
        values = [(row.get(name) or "").strip() for name in COLUMNS]
        if any(values):
            try:
                found.append(_row(values, zone, decimal_comma=semicolon))
            except ValueError as error:
                raise UsageError(f"{path}, line {rows.line_num}: {error}", hint=_hint()) from None
    return recorded(found, str(path))


def recorded(rows: Iterable[tuple[float, float, float]], source: str) -> Recorded:
    """Return rows of (s since 1970, solar W, load W) in order of time; `UsageError` when there is not a day of them."""
    found = sorted({row[0]: row for row in rows}.values())
    if len(found) < 2 or found[-1][0] - found[0][0] < 86_400:
        raise UsageError(
            f"{source} has less than one day of solar and load", hint="Give it more rows, or let a year be generated."
        )
    times, solar_w, load_w = (array("d", column) for column in zip(*found, strict=True))
    return Recorded(times, solar_w, load_w, source)


def from_history(
    history: Any,
    since: datetime | None,
    until: datetime | None,
    steered: Collection[str] = (),
    of_house: Callable[[Any], Any] = list,
    *,
    market: str = "",
    doubts: Callable[[Any, Any], Sequence[str]] = lambda _rows, _kept: (),
) -> Recorded:
    """Return what `record` has written of sun and load; without a load meter, load = grid + solar + battery.

    What the `steered` devices drew is taken off: a simulation has its own car and tanks. `of_house` leaves out what
    is no house's load, and `doubts` says what that was. `market` is the device whose prices were recorded.
    """
    moments: dict[float, dict[str, float]] = {}
    prices: dict[float, float] = {}
    every = list(history.readings(since=since, until=until))
    kept = of_house(every)
    for row in kept:
        if row.get("what") == "price":
            if row.get("device") == market and isinstance(row.get("price"), int | float):
                prices[datetime.fromisoformat(row["at"]).timestamp()] = float(row["price"])
            continue
        at = datetime.fromisoformat(row["at"]).timestamp() // 60 * 60
        for key in ("solar_w", "load_w", "grid_w", "battery_w"):
            if isinstance(row.get(key), int | float):
                moments.setdefault(at, {})[key] = float(row[key])
        if row.get("device") in steered:
            watts = row.get("charger_w", row.get("power_w"))
            if isinstance(watts, int | float):
                known = moments.setdefault(at, {})
                known["steered"] = known.get("steered", 0.0) + max(0.0, watts)
    rows = []
    for at, known in moments.items():
        load_w = known.get("load_w")
        if load_w is None and "grid_w" in known:
            load_w = known["grid_w"] + known.get("solar_w", 0.0) + known.get("battery_w", 0.0)
        if load_w is not None and "solar_w" in known:
            own_w = load_w - known.get("steered", 0.0)
            rows.append((at, max(0.0, known["solar_w"]), max(0.0, own_w)))
    notes = tuple(doubts(every, kept))
    try:
        found = recorded(rows, "history")
    except UsageError as error:
        raise UsageError(str(error), hint=" ".join([error.hint, *notes])) from None
    times = sorted(prices)
    of_market = Prices(array("d", times), array("d", [prices[at] for at in times])) if times else None
    return replace(found, prices=of_market, notes=notes)


def whole_days(found: Recorded, zone: tzinfo) -> tuple[date, int]:
    """Return the first whole local day, and how many there are."""
    first = found.first.astimezone(zone)
    start = first.date() if (first.hour, first.minute) == (0, 0) else first.date() + timedelta(days=1)
    last = (found.last + timedelta(minutes=61)).astimezone(zone).date()
    return start, max(0, (last - start).days)


def _row(values: Sequence[str], zone: tzinfo, *, decimal_comma: bool) -> tuple[float, float, float]:
    try:
        at = datetime.fromisoformat(values[0])
    except ValueError:
        raise ValueError(f"{values[0]!r} is no moment") from None
    t = (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
    powers = []
    for name, text in zip(COLUMNS[1:], values[1:], strict=True):
        try:
            power_w = float(text.replace(",", ".") if decimal_comma else text)
        except ValueError:
            raise ValueError(f"{name} is {text!r}, not a number") from None
        if not math.isfinite(power_w) or not 0 <= power_w <= MOST_W:
            raise ValueError(f"{name} is {text}, and must be between 0 and {MOST_W:g} W")
        powers.append(power_w)
    return t, powers[0], powers[1]


def _hint() -> str:
    return "A row is like 2025-01-01T00:00+01:00,0,312"
