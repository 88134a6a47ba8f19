"""All loads at once, beside a battery that follows the meter: a dynamic programme over its charge.

Each kind of load is paid so much for every slot that it runs (the multipliers). Then nothing but the charge connects
one slot with the next: going back slot by slot, for each charge on a grid, the cheapest number of loads of each kind
is found; and the pay is moved until each kind runs as long as it must. What comes out sees what placing loads one by
one does not: that the battery gives its power once, to one boiler as to two. The rest is left to moving pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from solarctl.control.plan_charges import earlier
from solarctl.control.plan_deal import Kind, Profile, kinds_of
from solarctl.control.plan_house import OVER_LIMIT, Following, House
from solarctl.control.plan_place import Row, Task

GRID = 60  # charges that are looked at
ROUNDS = 12  # how often the pay is moved
MOST_CHOICES = 100  # numbers of loads of each kind in one slot
TRIED = 3  # how many of the outcomes are finished


def begun(
    house: House, rows: Sequence[Row], needs: Sequence[Task], step: int
) -> tuple[list[list[tuple[Kind, Profile]]], list[float]]:
    """Return the outcomes that come nearest to what the needs want, the nearest first, none when there is no way.

    And the pay, per kWh and for each need, that made the programme dearest: where a bound is best looked for.
    """
    kinds = kinds_of(rows, needs, step)
    programme = _Programme(_in_blocks(house, rows, step), kinds)
    if not kinds:
        return [], []
    dearest, best_pay = -float("inf"), [0.0] * len(kinds)
    found: list[tuple[float, list[Profile]]] = []
    lowest, highest = min(house.sell), max(house.buy)
    bounds = [[lowest * kind.kwh, highest * kind.kwh] for kind in kinds]
    pay = [(0.3 * low + 0.7 * high * 0.6) for low, high in bounds]
    for _ in range(ROUNDS):
        profiles, cost = programme.solve(pay)
        cost += sum(wage * kind.count for wage, kind in zip(pay, kinds))
        if cost > dearest:
            dearest, best_pay = cost, pay[:]
        missing = [kind.count - sum(profile) for kind, profile in zip(kinds, profiles)]
        found.append((sum(abs(count) * kind.kwh for count, kind in zip(missing, kinds)), profiles))
        if not any(missing):
            break
        for index, count in enumerate(missing):
            if count:
                bounds[index][count < 0] = pay[index]
                low, high = bounds[index]
                if high - low < 1e-3 * kinds[index].kwh:  # the others have moved it
                    bounds[index] = [low - 0.02 * kinds[index].kwh, high + 0.02 * kinds[index].kwh]
                pay[index] = sum(bounds[index]) / 2
    found.sort(key=lambda one: one[0])
    per_kwh = {id(task): wage / kind.kwh for wage, kind in zip(best_pay, kinds) for task in kind.tasks}
    outcomes = [list(zip(kinds, profiles)) for _missing, profiles in found[:TRIED]]
    return outcomes, [per_kwh.get(id(task), 0.0) for task in needs]


def _in_blocks(house: House, rows: Sequence[Row], step: int) -> House:
    """Return the house in blocks of `step` slots, with what runs in any case."""
    net = list(house.net)
    for row in rows:
        for t, on in enumerate(row.on):
            if on:
                net[t] += row.kwh
    if step == 1:
        return House(tuple(net), house.buy, house.sell, house.battery, house.limit, house.stored_value)
    storage = house.battery
    starts = range(0, house.count - step + 1, step)
    return House(
        tuple(sum(net[t : t + step]) for t in starts),
        tuple(sum(house.buy[t : t + step]) / step for t in starts),
        tuple(sum(house.sell[t : t + step]) / step for t in starts),
        type(storage)(storage.capacity, storage.power * step, storage.start, storage.efficiency),
        house.limit * step,
        house.stored_value,
    )


def _numbers(most: Sequence[int], kwh: Sequence[float]) -> list[tuple[int, ...]]:
    """Return how many of each kind can be on: all ways, or when these are too many, few together or the strongest."""
    ways = 1
    for one in most:
        ways *= one + 1
    if ways <= MOST_CHOICES:
        return list(product(*(range(one + 1) for one in most)))
    places = range(len(most))
    found = {tuple(int(i in (one, other)) for i in places) for one in places for other in places}
    for order in (sorted(places, key=lambda i: kwh[i]), sorted(places, key=lambda i: -kwh[i])):
        row = [0] * len(most)
        found.add(tuple(row))
        for place in order:
            for _ in range(most[place]):
                row[place] += 1
                found.add(tuple(row))
    return sorted(found)


class _Programme:
    """The dynamic programme; what does not depend on the pay is worked out once."""

    def __init__(self, house: House, kinds: Sequence[Kind]) -> None:
        self.house, self.kinds = house, kinds
        self.grain = house.battery.capacity / GRID
        idle = Following(house)
        # no more is ever in the battery than without any load
        self.tops = [min(GRID, int(charge / self.grain + 1e-6) + 1) for charge in idle.soc]
        self.live = [
            [index for index, kind in enumerate(kinds) if kind.first <= t < kind.last] for t in range(house.count)
        ]
        combined: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        for live in self.live:
            key = tuple(live)
            if key not in combined:
                combined[key] = _numbers(
                    [len(kinds[index].tasks) for index in live], [kinds[index].kwh for index in live]
                )
        self.combined = combined

    def solve(self, pay: Sequence[float]) -> tuple[list[Profile], float]:
        """Return how many of each kind run in each block, and what that costs, less the pay."""
        house, grain = self.house, self.grain
        storage = house.battery
        tables: list[tuple[list[list[float]], list[tuple[float, tuple[int, ...]]]]] = []
        value = [-house.stored_value * grain * index for index in range(self.tops[-1] + 1)]
        for t in range(house.count - 1, -1, -1):
            top = self.tops[t]
            chosen = self._worthwhile(t, pay)
            table = []
            for need, paid, _numbers in chosen:
                row = earlier(house, t, value, need, paid, top, grain)
                if need > house.limit:
                    row = [
                        one + OVER_LIMIT * max(0.0, need - min(storage.power, index * grain) - house.limit)
                        for index, one in enumerate(row)
                    ]
                table.append(row)
            value = list(map(min, *table)) if len(table) > 1 else table[0]
            tables.append((table, [(need, numbers) for need, _paid, numbers in chosen]))
        tables.reverse()
        at = min(storage.start / grain, len(value) - 1.0)
        low = min(int(at), len(value) - 1)
        cost = value[low] + (at - low) * (value[min(low + 1, len(value) - 1)] - value[low])
        return self._traced(tables), cost

    def _worthwhile(self, t: int, pay: Sequence[float]) -> list[tuple[float, float, tuple[int, ...]]]:
        """Return what the house could draw, what for, and by which numbers; of those at full power the best."""
        live, net, power = self.live[t], self.house.net[t], self.house.battery.power
        buy, sell, limit = self.house.buy[t], self.house.sell[t], self.house.limit
        kwh = [self.kinds[index].kwh for index in live]
        money = [pay[index] for index in live]
        found = []
        strong: tuple[float, float, tuple[int, ...]] | None = None
        weak: tuple[float, float, tuple[int, ...]] | None = None
        for numbers in self.combined[tuple(live)]:
            need, paid = net, 0.0
            for number, one, wage in zip(numbers, kwh, money):
                need += number * one
                paid += number * wage
            if need >= power and need <= limit:
                if strong is None or need * buy - paid < strong[0] * buy - strong[1]:
                    strong = need, paid, numbers
            elif need <= -power:
                if weak is None or need * sell - paid < weak[0] * sell - weak[1]:
                    weak = need, paid, numbers
            else:
                found.append((need, paid, numbers))
        if strong is not None:
            found.append(strong)
        if weak is not None:
            found.append(weak)
        return found

    def _traced(self, tables: Sequence[tuple[list[list[float]], list[tuple[float, tuple[int, ...]]]]]) -> list[Profile]:
        storage, grain = self.house.battery, self.grain
        charge = storage.start
        found = [[0] * self.house.count for _ in self.kinds]
        for t, (table, chosen) in enumerate(tables):
            at = charge / grain
            low = min(int(at), len(table[0]) - 1)
            part, high = at - low, min(low + 1, len(table[0]) - 1)
            best = min(range(len(table)), key=lambda i: (1 - part) * table[i][low] + part * table[i][high])
            need, numbers = chosen[best]
            for index, number in zip(self.live[t], numbers):
                found[index][t] = number
            if need > 0:
                charge -= min(need, storage.power, charge)
            else:
                charge += (
                    min(-need, storage.power, (storage.capacity - charge) / storage.efficiency) * storage.efficiency
                )
        return found
