"""A bound for a house whose battery follows the meter: what its charge is worth at best, exactly, slot by slot.

As in plan_dual.py each kind of load is paid for every slot that it runs; whatever the pay is, no plan costs less than
what then is cheapest. The value of the charge is kept as what it is, straight pieces between points, not on a grid;
points are left out only where that makes the value less. So nothing here is ever above the truth.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import product

from solarctl.control.plan_house import TINY, Following, House
from solarctl.control.plan_place import Row, Task

MOST_CHOICES = 300  # numbers of loads of each kind in one slot
COARSE = 2e-5  # money: a point that lies above its neighbours' line by less is left out

ROUNDED = 1e-6  # money: what rounding may come to

Points = tuple[list[float], list[float]]  # charges, rising, and what is still to be paid from there


def best_cost(
    house: House, rows: Sequence[Row], needs: Sequence[Task], got: Sequence[int], pay: Sequence[float]
) -> float:
    """Return a cost that no plan is below which gives each need as many slots; `pay` is per kWh, for each need."""
    storage = house.battery
    if len(pay) < len(needs) or min(*house.buy, *house.sell, house.stored_value, 0.0) < 0 or storage.capacity <= 0:
        return -float("inf")  # then more load could cost less
    net = list(house.net)
    for row in rows:
        for t in range(row.bound_on):
            net[t] += row.kwh
    kinds: dict[tuple[float, int, int], tuple[int, float]] = {}  # how many, and the pay for a slot
    total = 0.0
    for task, count, wage in zip(needs, got, pay):
        row = rows[task.load]
        count -= max(0, min(task.last, row.bound_on) - task.first)
        first = max(task.first, row.bound_on, row.bound_off)
        if count > 0:
            key = task.kwh, first, task.last
            many, known = kinds.get(key, (0, wage * task.kwh))
            kinds[key] = many + 1, known
            total += count * known
    live = [
        [(kwh, *kinds[kwh, first, last]) for kwh, first, last in kinds if first <= t < last] for t in range(house.count)
    ]
    tops = Following(house).soc  # no more is ever in the battery than without any load
    value: Points = ([0.0, tops[-1]], [0.0, -house.stored_value * tops[-1]])
    for t in range(house.count - 1, -1, -1):
        found: Points | None = None
        for need, paid in _options(house, t, net[t], live[t]):
            one = _earlier(house, t, need, paid, tops[t], value)
            found = one if found is None else _lower(found, one)
        if found is None:
            return -float("inf")
        value = _thinned(found)
    return _at(value, storage.start) + total - ROUNDED


def _options(house: House, t: int, net: float, live: Sequence[tuple[float, int, float]]) -> list[tuple[float, float]]:
    """Return what the house could draw and what is paid for it; what can never be the cheapest is left out."""
    count = 1
    for _kwh, many, _wage in live:
        count *= many + 1
    if count > MOST_CHOICES:
        return []
    power, buy, sell = house.battery.power, house.buy[t], house.sell[t]
    found, strong, weak = [], None, None
    for numbers in product(*(range(many + 1) for _kwh, many, _wage in live)):
        more = sum(number * kwh for number, (kwh, _many, _wage) in zip(numbers, live))
        paid = sum(number * wage for number, (_kwh, _many, wage) in zip(numbers, live))
        need = net + more
        if need >= power:
            if strong is None or need * buy - paid < strong[0] * buy - strong[1]:
                strong = need, paid
        elif need <= -power:
            if weak is None or need * sell - paid < weak[0] * sell - weak[1]:
                weak = need, paid
        else:
            found.append((need, paid))
    if strong is not None and net < power:
        bought = min(strong[0] - power, strong[0] - net)  # at least so much more than without any load
        if bought * buy > strong[1] - TINY and net >= 0:
            strong = None
    return [*found, *(one for one in (strong, weak) if one is not None)]


def _at(value: Points, charge: float) -> float:
    xs, ys = value
    place = bisect_right(xs, charge)
    if place >= len(xs):
        return ys[-1]
    if place == 0:
        return ys[0]
    low, high = xs[place - 1], xs[place]
    return ys[place - 1] + (ys[place] - ys[place - 1]) * (charge - low) / (high - low)


def _earlier(house: House, t: int, need: float, paid: float, top: float, value: Points) -> Points:
    """Return what is still to be paid from each charge up to `top`, when the house draws `need` in a slot."""
    storage, buy, sell = house.battery, house.buy[t], house.sell[t]
    xs, ys = value
    if need > 0:
        given = min(need, storage.power)
        empty = ys[0] + need * buy - paid
        if top <= given:
            return [0.0, top], [empty, empty - top * buy]
        fixed = (need - given) * buy - paid
        end = bisect_right(xs, top - given - TINY)
        charges = [0.0, *[x + given for x in xs[:end]], top]
        return charges, [empty, *[y + fixed for y in ys[:end]], _at(value, top - given) + fixed]
    taken = min(-need, storage.power) * storage.efficiency
    fixed = (need + taken / storage.efficiency) * sell - paid
    full = ys[-1] + need * sell - paid  # what it costs to begin with a full battery
    room = min(top, storage.capacity - taken)  # from up to here all of it goes in
    start = bisect_right(xs, taken + TINY)
    end = bisect_right(xs, room + taken - TINY)
    begin = _at(value, taken) + fixed if room >= 0 else full + storage.capacity / storage.efficiency * sell
    charges, costs = [0.0, *[x - taken for x in xs[start:end]]], [begin, *[y + fixed for y in ys[start:end]]]
    if room > TINY:
        charges.append(room)
        costs.append(_at(value, room + taken) + fixed)
    if top > room + TINY or len(charges) == 1:
        charges.append(top)
        costs.append(full + (storage.capacity - top) / storage.efficiency * sell if top > room + TINY else begin)
    return charges, costs


def _lower(one: Points, other: Points) -> Points:
    """Return the lower of two at each charge."""
    (xs, ys), (theirs, costs) = one, other
    charges, lower = [0.0], [min(ys[0], costs[0])]
    before, x0, y0 = ys[0] - costs[0], 0.0, ys[0]
    i = j = 1
    count, many = len(xs), len(theirs)
    while i < count and j < many:
        mine, their = xs[i], theirs[j]
        if mine <= their:
            x, y = mine, ys[i]
            width = their - theirs[j - 1]
            z = costs[j] if width <= 0 else costs[j] - (costs[j] - costs[j - 1]) * (their - x) / width
            i += 1
            if their - mine < 1e-12:
                j += 1
        else:
            x, z = their, costs[j]
            y = ys[i] - (ys[i] - ys[i - 1]) * (mine - x) / (mine - xs[i - 1])
            j += 1
        after = y - z
        if (before < -1e-12 and after > 1e-12) or (before > 1e-12 and after < -1e-12):
            part = before / (before - after)
            charges.append(x0 + (x - x0) * part)
            lower.append(y0 + (y - y0) * part)
        charges.append(x)
        lower.append(z if z < y else y)
        before, x0, y0 = after, x, y
    return charges, lower


def _thinned(value: Points) -> Points:
    """Leave out points that lie on or little above the line between their neighbours: never below."""
    xs, ys = value
    charges, costs = [xs[0]], [ys[0]]
    for i in range(1, len(xs) - 1):
        x, y = xs[i], ys[i]
        low, cost = charges[-1], costs[-1]
        if x - low < 1e-9:
            continue
        over = y - cost - (ys[i + 1] - cost) * (x - low) / (xs[i + 1] - low)
        if not -1e-12 <= over <= COARSE:
            charges.append(x)
            costs.append(y)
    charges.append(xs[-1])
    costs.append(ys[-1])
    return charges, costs
