"""The best a battery that is commanded can do, exactly: the value of its charge as a convex function, slot by slot.

What a charge is worth at the end of the horizon is a straight line. Going back slot by slot, each slot adds its own
straight pieces (buy to charge, keep from selling, cover the deficit), sorted by slope; what the battery cannot hold
is cut off at both ends. That is a dynamic programme without a grid of charges, in a few pieces per slot.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence

from solarctl.control.plan_house import OVER_LIMIT, TINY, House

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


class Best:
    """The battery's cheapest behaviour for a net load: its charge, the grid's energy, the cost."""

    def __init__(self, house: House, net: Sequence[float]) -> None:
        storage = house.battery
        self.soc = [storage.start]
        self.grid: list[float] = []
        self.worth: list[float] = []  # of a kWh in the battery after each slot
        charging = storage.power * storage.efficiency
        limit = min(house.limit, NO_END)
        value = Value(0.0, 0.0, [(-house.stored_value, storage.capacity)])
        values = [value]
        slots: list[list[Piece]] = []
        for t in range(house.count - 1, -1, -1):
            pieces = own_pieces(net[t], house.buy[t], house.sell[t], storage.power, storage.efficiency, limit)
            top = grid_cost(net[t] + storage.power, house.buy[t], house.sell[t], limit)
            value = before(value, pieces, top, charging)
            cut(value, 0.0, storage.capacity)
            values.append(value)
            slots.append(pieces)
        values.reverse()
        slots.reverse()
        charge = storage.start
        for t in range(house.count):
            taken = self._taken(charge, values[t + 1], slots[t], charging)
            after = min(max(charge - taken, 0.0), storage.capacity)
            taken = charge - after
            self.grid.append(net[t] - taken if taken >= 0 else net[t] - taken / storage.efficiency)
            self.worth.append(-values[t + 1].slope_at(after))
            charge = after
            self.soc.append(charge)
        self.costs = [grid_cost(e, house.buy[t], house.sell[t], house.limit) for t, e in enumerate(self.grid)]
        self.cost = sum(self.costs) - house.stored_value * charge

    @staticmethod
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


class Steered:
    """A house whose battery is commanded, with the loads that are in it so far; asked like `Following`."""

    looked_at = 0  # a look is dear here, and the guesses are good

    def __init__(self, house: House, net: Sequence[float] | None = None) -> None:
        self.house = house
        self.net = list(house.net if net is None else net)
        self.needs_charge: Sequence[float] | None = None
        self._best = Best(house, self.net)

    @property
    def cost(self) -> float:
        """What the grid is paid, less what is left in the battery is worth."""
        return self._best.cost

    @property
    def soc(self) -> list[float]:
        """The charge at each slot's start, and at the end."""
        return self._best.soc

    @property
    def grid(self) -> list[float]:
        """The grid's energy in each slot."""
        return self._best.grid

    def battery(self) -> list[float]:
        """Return what the battery gives to the house in each slot."""
        return [need - grid for need, grid in zip(self.net, self.grid)]

    def extra(self, changes: Mapping[int, float]) -> float:
        """Return what it costs more when the house draws so much more in these slots."""
        net = self.net[:]
        for t, kwh in changes.items():
            net[t] += kwh
        return Best(self.house, net).cost - self._best.cost

    def add(self, changes: Mapping[int, float]) -> None:
        """Let the house draw so much more (or less) in these slots."""
        for t, kwh in changes.items():
            self.net[t] += kwh
        self._best = Best(self.house, self.net)

    def draw_exports(self, changes: Mapping[int, float]) -> None:
        """Let the house draw what would have been exported; the battery does as before."""
        for t, kwh in changes.items():
            self.net[t] += kwh
            self._best.grid[t] += kwh
            cost = grid_cost(self._best.grid[t], self.house.buy[t], self.house.sell[t], self.house.limit)
            self._best.cost += cost - self._best.costs[t]
            self._best.costs[t] = cost

    def guesses(self, kwh: float) -> list[float]:
        """Return, slot by slot, about what it costs when the house draws `kwh` more; exact for small amounts."""
        house, best = self.house, self._best
        power, found = house.battery.power, []
        for t, need in enumerate(self.net):
            through, worth, buy = best.grid[t], best.worth[t], house.buy[t]
            part = min(kwh, max(0.0, -through))
            cost, rest = part * house.sell[t], kwh - part
            if rest > 0:
                able = max(0.0, power - (need - through))
                part = min(rest, able)
                cost += part * min(worth, buy) + (rest - part) * buy
                over = through + rest - part - house.limit
                if over > 0:
                    cost += OVER_LIMIT * over
            found.append(cost)
        return found
