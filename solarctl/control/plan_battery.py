"""The best a battery that is commanded can do, exactly: the value of its charge as a convex function, slot by slot.

What a charge is worth at the end of the horizon is a straight line. Going back slot by slot, each slot adds its own
straight pieces (buy to charge, keep from selling, cover the deficit), sorted by slope; what the battery cannot hold
is cut off at both ends. That is a dynamic programme without a grid of charges, in a few pieces per slot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solarctl.control.plan_house import OVER_LIMIT, House
from solarctl.control.plan_prices import prices
from solarctl.control.plan_value import NO_END, Piece, Value, before, cut, least_sum, own_pieces

LOOK = 6  # every so many slots it is looked whether anything still changes
SLOT_WORK = 40  # what a slot takes here, in slots of a battery that follows
NOT_YET = -1.0  # kWh: no charge, where a value is not worked out


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
    guess_first = True  # what it costs elsewhere hardly depends on where a piece was taken away
    convex = True

    def __init__(self, house: House, net: Sequence[float] | None = None) -> None:
        self.house = house
        self.net = list(house.net if net is None else net)
        storage, count = house.battery, house.count
        self._limit = min(house.limit, NO_END)
        self.work = 0.0
        self._own: list[list[Piece] | None] = [None] * count  # each slot's own pieces, as long as its net stays
        self._after = [Value(NOT_YET, 0.0, [])] * count + [Value(0.0, 0.0, [(-house.stored_value, storage.capacity)])]
        self._until = [Value(storage.start, 0.0, [])] + [Value(NOT_YET, 0.0, [])] * count
        self._behind_after = [count - 1]  # slots, rising, before which `_after` is not yet worked out
        self._behind_until = [0]  # slots, falling, after which `_until` is not yet
        self.cost = self._after_at(0).at(storage.start)
        self._traced = False

    def _after_at(self, slot: int) -> Value:
        """Return what every charge costs from a slot's start on."""
        behind, after = self._behind_after, self._after
        while behind and behind[-1] >= slot:
            t = behind.pop()
            while True:
                found = self._earlier(t, self.net[t], after[t + 1], self._pieces(t))
                self.work += SLOT_WORK
                if t % LOOK == 0 and found.is_like(after[t]):
                    more = found.at_low - after[t].at_low  # from here on only a constant differs
                    after[: t + 1] = [one.raised(more) for one in after[: t + 1]]
                    break
                after[t] = found
                t -= 1
                if t < slot:
                    if t >= 0 and not (behind and behind[-1] == t):
                        behind.append(t)
                    break
                if behind and behind[-1] == t:
                    behind.pop()
        return after[slot]

    def _until_at(self, slot: int) -> Value:
        """Return what it cost to get to every charge at a slot's start."""
        behind, until, count = self._behind_until, self._until, self.house.count
        while behind and behind[-1] < slot:
            t = behind.pop()
            while True:
                found = self._later(t, until[t])
                self.work += SLOT_WORK
                t += 1
                if t % LOOK == 0 and found.is_like(until[t]):
                    more = found.at_low - until[t].at_low
                    until[t:] = [one.raised(more) for one in until[t:]]
                    break
                until[t] = found
                if t >= slot:
                    if t < count and not (behind and behind[-1] == t):
                        behind.append(t)
                    break
                if behind and behind[-1] == t:
                    behind.pop()
        return until[slot]

    def _pieces(self, t: int) -> list[Piece]:
        """Return a slot's own pieces, as the house is now, sorted."""
        found = self._own[t]
        if found is None:
            found = self._own[t] = self._pieces_of(t, self.net[t])
        return found

    def _pieces_of(self, t: int, net: float) -> list[Piece]:
        house, storage = self.house, self.house.battery
        return sorted(own_pieces(net, house.buy[t], house.sell[t], storage.power, storage.efficiency, self._limit))

    def _earlier(self, t: int, net: float, after: Value, pieces: Sequence[Piece]) -> Value:
        house, storage = self.house, self.house.battery
        top = grid_cost(net + storage.power, house.buy[t], house.sell[t], self._limit)
        value = before(after, pieces, top, storage.power * storage.efficiency)
        cut(value, 0.0, storage.capacity)
        return value

    def _later(self, t: int, until: Value) -> Value:
        house, storage, net = self.house, self.house.battery, self.net[t]
        bottom = grid_cost(net - storage.power, house.buy[t], house.sell[t], self._limit)
        value = before(until, [(-slope, length) for slope, length in self._pieces(t)], bottom, storage.power)
        cut(value, 0.0, storage.capacity)
        return value

    def _trace(self) -> None:
        """Follow the battery's cheapest way through the horizon."""
        house, storage = self.house, self.house.battery
        charging = storage.power * storage.efficiency
        charge = storage.start
        self._after_at(0)
        self._soc, self._grid, self._worth = [charge], [], []
        self._guessed: dict[float, list[float]] = {}
        self._prices: list[float] | None = None
        self.work += house.count * SLOT_WORK
        for t, net in enumerate(self.net):
            next_value = self._after[t + 1]
            left = min(max(charge - _taken(charge, next_value, self._pieces(t), charging), 0.0), storage.capacity)
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
        value = self._after_at(last + 1)
        for t in range(last, first - 1, -1):
            net = self.net[t] + changes.get(t, 0.0)
            value = self._earlier(t, net, value, self._pieces_of(t, net) if t in changes else self._pieces(t))
        return least_sum(self._until_at(first), value) - self.cost

    def add(self, changes: Mapping[int, float]) -> None:
        """Let the house draw so much more (or less) in these slots."""
        self.cost += self.dearer(changes)
        for t, kwh in changes.items():
            self.net[t] += kwh
            self._own[t] = None
        self._behind_after = sorted({*self._behind_after, *changes})
        self._behind_until = sorted({*self._behind_until, *changes}, reverse=True)
        self._traced = False

    def saved(self) -> object:
        """Return what `restore` needs to undo changes."""
        known = (self._soc, self._grid, self._worth, self._guessed, self._prices) if self._traced else None
        self._after_at(0)
        self._until_at(self.house.count)
        return self.net[:], self._own[:], self._after[:], self._until[:], self.cost, known

    def restore(self, saved: object) -> None:
        """Go back to what was saved."""
        known: tuple[list[float], list[float], list[float], dict[float, list[float]], list[float] | None] | None
        self.net, self._own, self._after, self._until, self.cost, known = saved  # type: ignore[misc]
        self._behind_after, self._behind_until, self._traced = [], [], known is not None
        if known is not None:
            self._soc, self._grid, self._worth, self._guessed, self._prices = known

    def draw_exports(self, changes: Mapping[int, float]) -> None:
        """Let the house draw what would have been exported; the battery does as before. The last thing asked of it."""
        grid, house = self.grid, self.house
        for t, kwh in changes.items():
            self.cost -= grid_cost(grid[t], house.buy[t], house.sell[t], house.limit)
            self.net[t] += kwh
            grid[t] += kwh
            self._prices = None
            self.cost += grid_cost(grid[t], house.buy[t], house.sell[t], house.limit)

    def prices(self) -> list[float]:
        """Return what a kWh costs in each slot: no move of load saves more than these say."""
        grid, soc = self.grid, self.soc
        if self._prices is None:
            self._prices = prices(self.house, self.net, grid, soc)
        return self._prices

    def guesses(self, kwh: float, first: int = 0) -> list[float]:
        """Return, slot by slot, about what it costs when the house draws `kwh` more; exact for small amounts."""
        house, grids = self.house, self.grid
        if kwh in self._guessed:
            return self._guessed[kwh]
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
        self._guessed[kwh] = found
        return found


def _taken(charge: float, after: Value, pieces: Sequence[Piece], charging: float) -> float:
    """Return what a slot takes out of the charge (negative: puts in): the cheapest of the sorted pieces go first."""
    taken, rest = -charging, charge - (after.low - charging)
    index, theirs = 0, after.pieces
    for slope, length in pieces:
        while index < len(theirs) and theirs[index][0] < slope:
            rest -= theirs[index][1]
            index += 1
        if rest <= 0:
            break
        part = min(rest, length)
        taken += part
        rest -= part
    return taken
