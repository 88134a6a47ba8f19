"""The best a battery that is commanded can do, exactly: the value of its charge as a convex function, slot by slot.

What a charge is worth at the end of the horizon is a straight line. Going back slot by slot, each slot adds its own
straight pieces (buy to charge, keep from selling, cover the deficit), sorted by slope; what the battery cannot hold
is cut off at both ends. That is a dynamic programme without a grid of charges, in a few pieces per slot.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence

from solarctl.control.plan_house import OVER_LIMIT, TINY, House

LOOK = 6  # every so many slots it is looked whether anything still changes
SLOT_WORK = 40  # what a slot takes here, in slots of a battery that follows

Piece = tuple[float, float]  # slope (money per kWh of charge), length (kWh)


class Value:
    """A convex function of the charge: from `low` on, pieces of rising slope; `at_low` is its value there."""

    __slots__ = ("at_low", "low", "pieces")

    def __init__(self, low: float, at_low: float, pieces: list[Piece]) -> None:
        self.low, self.at_low, self.pieces = low, at_low, pieces

    def at(self, charge: float) -> float:
        """Return the value at a charge of its domain."""
        total, rest = self.at_low, charge - self.low
        for slope, length in self.pieces:
            if rest <= length:
                return total + slope * rest
            total += slope * length
            rest -= length
        return total

    def is_like(self, other: Value) -> bool:
        """Return whether it is the other function but for a constant."""
        mine, theirs = self.pieces, other.pieces
        if len(mine) != len(theirs) or abs(self.low - other.low) > TINY:
            return False
        return all(abs(a - c) < TINY and abs(b - d) < TINY for (a, b), (c, d) in zip(mine, theirs))

    def raised(self, more: float) -> Value:
        """Return the function with a constant added."""
        return Value(self.low, self.at_low + more, self.pieces)

    def slope_at(self, charge: float) -> float:
        """Return what a kWh more changes at a charge (a negative number when charge saves money)."""
        rest = charge - self.low
        for slope, length in self.pieces:
            if rest < length - TINY:
                return slope
            rest -= length
        return self.pieces[-1][0] if self.pieces else 0.0


def own_pieces(need: float, buy: float, sell: float, power: float, efficiency: float, limit: float) -> list[Piece]:
    """Return what a slot charges and discharges for: pieces of the cost over the energy taken out of the charge."""
    pieces: list[Piece] = []
    if power <= 0:
        return pieces

    def priced(first: float, last: float, scale: float) -> None:
        """Add the pieces of the grid's energy falling from `first` to `last`."""
        for top, bottom, price in ((NO_END, limit, buy + OVER_LIMIT), (limit, 0.0, buy), (0.0, -NO_END, sell)):
            length = min(first, top) - max(last, bottom)
            if length > 0:
                pieces.append((-price / scale, length * scale))

    priced(need + power, need, efficiency)  # charging
    priced(need, need - power, 1.0)  # discharging
    return pieces


NO_END = 1e9


def before(after: Value, pieces: Sequence[Piece], at_full_charging: float, charging: float) -> Value:
    """Return the value one slot earlier, before its ends are cut off.

    `at_full_charging` is the slot's cost when it charges all it can, `charging` the charge that this adds.
    """
    merged = after.pieces[:]
    for piece in pieces:
        insort(merged, piece)
    return Value(after.low - charging, after.at_low + at_full_charging, merged)


def cut(found: Value, low: float, high: float) -> None:
    """Keep only charges from `low` to `high`."""
    pieces = found.pieces
    skip = low - found.low
    while skip > TINY and pieces:
        slope, length = pieces[0]
        part = min(skip, length)
        found.at_low += slope * part
        skip -= part
        if part >= length - TINY:
            del pieces[0]
        else:
            pieces[0] = (slope, length - part)
    found.low = max(low, found.low)
    room = high - found.low
    for index, (slope, length) in enumerate(pieces):
        if length >= room:
            del pieces[index:]
            if room > TINY:
                pieces.append((slope, room))
            break
        room -= length


def grid_cost(energy: float, buy: float, sell: float, limit: float) -> float:
    """Return what the grid is paid in a slot."""
    if energy <= 0:
        return energy * sell
    return energy * buy + (OVER_LIMIT * (energy - limit) if energy > limit else 0.0)


class Steered:
    """A house whose battery is commanded, with the loads that are in it so far; asked like `Following`.

    For each slot's start it knows what every charge costs until the end of the horizon, and what it cost to get there;
    so what a load costs in a slot is found without the slots before and after it.
    """

    looked_at = 6
    blocks = 4

    def __init__(self, house: House, net: Sequence[float] | None = None) -> None:
        self.house = house
        self.net = list(house.net if net is None else net)
        storage, count = house.battery, house.count
        self._limit = min(house.limit, NO_END)
        self.work = 0.0
        self._after = [Value(0.0, 0.0, [])] * count + [Value(0.0, 0.0, [(-house.stored_value, storage.capacity)])]
        self._until = [Value(storage.start, 0.0, [])] + [Value(0.0, 0.0, [])] * count
        self._update(0, count - 1)

    def _update(self, first: int, last: int) -> None:
        """Work out anew what depends on the slots from `first` to `last`."""
        after, until, count = self._after, self._until, self.house.count
        for t in range(last, -1, -1):
            found = self._earlier(t, self.net[t], after[t + 1])
            if t < first and t % LOOK == 0 and found.is_like(after[t]):
                more = found.at_low - after[t].at_low  # from here on only a constant differs
                after[: t + 1] = [one.raised(more) for one in after[: t + 1]]
                break
            after[t] = found
            self.work += SLOT_WORK
        for t in range(first, count):
            found = self._later(t, until[t])
            if t > last and t % LOOK == 0 and found.is_like(until[t + 1]):
                more = found.at_low - until[t + 1].at_low
                until[t + 1 :] = [one.raised(more) for one in until[t + 1 :]]
                break
            until[t + 1] = found
            self.work += SLOT_WORK
        self.cost = after[0].at(self.house.battery.start)
        self._traced = False

    def _earlier(self, t: int, net: float, after: Value) -> Value:
        house, storage = self.house, self.house.battery
        pieces = own_pieces(net, house.buy[t], house.sell[t], storage.power, storage.efficiency, self._limit)
        top = grid_cost(net + storage.power, house.buy[t], house.sell[t], self._limit)
        value = before(after, pieces, top, storage.power * storage.efficiency)
        cut(value, 0.0, storage.capacity)
        return value

    def _later(self, t: int, until: Value) -> Value:
        house, storage, net = self.house, self.house.battery, self.net[t]
        pieces = own_pieces(net, house.buy[t], house.sell[t], storage.power, storage.efficiency, self._limit)
        bottom = grid_cost(net - storage.power, house.buy[t], house.sell[t], self._limit)
        value = before(until, [(-slope, length) for slope, length in pieces], bottom, storage.power)
        cut(value, 0.0, storage.capacity)
        return value

    def _trace(self) -> None:
        """Follow the battery's cheapest way through the horizon."""
        house, storage = self.house, self.house.battery
        charging = storage.power * storage.efficiency
        charge = storage.start
        self._soc, self._grid, self._worth = [charge], [], []
        self.work += house.count * SLOT_WORK
        for t, net in enumerate(self.net):
            pieces = own_pieces(net, house.buy[t], house.sell[t], storage.power, storage.efficiency, self._limit)
            next_value = self._after[t + 1]
            left = min(max(charge - _taken(charge, next_value, pieces, charging), 0.0), storage.capacity)
            taken = charge - left
            self._grid.append(net - taken if taken >= 0 else net - taken / storage.efficiency)
            self._worth.append(-next_value.slope_at(left))
            charge = left
            self._soc.append(charge)
        self._traced = True

    @property
    def soc(self) -> list[float]:
        """The charge at each slot's start, and at the end."""
        if not self._traced:
            self._trace()
        return self._soc

    @property
    def grid(self) -> list[float]:
        """The grid's energy in each slot."""
        if not self._traced:
            self._trace()
        return self._grid

    def battery(self) -> list[float]:
        """Return what the battery gives to the house in each slot."""
        return [need - grid for need, grid in zip(self.net, self.grid)]

    def dearer(self, changes: Mapping[int, float]) -> float:
        """Return what it costs more when the house draws so much more in these slots."""
        first, last = min(changes), max(changes)
        value = self._after[last + 1]
        for t in range(last, first - 1, -1):
            value = self._earlier(t, self.net[t] + changes.get(t, 0.0), value)
        return least_sum(self._until[first], value) - self.cost

    def add(self, changes: Mapping[int, float]) -> None:
        """Let the house draw so much more (or less) in these slots."""
        for t, kwh in changes.items():
            self.net[t] += kwh
        self._update(min(changes), max(changes))

    def saved(self) -> object:
        """Return what `restore` needs to undo changes."""
        return self.net[:], self._after[:], self._until[:], self.cost

    def restore(self, saved: object) -> None:
        """Go back to what was saved."""
        self.net, self._after, self._until, self.cost = saved  # type: ignore[misc]
        self._traced = False

    def draw_exports(self, changes: Mapping[int, float]) -> None:
        """Let the house draw what would have been exported; the battery does as before. The last thing asked of it."""
        grid, house = self.grid, self.house
        for t, kwh in changes.items():
            self.cost -= grid_cost(grid[t], house.buy[t], house.sell[t], house.limit)
            self.net[t] += kwh
            grid[t] += kwh
            self.cost += grid_cost(grid[t], house.buy[t], house.sell[t], house.limit)

    def guesses(self, kwh: float) -> list[float]:
        """Return, slot by slot, about what it costs when the house draws `kwh` more; exact for small amounts."""
        house, grids = self.house, self.grid
        power, found = house.battery.power, []
        for t, need in enumerate(self.net):
            through, worth, buy = grids[t], self._worth[t], house.buy[t]
            part = min(kwh, max(0.0, -through))
            cost, rest = part * house.sell[t], kwh - part
            if rest > 0:
                part = min(rest, max(0.0, power - (need - through)))
                cost += part * min(worth, buy) + (rest - part) * buy
                over = through + rest - part - house.limit
                if over > 0:
                    cost += OVER_LIMIT * over
            found.append(cost)
        return found


def _taken(charge: float, after: Value, pieces: Sequence[Piece], charging: float) -> float:
    """Return what a slot takes out of the charge (negative: puts in): the cheapest pieces go first."""
    taken, rest = -charging, charge - (after.low - charging)
    index, theirs = 0, after.pieces
    for slope, length in sorted(pieces):
        while index < len(theirs) and theirs[index][0] < slope:
            rest -= theirs[index][1]
            index += 1
        if rest <= 0:
            break
        part = min(rest, length)
        taken += part
        rest -= part
    return taken


def least_sum(one: Value, other: Value) -> float:
    """Return the least value of the sum of two functions."""
    low = max(one.low, other.low)
    total = one.at(low) + other.at(low)
    mine, theirs = _from(one, low), _from(other, low)
    i = j = 0
    while i < len(mine) and j < len(theirs):
        slope = mine[i][0] + theirs[j][0]
        if slope >= 0:
            break
        length = min(mine[i][1], theirs[j][1])
        total += slope * length
        for pieces, index in ((mine, i), (theirs, j)):
            pieces[index] = (pieces[index][0], pieces[index][1] - length)
        i += mine[i][1] <= TINY
        j += theirs[j][1] <= TINY
    return total


def _from(found: Value, low: float) -> list[Piece]:
    pieces, skip = [], low - found.low
    for slope, length in found.pieces:
        if skip >= length:
            skip -= length
        else:
            pieces.append((slope, length - skip))
            skip = 0.0
    return pieces
