"""Tanks and bicycles with perfect foresight: the same heat and the same rides, at the best moments.

Each is a store that is drawn from when it was drawn from, loses no more than a tank that is only just warm, and is
filled within its power. One after the other is put where the others leave it, so the sum is a plan that is possible,
not proven to be the best. Loads without a need run where what they are worth is more than what it costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solarctl.simulation.bound import Optimum, Slot, Store, optimum
from solarctl.simulation.simulated_loads import HotWater, Keeper


@dataclass(frozen=True)
class Load:
    """A load of a life: its mean power in each slot, what it can take, and whose need it serves (None: nobody's)."""

    was_w: Sequence[float]
    most_w: float
    keeper: Keeper | None


@dataclass(frozen=True)
class Moved:
    """The new power of all loads together, and what was missed or is left over, at its price, slot by slot."""

    power_w: list[float]
    cost: list[float]


def moved(
    loads: Sequence[Load],
    grid_w: Sequence[float],
    slots: Sequence[Slot],
    drawn: Sequence[Sequence[float]],
    price: float,
    gift_value: float,
) -> Moved:
    """Return where the loads go. `slots` say hours and prices, `drawn` what is taken of each load's store, in kWh."""
    others = list(grid_w)
    total, cost = [0.0] * len(slots), [0.0] * len(slots)
    for load, taken in zip(loads, drawn, strict=True):
        others = [grid - own for grid, own in zip(others, load.was_w, strict=True)]
        if load.keeper is None:
            power_w = _gift(load, others, slots, gift_value)
            for index, (watts, slot) in enumerate(zip(power_w, slots, strict=True)):
                cost[index] -= watts / 1000 * slot.hours * gift_value
        else:
            found, own_cost = _need(load, load.keeper, others, slots, taken, price)
            power_w = found.power_w
            cost = [one + more for one, more in zip(cost, own_cost, strict=True)]
        others = [grid + own for grid, own in zip(others, power_w, strict=True)]
        total = [one + more for one, more in zip(total, power_w, strict=True)]
    return Moved(total, cost)


def _gift(load: Load, others: Sequence[float], slots: Sequence[Slot], value: float) -> list[float]:
    """Return what a load without a need draws where it earns something: no more than it drew, and that much only."""
    found = []
    for own, left, slot in zip(load.was_w, others, slots, strict=True):
        most_w = own if slot.import_price < value else max(0.0, -left) if slot.export_price < value else 0.0
        found.append(min(own, most_w))
    return found


def _need(
    load: Load, keeper: Keeper, others: Sequence[float], slots: Sequence[Slot], taken: Sequence[float], price: float
) -> tuple[Optimum, list[float]]:
    lost_w, room_kwh, start_kwh = 0.0, keeper.room_kwh, keeper.begun_kwh
    if isinstance(keeper, HotWater):
        lost_w = keeper.least_loss_w
        room_kwh, start_kwh = room_kwh + keeper.lukewarm_kwh, start_kwh + keeper.lukewarm_kwh
    own = [
        Slot(
            watts * slot.hours / 1000,
            slot.hours,
            slot.import_price,
            slot.export_price,
            kwh + lost_w * slot.hours / 1000,
        )
        for watts, slot, kwh in zip(others, slots, taken, strict=True)
    ]
    start_kwh = min(max(0.0, start_kwh), room_kwh)
    store = Store(room_kwh, start_kwh, load.most_w, 0.0, 1.0, free=True, gives=False, elsewhere_price=price)
    best = optimum(own, store, price)
    level, cost = start_kwh, []
    for slot, after in zip(own, best.stored_kwh, strict=True):
        missed = max(0.0, slot.drawn_kwh - level)
        cost.append((missed + level - after) * price)
        level = after
    return best, cost
