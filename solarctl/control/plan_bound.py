"""How cheap it could be at best: a bound below every plan that gives each load the same energy.

Each slot's kilowatt-hour gets a price of its own. With such prices everybody decides alone: each load takes its
cheapest slots, the battery trades (exactly, plan_battery.py), the grid covers nothing at a loss. Whatever the prices
are, the sum is never more than what any plan costs; the prices are moved until the bound is high.

A battery that follows the meter may do less than that: it charges from nothing but the sun, holds no more than it
would without any load and no less than with all of them on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from solarctl.control.plan_house import TINY, Following, House
from solarctl.control.plan_place import Row, Task
from solarctl.control.plan_value import Piece, Value, before, cut
from solarctl.value import value

CLOSE = 1e-4  # money: a bound that is so near is not raised


@value
class Wish:
    """Energy that a load gets in any plan: `count` of the slots from `first` to just before `last`."""

    kwh: float
    count: int
    first: int
    last: int
    allowed: tuple[int, ...] | None = None


def lower_bound(house: House, wishes: Sequence[Wish], reached: float, prices: Sequence[float], rounds: int) -> float:
    """Return a cost that no plan is below; `reached` is what the best plan known costs, `prices` where to begin."""
    return dearest(house, wishes, reached, prices, rounds)[0]


def dearest(
    house: House, wishes: Sequence[Wish], reached: float, prices: Sequence[float], rounds: int
) -> tuple[float, list[float]]:
    """Return the bound, and the prices of each slot's kilowatt-hour that it was found at."""
    market = _Market(house, wishes)
    here = [min(max(p, low), high) for p, low, high in zip(prices, market.low, market.high)]
    best = -float("inf")
    best_prices, scale, idle = here, 1.0, 0
    for _ in range(rounds):
        found, missing = market.at(here)
        if found > best + 1e-9:
            best, best_prices, idle = found, here, 0
        else:
            idle += 1
            if idle == 4:
                scale, idle = scale / 2, 0
                here = best_prices
                found, missing = market.at(here)
        if best >= reached - CLOSE:
            break
        square = 0.0
        for price, low, high, kwh in zip(here, market.low, market.high, missing):
            if (kwh > 0 and price < high) or (kwh < 0 and price > low):
                square += kwh * kwh
        if square < 1e-12:
            break
        size = scale * (reached - found) / square
        here = [
            min(max(price + size * kwh, low), high)
            for price, low, high, kwh in zip(here, market.low, market.high, missing)
        ]
    return min(best, reached), best_prices


class _Market:
    """Who buys what at given prices."""

    def __init__(self, house: House, wishes: Sequence[Wish]) -> None:
        self.house, self.wishes = house, wishes
        self.low = [min(b, s) for b, s in zip(house.buy, house.sell)]
        self.high = [max(b, s) for b, s in zip(house.buy, house.sell)]
        storage = house.battery
        most = [0.0] * house.count
        for wish in wishes:
            for t in wish.allowed or range(wish.first, wish.last):
                most[t] += wish.kwh
        self.most = most
        if storage.capacity <= 0:
            self.sums = [self._around(t) for t in range(house.count)]
            return
        if storage.commanded:
            self.floor, self.ceiling = [0.0] * (house.count + 1), [storage.capacity] * (house.count + 1)
            self.charging = [storage.power] * house.count
        else:
            idle, busy = Following(house), Following(house)
            busy.add(dict(enumerate(most)))
            self.ceiling, self.floor = [kwh + TINY for kwh in idle.soc], [max(0.0, kwh - TINY) for kwh in busy.soc]
            self.charging = [min(storage.power, max(0.0, -net)) for net in house.net]

    def _around(self, t: int) -> tuple[float, ...]:
        """Return the loads' sums that can be cheapest in a slot without a battery: the two around the surplus."""
        sums = {0.0}
        for wish in self.wishes:
            slots = wish.allowed if wish.allowed is not None else range(wish.first, wish.last)
            if t in slots:
                sums |= {one + wish.kwh for one in sums}
                if len(sums) > 4096:
                    return (0.0, max(0.0, -self.house.net[t]), self.most[t])
        rising = sorted(sums)
        place = bisect_right(rising, -self.house.net[t] + TINY)
        return tuple({rising[0], rising[max(0, place - 1)], rising[min(place, len(rising) - 1)], rising[-1]})

    def at(self, prices: Sequence[float]) -> tuple[float, list[float]]:
        """Return the bound at these prices, and how much more is bought than sold in each slot."""
        house = self.house
        total, missing = 0.0, [0.0] * house.count
        for wish in self.wishes:
            slots: Sequence[int] = wish.allowed if wish.allowed is not None else range(wish.first, wish.last)
            chosen = sorted(slots, key=prices.__getitem__)[: wish.count]
            for t in chosen:
                total += prices[t] * wish.kwh
                missing[t] += wish.kwh
        if house.battery.capacity > 0:
            total += self._trade(prices, missing)
            for t, (price, net) in enumerate(zip(prices, house.net)):
                total += price * net
                missing[t] += net
                if house.sell[t] > house.buy[t]:  # then the grid itself could be traded with, as far as wires go
                    total += self._wires(t, price)
        else:
            total += self._grid(prices, missing)
        return total, missing

    def _wires(self, t: int, price: float) -> float:
        house, power = self.house, self.house.battery.power
        most = max(0.0, house.net[t] + self.most[t] + power)
        least = max(0.0, power - house.net[t])
        return min(0.0, (house.buy[t] - price) * most, (price - house.sell[t]) * least)

    def _grid(self, prices: Sequence[float], missing: list[float]) -> float:
        house, total = self.house, 0.0
        for t, price in enumerate(prices):
            least, load = min((self._paid(t, house.net[t] + one) - price * one, one) for one in self.sums[t])
            total += least
            missing[t] -= load
        return total

    def _paid(self, t: int, energy: float) -> float:
        return energy * (self.house.buy[t] if energy > 0 else self.house.sell[t])

    def _trade(self, prices: Sequence[float], missing: list[float]) -> float:
        """Let the battery trade at these prices; return what that costs, and add what it draws."""
        house, storage = self.house, self.house.battery
        efficiency, power = storage.efficiency, storage.power
        low, high = self.floor[-1], self.ceiling[-1]
        value = Value(low, -house.stored_value * low, [(-house.stored_value, max(0.0, high - low))])
        values = [value]
        for t in range(house.count - 1, -1, -1):
            price, charging = prices[t], self.charging[t] * efficiency
            pieces: list[Piece] = [(-price / efficiency, charging), (-price, power)]
            value = before(value, pieces, price * self.charging[t], charging)
            cut(value, self.floor[t], self.ceiling[t])
            values.append(value)
        values.reverse()
        charge = storage.start
        for t in range(house.count):
            price, charging = prices[t], self.charging[t] * efficiency
            after = values[t + 1]
            # the charge that is left where keeping it is worth no less than its price
            wanted = charge
            target = _where(after, -price)
            if target < charge:
                wanted = max(target, charge - power)
            else:
                target = _where(after, -price / efficiency)
                wanted = min(max(target, charge), charge + charging)
            wanted = min(max(wanted, self.floor[t + 1]), self.ceiling[t + 1])
            drawn = (wanted - charge) / efficiency if wanted > charge else wanted - charge
            missing[t] += drawn
            charge = wanted
        return values[0].at(storage.start)


def _where(found: Value, slope: float) -> float:
    """Return the charge from which on the value rises by more than `slope` per kWh."""
    charge = found.low
    for one, length in found.pieces:
        if one >= slope:
            break
        charge += length
    return charge


def wishes(rows: Sequence[Row], tasks: Sequence[Task], got: Sequence[int]) -> list[Wish]:
    """Return what each task was given, as wishes; slots in which a load may not be are left out."""
    found = []
    for task, count in zip(tasks, got):
        row = rows[task.load]
        first = max(task.first, row.bound_off)
        allowed = None
        if row.allowed is not None:
            allowed = tuple(t for t in range(first, task.last) if row.allowed[t])
        if count:
            found.append(Wish(task.kwh, count, first, task.last, allowed))
    return found
