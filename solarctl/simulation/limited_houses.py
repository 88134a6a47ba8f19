"""Houses within their limits: a grid relay, a battery with a reserve, a car at a charger of whole amps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from solarctl.simulation.limited import Cells, Grid, Row, Span, following, least, money, plus

NEVER = float("inf")
BATTERY_STEPS, CAR_BATTERY_STEPS, CAR_STEPS = 96, 32, 24
VOLTS = 230.0


@dataclass(frozen=True)
class Relay:
    """What the inverter does while the relay has the grid in, from when on it may be out, and what a move costs."""

    charge_kw: float  # the inverter charges with from the grid ...
    charge_to_kwh: float  # ... up to here, whether that is wanted or not
    feeds: bool  # whether the battery feeds the house meanwhile
    out_from_kwh: float  # the owner wants the grid in below
    move_price: float = 0.0


class RelayHouse:
    """A house behind a grid relay, which sells nothing. States: (stored kWh, whether the grid is in)."""

    def __init__(self, spans: Sequence[Span], cells: Cells, relay: Relay, end_value: float) -> None:
        self.spans, self.cells, self.relay, self.end_value = spans, cells, relay, end_value
        self.count = len(spans)
        self.grid = Grid(cells.floor_kwh, cells.full_kwh, (cells.full_kwh - cells.floor_kwh) / BATTERY_STEPS)

    def at_the_end(self) -> tuple[Row, Row]:
        row = [-self.end_value * stored for stored in self.grid.points]
        return row, row

    def before(self, index: int, later: tuple[Row, Row]) -> tuple[Row, Row]:
        span = self.spans[index]
        inside, outside = self._in(span, later[1]), self._out(span, later[0])
        move = self.relay.move_price
        return least(outside, plus(inside, move)), least(inside, plus(outside, move))

    def act(self, index: int, later: tuple[Row, Row], state: tuple[float, bool]) -> tuple[float, tuple[float, bool]]:
        span, (stored, was_in) = self.spans[index], state
        bought, after = self._with_grid(span, stored)
        cost = bought * span.import_price + (0.0 if was_in else self.relay.move_price)
        best = cost + self.grid.at(later[1], after), cost, (after, True)
        if self._may_be_out(span, stored):
            _, after = self.cells.by_itself(stored, span.need_kwh, span.hours)
            cost = self.relay.move_price if was_in else 0.0
            best = min(best, (cost + self.grid.at(later[0], after), cost, (after, False)))
        return best[1:]

    def _with_grid(self, span: Span, stored: float) -> tuple[float, float]:
        """Return (bought, stored afterwards) with the grid in."""
        relay, cells = self.relay, self.cells
        forced = relay.charge_kw * span.hours if stored < relay.charge_to_kwh else 0.0
        if span.need_kwh < 0 or forced:
            taken = cells.taken(stored, max(forced, -span.need_kwh), span.hours)
            return max(0.0, span.need_kwh + taken), stored + taken * cells.one_way
        if relay.feeds:
            return cells.by_itself(stored, span.need_kwh, span.hours)
        return span.need_kwh, stored

    def _may_be_out(self, span: Span, stored: float) -> bool:
        if stored < self.relay.out_from_kwh - 1e-9:
            return False
        return span.need_kwh <= self.cells.given(stored, span.need_kwh, span.hours) + 1e-9

    def _in(self, span: Span, later: Row) -> Row:
        grid, relay = self.grid, self.relay
        split = next((n for n, stored in enumerate(grid.points) if stored >= relay.charge_to_kwh), len(grid.points))
        if relay.feeds or not relay.charge_kw:
            return [self._value_in(span, stored, later) for stored in grid.points]
        row: Row = []
        for first, end in ((0, split), (split, len(grid.points))):
            if first < end:
                bought, after = self._with_grid(span, grid.points[first])
                row += plus(grid.shifted(later, after - grid.points[first]), bought * span.import_price)[first:end]
        return row

    def _value_in(self, span: Span, stored: float, later: Row) -> float:
        bought, after = self._with_grid(span, stored)
        return bought * span.import_price + self.grid.at(later, after)

    def _out(self, span: Span, later: Row) -> Row:
        grid, cells = self.grid, self.cells
        if span.need_kwh < 0:
            taken = min(-span.need_kwh, cells.charge_kw * span.hours)
            row = grid.shifted(later, taken * cells.one_way)
        else:
            row = grid.shifted(later, -span.need_kwh / cells.one_way)
        first = next((n for n, stored in enumerate(grid.points) if self._may_be_out(span, stored)), len(grid.points))
        return [NEVER] * first + row[first:]


class ReserveHouse:
    """A battery that takes what the sun leaves over, and gives when it may. States: stored kWh."""

    def __init__(self, spans: Sequence[Span], cells: Cells, end_value: float) -> None:
        self.spans, self.cells, self.end_value = spans, cells, end_value
        self.count = len(spans)
        self.grid = Grid(cells.floor_kwh, cells.full_kwh, (cells.full_kwh - cells.floor_kwh) / BATTERY_STEPS)

    def at_the_end(self) -> Row:
        return [-self.end_value * stored for stored in self.grid.points]

    def before(self, index: int, later: Row) -> Row:
        span = self.spans[index]
        row = following(self.grid, self.cells, span, span.need_kwh, later)
        return row if span.need_kwh <= 0 else least(row, plus(later, span.need_kwh * span.import_price))

    def act(self, index: int, later: Row, state: float) -> tuple[float, float]:
        span = self.spans[index]
        bought, after = self.cells.by_itself(state, span.need_kwh, span.hours, span.keep_kwh)
        best = money(bought, span) + self.grid.at(later, after), money(bought, span), after
        if span.need_kwh > 0:
            cost = span.need_kwh * span.import_price
            best = min(best, (cost + self.grid.at(later, state), cost, state))
        return best[1:]


@dataclass(frozen=True)
class Charger:
    """What a charger can offer a car, and what the car can hold; `elsewhere_price` is that of energy on the road."""

    min_a: int
    max_a: int
    phases: int
    switches_phases: bool
    room_kwh: float
    elsewhere_price: float

    def powers_kw(self, surplus_kw: float) -> list[float]:
        """Return the powers worth trying: none, the least, the most, and those next to what the sun leaves over."""
        found = {0.0}
        for phases in {self.phases, 1} if self.switches_phases else {self.phases}:
            per_amp = phases * VOLTS / 1000
            near = math.floor(surplus_kw / per_amp)
            found |= {amps * per_amp for amps in (self.min_a, near, near + 1) if self.min_a <= amps <= self.max_a}
        return sorted(found)


class CarHouse:
    """A car beside a battery that follows the need by itself. States: (kWh in the house's battery, in the car)."""

    def __init__(self, spans: Sequence[Span], cells: Cells, charger: Charger, end_value: float) -> None:
        self.spans, self.cells, self.charger, self.end_value = spans, cells, charger, end_value
        self.count = len(spans)
        room = max(0.01, cells.full_kwh - cells.floor_kwh)
        self.grid = Grid(cells.floor_kwh, cells.floor_kwh + room, room / CAR_BATTERY_STEPS)
        self.car = Grid(0.0, charger.room_kwh, charger.room_kwh / CAR_STEPS)

    def at_the_end(self) -> list[Row]:
        price, grid = self.charger.elsewhere_price, self.grid
        return [[-self.end_value * stored - price * inside for stored in grid.points] for inside in self.car.points]

    def before(self, index: int, later: list[Row]) -> list[Row]:
        span = self.spans[index]
        found = self._charged(span, 0.0, later)
        if span.at_home:
            for power_kw in self.charger.powers_kw(-span.need_kwh / span.hours)[1:]:
                other = self._charged(span, power_kw * span.hours, later)
                found = [least(one, two) for one, two in zip(found, other, strict=True)]
        return self._driven(span, found) if span.drawn_kwh else found

    def act(self, index: int, later: list[Row], state: tuple[float, float]) -> tuple[float, tuple[float, float]]:
        span, (stored, inside) = self.spans[index], state
        lacking = max(0.0, span.drawn_kwh - inside) * self.charger.elsewhere_price
        inside = max(0.0, inside - span.drawn_kwh)
        best: tuple[float, float, tuple[float, float]] | None = None
        for power_kw in self.charger.powers_kw(-span.need_kwh / span.hours) if span.at_home else [0.0]:
            drawn = min(power_kw * span.hours, self.charger.room_kwh - inside)
            bought, after = self.cells.by_itself(stored, span.need_kwh + drawn, span.hours, span.keep_kwh)
            cost = money(bought, span) + lacking
            one = cost + self._at(later, after, inside + drawn), cost, (after, inside + drawn)
            best = one if best is None else min(best, one)
        assert best is not None
        return best[1:]

    def _at(self, rows: list[Row], stored: float, inside: float) -> float:
        place = min(max(inside / self.car.step, 0.0), float(self.car.last))
        number = min(int(place), self.car.last - 1)
        low, high = self.grid.at(rows[number], stored), self.grid.at(rows[number + 1], stored)
        return low + (high - low) * (place - number)

    def _charged(self, span: Span, drawn_kwh: float, later: list[Row]) -> list[Row]:
        """Return the values before a slot in which the car is given `drawn_kwh`, or what it has room for."""
        rows = []
        for number, inside in enumerate(self.car.points):
            drawn = min(drawn_kwh, self.charger.room_kwh - inside)
            whole, part = divmod(drawn / self.car.step, 1.0)
            low = min(number + int(whole), self.car.last)
            row = later[low]
            if part and low < self.car.last:
                row = [one + (two - one) * part for one, two in zip(row, later[low + 1], strict=True)]
            rows.append(following(self.grid, self.cells, span, span.need_kwh + drawn, row))
        return rows

    def _driven(self, span: Span, rows: list[Row]) -> list[Row]:
        """Return the values before the car has come home."""
        found = []
        for inside in self.car.points:
            left = inside - span.drawn_kwh
            lacking = max(0.0, -left) * self.charger.elsewhere_price
            found.append([self._at(rows, stored, max(0.0, left)) + lacking for stored in self.grid.points])
        return found
