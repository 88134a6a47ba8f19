"""The house over the horizon: what the sun leaves, what the battery does by itself, what the grid is paid.

Everything here is in kWh per slot. A battery that follows the meter covers a deficit and takes a surplus, as far as
its power and its charge allow; so what a load costs in one slot is decided by all slots after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solarctl.value import value

TINY = 1e-9
TINY_KWH = 1e-6  # so little more tells a slot's price
OVER_LIMIT = 1e7  # money per kWh beyond the grid's limit: never worth it
NONE = float("inf")


@value
class Storage:
    """A battery: kWh, and kWh per slot at its greatest power. `efficiency`: of what is charged, so much is stored."""

    capacity: float
    power: float
    start: float
    efficiency: float = 1.0
    commanded: bool = False


@value
class House:
    """The horizon: `net` is the base load less the sun, `buy` and `sell` are prices."""

    net: tuple[float, ...]
    buy: tuple[float, ...]
    sell: tuple[float, ...]
    battery: Storage
    limit: float = NONE
    stored_value: float = 0.0

    @property
    def count(self) -> int:
        """How many slots there are."""
        return len(self.net)


NO_BATTERY = Storage(0.0, 0.0, 0.0)


class Following:
    """A house whose battery follows the meter (or that has none), with the loads that are in it so far."""

    looked_at = 6
    blocks = 64
    guess_first = False
    convex = False

    def __init__(self, house: House, *, needs_charge: Sequence[float] | None = None) -> None:
        self.house = house
        self.net = list(house.net)
        self.work = 0.0
        self.needs_charge = needs_charge  # a slot's least charge, for loads that let the battery go first
        self.soc: list[float] = []
        self.grid: list[float] = []
        self.costs: list[float] = []
        self._run()

    def _run(self) -> None:
        """Play the horizon from the present charge."""
        count = self.house.count
        self.soc, self.grid, self.costs = [self.house.battery.start], [0.0] * count, [0.0] * count
        self.soc += [0.0] * count
        self._play(0, count)

    def _play(self, first: int, last: int) -> None:
        house = self.house
        storage = house.battery
        capacity, power, efficiency = storage.capacity, storage.power, storage.efficiency
        net, soc, grid, costs = self.net, self.soc, self.grid, self.costs
        self.work += last - first
        charge = soc[first]
        for t in range(first, last):
            need = net[t]
            if need > 0:
                given = need if need < power else power
                if given > charge:
                    given = charge
                charge -= given
                need -= given
                costs[t] = need * house.buy[t] + (OVER_LIMIT * (need - house.limit) if need > house.limit else 0.0)
            else:
                taken = -need if -need < power else power
                room = (capacity - charge) / efficiency
                if taken > room:
                    taken = room
                charge += taken * efficiency
                need += taken
                costs[t] = need * house.sell[t]
            grid[t] = need
            soc[t + 1] = charge

    @property
    def cost(self) -> float:
        """What the grid is paid, less what is left in the battery is worth."""
        return sum(self.costs) - self.house.stored_value * self.soc[-1]

    def battery(self) -> list[float]:
        """Return what the battery gives to the house in each slot."""
        return [need - grid for need, grid in zip(self.net, self.grid)]

    def dearer(self, changes: Mapping[int, float]) -> float:
        """Return what it costs more when the house draws so much more in these slots (rising); infinite: not allowed.

        Played only until the battery is as it would have been without.
        """
        house, wanted = self.house, self.needs_charge
        storage = house.battery
        capacity, power, efficiency, limit = storage.capacity, storage.power, storage.efficiency, house.limit
        buy, sell, net, soc, costs = house.buy, house.sell, self.net, self.soc, self.costs
        first, last, count = min(changes), max(changes), house.count
        charge, total = soc[first], 0.0
        for t in range(first, count):
            need = net[t]
            if t <= last:
                need += changes.get(t, 0.0)
            elif -TINY < charge - soc[t] < TINY:
                return total
            if wanted is not None and charge < wanted[t] - TINY:
                return NONE
            if need > 0:
                given = need if need < power else power
                if given > charge:
                    given = charge
                charge -= given
                need -= given
                total += need * buy[t] - costs[t]
                if need > limit:
                    total += OVER_LIMIT * (need - limit)
            else:
                taken = -need if -need < power else power
                room = (capacity - charge) / efficiency
                if taken > room:
                    taken = room
                charge += taken * efficiency
                total += (need + taken) * sell[t] - costs[t]
        return total + house.stored_value * (soc[count] - charge)

    def add(self, changes: Mapping[int, float]) -> None:
        """Let the house draw so much more (or less) in these slots."""
        for t, kwh in changes.items():
            self.net[t] += kwh
        self._play(min(changes), self.house.count)

    def saved(self) -> object:
        """Return what `restore` needs to undo changes."""
        return self.net[:], self.soc[:], self.grid[:], self.costs[:]

    def restore(self, saved: object) -> None:
        """Go back to what was saved."""
        self.net, self.soc, self.grid, self.costs = saved  # type: ignore[misc]

    def prices(self) -> list[float]:
        """Return about what a kWh costs in each slot."""
        return [guess / TINY_KWH for guess in self.guesses(TINY_KWH)]

    def guesses(self, kwh: float, first: int = 0) -> list[float]:
        """Return, slot by slot, about what it costs when the house draws `kwh` more; exact for small amounts.

        Only from slot `first` on; before it is 0.

        What was exported is lost at the selling price, then what was charged, then what the battery can give is
        paid at the price that its charge will be missed at, and the rest is bought.
        """
        house = self.house
        storage = house.battery
        net, soc, grid, power, efficiency = self.net, self.soc, self.grid, storage.power, storage.efficiency
        self.work += 3 * (house.count - first)  # what a guess takes, beside a slot that is played
        found = [0.0] * house.count
        missed = house.stored_value  # what a kWh less in the battery costs later
        for t in range(house.count - 1, first - 1, -1):
            need, through, buy, sell = net[t], grid[t], house.buy[t], house.sell[t]
            rest, cost = kwh, 0.0
            given = 0.0
            if need < 0:
                exported = -through
                part = rest if rest < exported else exported
                cost, rest = part * sell, rest - part
                taken = exported_rest = -need - exported
                part = rest if rest < exported_rest else taken
                cost += part * missed * efficiency
                rest -= part
            else:
                given = need - through
            if rest > 0:
                able = power - given
                if able > soc[t] - given:
                    able = soc[t] - given
                part = rest if rest < able else able
                cost += part * missed + (rest - part) * buy
                over = through + rest - part - house.limit
                if over > 0 and rest > part:
                    cost += OVER_LIMIT * over
            found[t] = cost
            if storage.capacity:
                if need > 0:
                    if through > TINY and given < power - TINY:
                        missed = buy
                elif through < -TINY and -need - exported < power - TINY:
                    missed = sell / efficiency
        return found
