"""Perfect foresight within limits: the best that the devices, and what their owner asked for, leave possible.

Every minute is known in advance, but a relay is in or out, a battery follows the house's need by itself, a charger
gives whole amps from its least on, and what is kept for outages stays kept. Such a house is a `Game`: from each state
a few moves are possible. Going back in time, what each state of a grid of states will cost at least is worked out from
the slot after it (between two of them the straight line counts); going forward, each move is taken by the device's own
arithmetic. So the costs are those of a life that is possible, and tests hold it against trying everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Row = list[float]
KEEP_EVERY = 192  # slots; between them the way back is gone a second time, which spares memory
V = TypeVar("V")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Span:
    """Some minutes in which sun, loads and prices are the same."""

    need_kwh: float  # what the house wants less what the sun offers
    hours: float
    import_price: float
    export_price: float = 0.0
    drawn_kwh: float = 0.0  # by a car that comes home as they begin
    at_home: bool = True
    keep_kwh: float = 0.0  # what the battery keeps for outages
    gift_kwh: float = 0.0  # what loads without a need may take
    gift_value: float = 0.0  # what a kWh in them is worth


@dataclass(frozen=True)
class Cells:
    """A battery: energies inside the cells in kWh, powers at the house's side in kW."""

    floor_kwh: float
    full_kwh: float
    charge_kw: float
    discharge_kw: float
    one_way: float

    def taken(self, stored_kwh: float, surplus_kwh: float, hours: float) -> float:
        """Return what it takes of a surplus, at the house's side."""
        return min(surplus_kwh, self.charge_kw * hours, max(0.0, self.full_kwh - stored_kwh) / self.one_way)

    def given(self, stored_kwh: float, need_kwh: float, hours: float, keep_kwh: float = 0.0) -> float:
        """Return what it gives of a need, at the house's side."""
        left_kwh = stored_kwh - max(keep_kwh, self.floor_kwh)
        return min(need_kwh, self.discharge_kw * hours, max(0.0, left_kwh) * self.one_way)

    def by_itself(self, stored_kwh: float, need_kwh: float, hours: float, keep_kwh: float = 0.0) -> tuple[float, float]:
        """Return (bought kWh, negative: sold; stored kWh afterwards) of a battery that follows the need."""
        if need_kwh < 0:
            taken = self.taken(stored_kwh, -need_kwh, hours)
            return need_kwh + taken, stored_kwh + taken * self.one_way
        given = self.given(stored_kwh, need_kwh, hours, keep_kwh)
        return need_kwh - given, stored_kwh - given / self.one_way


class Game(Protocol[V, S]):
    """What can be done in each slot, and what it costs."""

    @property
    def count(self) -> int: ...
    def at_the_end(self) -> V: ...
    def before(self, index: int, later: V) -> V: ...
    def act(self, index: int, later: V, state: S) -> tuple[float, S]: ...


@dataclass(frozen=True)
class Found(Generic[S]):
    """What each slot costs, and the state after it."""

    costs: list[float]
    states: list[S]


def cheapest(game: Game[V, S], start: S, keep_every: int = KEEP_EVERY) -> Found[S]:
    """Return the cheapest life from a state on."""
    value = game.at_the_end()
    kept = {game.count: value}
    for index in range(game.count - 1, -1, -1):
        value = game.before(index, value)
        if index % keep_every == 0:
            kept[index] = value
    found: Found[S] = Found([], [])
    state = start
    for first in range(0, game.count, keep_every):
        last = min(game.count, first + keep_every)
        later = [kept[last]]
        for index in range(last - 1, first, -1):
            later.append(game.before(index, later[-1]))
        for index in range(first, last):
            cost, state = game.act(index, later.pop(), state)
            found.costs.append(cost)
            found.states.append(state)
    return found


class Grid:
    """Evenly spaced amounts from `least` to `most`, and rows with a value for each."""

    def __init__(self, least: float, most: float, step: float) -> None:
        self.least, self.most = least, most
        self.last = max(1, round((most - least) / step))
        self.step = (most - least) / self.last if most > least else 1.0
        self.points = [least + number * self.step for number in range(self.last + 1)]

    def at(self, row: Row, amount: float) -> float:
        """Return the value at an amount between two points; beyond the ends that of the end."""
        place = (amount - self.least) / self.step
        if place <= 0:
            return row[0]
        if place >= self.last:
            return row[-1]
        number = int(place)
        return row[number] + (row[number + 1] - row[number]) * (place - number)

    def shifted(self, row: Row, change: float) -> Row:
        """Return, for each point, the value at the point plus `change`."""
        place = change / self.step
        whole = int(place // 1)
        part = place - whole
        length = len(row)
        if whole >= 0:
            whole = min(whole, length)
            low = row[whole:] + row[-1:] * whole
            high = row[whole + 1 :] + row[-1:] * min(length, whole + 1)
        else:
            whole = min(-whole, length)
            low = row[:1] * whole + row[: length - whole]
            high = row[:1] * (whole - 1) + row[: length - whole + 1]
        if not part:
            return low
        return [one + (two - one) * part for one, two in zip(low, high, strict=True)]


def plus(row: Row, cost: float) -> Row:
    """Return the row with a cost on each value."""
    return [one + cost for one in row] if cost else row


def least(one: Row, two: Row) -> Row:
    """Return the lesser of each pair."""
    return [a if a < b else b for a, b in zip(one, two, strict=True)]


def money(bought_kwh: float, span: Span) -> float:
    """Return what buying (or, negative, selling) costs; what would earn less than it is worth as a gift is given."""
    if span.gift_kwh and span.gift_value > span.export_price:
        most = span.gift_kwh if span.gift_value > span.import_price else min(span.gift_kwh, max(0.0, -bought_kwh))
        bought_kwh += most
        return bought_kwh * (span.import_price if bought_kwh > 0 else span.export_price) - most * span.gift_value
    return bought_kwh * (span.import_price if bought_kwh > 0 else span.export_price)


def following(grid: Grid, cells: Cells, span: Span, need_kwh: float, later: Row) -> Row:
    """Return the values before a slot in which the battery follows the need by itself."""
    if need_kwh < 0:
        most = cells.taken(grid.least, -need_kwh, span.hours)
        row = plus(grid.shifted(later, most * cells.one_way), money(need_kwh + most, span))
        first = grid.most - most * cells.one_way  # above, not all of it finds room
    else:
        most = cells.given(grid.most, need_kwh, span.hours)
        row = plus(grid.shifted(later, -most / cells.one_way), money(need_kwh - most, span))
        first = -1.0
    keep = max(span.keep_kwh, cells.floor_kwh)
    if row is later:
        row = list(row)
    for number, stored in enumerate(grid.points):
        if need_kwh < 0 and stored <= first:
            continue
        if need_kwh >= 0 and stored >= keep + most / cells.one_way:
            break
        bought, after = cells.by_itself(stored, need_kwh, span.hours, span.keep_kwh)
        row[number] = money(bought, span) + grid.at(later, after)
    return row
