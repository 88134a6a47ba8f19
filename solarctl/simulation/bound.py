"""Perfect foresight: the least a day's, month's or year's energy could have cost with the same sun and the same loads.

Every minute's sun, load and price is known in advance, and the battery does exactly the best with them. What is worth
what at a state of charge is a convex function made of straight pieces; going back in time, a slot of the day adds its
own pieces (what storing or giving a kilowatt-hour costs or saves in that slot), and the sorted pieces of both together
are the function one slot earlier. That is exact, needs no solver, and takes seconds for a year.

    free        the battery may do anything within its power: charge from the grid, sell
    as-steered  it charges from the sun and feeds the house, as home batteries with a reserve do

The loads are those of the run that is judged; a slot nets what happens in it, so the bound errs, if at all, downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Piece = tuple[float, float]  # what a further kWh in the battery is worth (currency per kWh), and how many of them
SLOT_MIN = 5
EDGE_KWH = 1e-9
NO_END = float("inf")


@dataclass(frozen=True)
class Store:
    """The battery: energies inside the cells in kWh, powers at the house's side in W."""

    room_kwh: float  # between floor and full
    start_kwh: float
    charge_w: float
    discharge_w: float
    one_way: float
    free: bool = False
    gives: bool = True  # False: a car, whose energy is for driving
    elsewhere_price: float = 0.0  # what a kWh costs that is drawn when there is none


@dataclass(frozen=True, slots=True)
class Slot:
    """Some minutes in which sun, loads and prices are the same."""

    need_kwh: float  # what the house wants less what the sun offers
    hours: float
    import_price: float
    export_price: float
    drawn_kwh: float = 0.0  # taken out of the store as the slot begins: a car comes home
    at_home: bool = True
    ramp: tuple[tuple[float, float], ...] = ()  # (up to so many kWh, a kWh costs) instead of one step at 0


@dataclass(frozen=True)
class Optimum:
    """The cost of each slot, what is stored after it, and the mean power it takes (negative: gives), in W."""

    costs: list[float]
    stored_kwh: list[float]
    power_w: list[float]
    worth: list[float]  # of a kWh more or less that is stored after it


def optimum(slots: Sequence[Slot], store: Store | None, end_value: float, *, keep_every: int = 288) -> Optimum:
    """Return what the slots cost at least; `end_value` is what a kWh left in the battery is worth at the end."""
    if store is None or store.room_kwh <= 0:
        return Optimum([cost_of(slot.need_kwh, slot) for slot in slots], *[[0.0] * len(slots)] * 3)
    # go back once keeping few of the functions, then forward, working each stretch out again
    value: list[Piece] = [(end_value, store.room_kwh)]
    kept: dict[int, list[Piece]] = {len(slots): value}
    for index in range(len(slots) - 1, -1, -1):
        value = _earlier(value, slots[index], store)
        if index % keep_every == 0:
            kept[index] = value
    costs: list[float] = []
    levels: list[float] = []
    powers: list[float] = []
    worth: list[float] = []
    stored = min(store.room_kwh, max(0.0, store.start_kwh))
    for first in range(0, len(slots), keep_every):
        last = min(len(slots), first + keep_every)
        later = [kept[last]]
        for index in range(last - 1, first, -1):
            later.append(_earlier(later[-1], slots[index], store))
        for index in range(first, last):
            slot = slots[index]
            lacking = max(0.0, slot.drawn_kwh - stored)
            stored = max(0.0, stored - slot.drawn_kwh)
            value = later.pop()
            change = _best_change(value, stored, slot, store)
            stored = min(store.room_kwh, max(0.0, stored + change))
            worth.append(_worth(value, stored))
            outside = change / store.one_way if change > 0 else change * store.one_way
            costs.append(cost_of(slot.need_kwh + outside, slot) + lacking * store.elsewhere_price)
            powers.append(outside / slot.hours * 1000)
            levels.append(stored)
    return Optimum(costs, levels, powers, worth)


def cost_of(bought_kwh: float, slot: Slot) -> float:
    """Return what buying (or, negative, selling) costs in a slot."""
    return bought_kwh * (slot.import_price if bought_kwh > 0 else slot.export_price)


def _moves(slot: Slot, store: Store) -> tuple[list[Piece], list[Piece]]:
    """Return (charging, discharging): what each kWh in the cells costs to store, and brings when given.

    Cheapest charging first, best discharging first.
    """
    if not slot.at_home:
        return [], []
    if slot.ramp:
        return _moves_on_ramp(slot, store)
    most_in = store.charge_w / 1000 * slot.hours * store.one_way
    most_out = store.discharge_w / 1000 * slot.hours / store.one_way
    charging: list[Piece] = []
    giving: list[Piece] = []
    if slot.need_kwh < 0:
        from_sun = min(most_in, -slot.need_kwh * store.one_way)
        charging.append((slot.export_price / store.one_way, from_sun))
        most_in -= from_sun
    else:
        to_house = min(most_out, slot.need_kwh / store.one_way)
        giving.append((slot.import_price * store.one_way, to_house))
        most_out -= to_house
    if store.free:
        charging.append((slot.import_price / store.one_way, most_in))
        giving.append((slot.export_price * store.one_way, most_out))
    return [one for one in charging if one[1] > 0], [one for one in giving if one[1] > 0 and store.gives]


def _moves_on_ramp(slot: Slot, store: Store) -> tuple[list[Piece], list[Piece]]:
    """Return the same where the price rises from selling to buying in several steps."""
    ramp, one_way, at = slot.ramp, store.one_way, slot.need_kwh
    charging: list[Piece] = []
    giving: list[Piece] = []
    left = store.charge_w / 1000 * slot.hours
    if not store.free:
        left = min(left, -at)  # from the sun
    below = -NO_END
    for until, price in ramp:
        if until > at and left > 0:
            kwh = min(left, until - max(at, below))
            charging.append((price / one_way, kwh * one_way))
            left -= kwh
        below = until
    if store.gives:
        left = store.discharge_w / 1000 * slot.hours
        if not store.free:
            left = min(left, at)  # to the house
        for number in range(len(ramp) - 1, -1, -1):
            until, price = ramp[number]
            below = ramp[number - 1][0] if number else -NO_END
            if below < at and left > 0:
                kwh = min(left, min(at, until) - below)
                giving.append((price * one_way, kwh / one_way))
                left -= kwh
    return charging, giving


def _earlier(value: list[Piece], slot: Slot, store: Store) -> list[Piece]:
    """Return the worth of stored energy one slot earlier; pieces by falling worth, from empty to full."""
    charging, giving = _moves(slot, store)
    if charging or giving:
        value = _added(value, charging, giving, store)
    if slot.drawn_kwh > 0:
        value = _added([(store.elsewhere_price, slot.drawn_kwh), *value], [], [], store)
    return value


def _added(value: list[Piece], charging: list[Piece], giving: list[Piece], store: Store) -> list[Piece]:
    """Return the pieces of all together, as many as fit between empty and full."""
    # what is stored in this slot need not have been there before, and what is given has a use here
    pieces = sorted([*value, *charging, *giving], reverse=True)
    skip = sum(kwh for _, kwh in charging)
    left = store.room_kwh
    found: list[Piece] = []
    for worth, kwh in pieces:
        if skip >= kwh:
            skip -= kwh
            continue
        kwh = min(kwh - skip, left)
        skip = 0.0
        if found and found[-1][0] == worth:
            found[-1] = (worth, found[-1][1] + kwh)
        else:
            found.append((worth, kwh))
        left -= kwh
        if left <= 1e-12:
            break
    return found


def _best_change(later: list[Piece], stored: float, slot: Slot, store: Store) -> float:
    """Return the change of what is stored that is best, in kWh in the cells."""
    charging, giving = _moves(slot, store)
    change = 0.0
    above = _above(later, stored)
    for cost, kwh in charging:
        for index, (worth, room) in enumerate(above):
            take = min(kwh, room)
            if worth <= cost or take <= 0:
                continue
            above[index] = (worth, room - take)
            kwh -= take
            change += take
    if change > 0:
        return change
    below = _below(later, stored)
    for gain, kwh in giving:
        for index, (worth, there) in enumerate(below):
            take = min(kwh, there)
            if worth >= gain or take <= 0:
                continue
            below[index] = (worth, there - take)
            kwh -= take
            change -= take
    return change


def _worth(value: list[Piece], stored: float) -> float:
    """Return what a kWh is worth at a charge; between two pieces the mean of them."""
    left = stored
    for index, (worth, kwh) in enumerate(value):
        if left < kwh - EDGE_KWH:
            return (worth + value[index - 1][0]) / 2 if index and left < EDGE_KWH else worth
        left -= kwh
    return value[-1][0]


def _above(value: list[Piece], stored: float) -> list[Piece]:
    """Return the pieces above what is stored, the most valuable first."""
    found = []
    for worth, kwh in value:
        if stored >= kwh:
            stored -= kwh
            continue
        found.append((worth, kwh - stored))
        stored = 0.0
    return found


def _below(value: list[Piece], stored: float) -> list[Piece]:
    """Return the pieces up to what is stored, the least valuable first."""
    found = []
    for worth, kwh in value:
        found.append((worth, min(kwh, stored)))
        stored -= min(kwh, stored)
        if stored <= 0:
            break
    return found[::-1]
