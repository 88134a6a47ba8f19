"""What a kilowatt-hour more or less costs in each slot beside a commanded battery: prices that hold all at once.

The best way of the battery says what its charge is worth in every slot: as much as before and after while it is neither
empty nor full, no less before it is empty than after, no more before it is full. Within what that leaves open the
prices are chosen. With them no plan costs less than they say: moving load from one slot to another saves at most
the difference of their prices, for any amount.
"""

from __future__ import annotations

from collections.abc import Sequence

from solarctl.control.plan_house import House

NEAR = 1e-7  # kWh: what is less is rounding
ANY = 1e6  # money per kWh: beyond any price

Span = tuple[float, float]


def prices(house: House, net: Sequence[float], grid: Sequence[float], soc: Sequence[float]) -> list[float]:
    """Return each slot's price, for a battery that does its best: `grid` and `soc` are what comes of it."""
    storage, count = house.battery, house.count
    power, efficiency, full = storage.power - NEAR, storage.efficiency, storage.capacity - NEAR
    paid: list[Span] = []  # what the slot's kilowatt-hour can cost at the grid
    worth: list[Span] = [(0.0, 0.0)] * count  # what a charge can be worth after the slot
    later = house.stored_value, house.stored_value
    for t in range(count):
        buy, sell, through = house.buy[t], house.sell[t], grid[t]
        if through > NEAR:
            paid.append((buy, buy if through < house.limit - NEAR else ANY))
        else:
            paid.append((sell, sell) if through < -NEAR else (min(buy, sell), max(buy, sell)))
    for t in range(count - 1, -1, -1):
        charge, given, (low, high) = soc[t + 1], net[t] - grid[t], paid[t]
        at_least = -ANY if charge > full else later[0]
        at_most = ANY if charge < NEAR else later[1]
        if given > NEAR:
            if given < power and low > at_least:
                at_least = low
            if high < at_most:
                at_most = high
        else:
            if given < -NEAR:
                low /= efficiency
            if low > at_least:
                at_least = low
            if given > -power and high / efficiency < at_most:
                at_most = high / efficiency
        if at_least > at_most:  # by rounding
            at_least = at_most = (at_least + at_most) / 2
        worth[t] = later = at_least, at_most
    found, value = [], sum(worth[0]) / 2 if abs(sum(worth[0])) < ANY / 2 else min(worth[0], key=abs)
    for t in range(count):
        (least, most), charge, given, (low, high) = worth[t], soc[t], net[t] - grid[t], paid[t]
        if value < least:
            value = least
        elif value > most:
            value = most
        wanted = value * efficiency if given < -NEAR else value
        found.append(low if wanted < low else high if wanted > high else wanted)
    return found
