"""What needs cost at least beside a battery that follows the meter, with their switch-ons: minutes, and numpy.

Loads of a kind are counted, not told apart: going back slot by slot, for each charge and for each number of boilers and
bikes that are on, what is still to be paid, a switch-on whenever one more of a kind is on than before. How many slots
a kind runs in a day is not asked for but paid for (as in plan_exact.py): whatever the pay is, what then is cheapest is
never more than what a plan costs. Shortest runs and pauses are left out. Both only make the bound lower.

The charge is on a grid. Between its points the value is taken as a straight line, and where the true one would bend
below that line, both points are lowered by as much: so the straight lines are nowhere above the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solarctl.control.plan_house import House
from solarctl.control.plan_place import Row, Task

Table = NDArray[np.float64]

COARSE, FINE = 200, 6000  # charges on the grid: to find the pay with, and to prove with
ROUNDS = 40  # how often the pay is moved
ROUNDED = 1e-6  # money: what rounding may come to


@dataclass
class Stretch:
    """Slots in which a kind must run `count` times altogether; `pay` is for one of them."""

    kind: int
    first: int
    last: int
    count: int
    pay: float
    task: int  # one of its tasks, by its place among the needs


class Counted:
    """Kinds of loads beside a battery that follows the meter; `kwh` is what one of each kind draws in a slot."""

    def __init__(
        self, house: House, rows: Sequence[Row], needs: Sequence[Task], got: Sequence[int], start_cost: float
    ) -> None:
        assert all(row.bound_on == row.bound_off == 0 and row.allowed is None for row in rows)
        self.house, self.start_cost = house, start_cost
        self.kwh = sorted({task.kwh for task in needs})
        loads = [{task.load for task in needs if task.kwh == kwh} for kwh in self.kwh]
        self.most = [len(one) for one in loads]
        self.running = tuple(sum(rows[load].was_on for load in one) for one in loads)
        known: dict[tuple[int, int, int], Stretch] = {}
        for place, (task, count) in enumerate(zip(needs, got)):
            key = self.kwh.index(task.kwh), task.first, task.last
            known.setdefault(key, Stretch(*key, 0, 0.0, place)).count += count
        self.stretches = list(known.values())
        self.live = [
            [
                [one for one in self.stretches if one.kind == kind and one.first <= t < one.last]
                for kind in range(len(self.kwh))
            ]
            for t in range(house.count)
        ]
        assert all(len(one) <= 1 for live in self.live for one in live)
        self.numbers = np.indices([most + 1 for most in self.most]).reshape(len(self.most), -1)

    def at(self, pay: Sequence[float], cells: int, *, trace: bool) -> tuple[float, list[int]]:
        """Return the bound at this pay, and (`trace`) how often each stretch's kind runs too little for it."""
        for one, wage in zip(self.stretches, pay):
            one.pay = wage
        house, shape = self.house, [most + 1 for most in self.most]
        charges = np.linspace(0.0, house.battery.capacity, cells + 1)
        later = np.tile(-house.stored_value * charges, (*shape, 1))
        kept: list[Table] = []
        for t in range(house.count - 1, -1, -1):
            found = self._slot(t, later.reshape(-1, cells + 1), charges).reshape(later.shape)
            if trace:
                kept.append(found)
            later = self._started(found)
        begin = float(np.interp(house.battery.start, charges, later[self.running]))
        bound = begin + sum(one.pay * one.count for one in self.stretches) - ROUNDED
        return bound, self._lacking(kept[::-1], charges) if trace else []

    def _started(self, found: Table) -> Table:
        """Return what is to be paid from each number that was on before: one more costs a switch-on, fewer nothing."""
        table = found.copy()
        for axis, most in enumerate(self.most):
            rows = np.moveaxis(table, axis, 0)
            for number in range(most - 1, -1, -1):
                np.minimum(rows[number], rows[number + 1] + self.start_cost, out=rows[number])
            for number in range(1, most + 1):
                np.minimum(rows[number], rows[number - 1], out=rows[number])
        return table

    def _slot(self, t: int, later: Table, charges: Table) -> Table:
        """Return what is to be paid from a slot on, by the numbers that are on in it."""
        house, power = self.house, self.house.battery.power
        wages = np.array([one[0].pay if one else 0.0 for one in self.live[t]])
        need = house.net[t] + np.array(self.kwh) @ self.numbers
        found = np.empty_like(later)
        moved = np.clip(need, -power, power)
        for flow in np.unique(moved):
            mine = moved == flow
            if flow > 0:
                found[mine] = _given(later[mine], charges, flow, need[mine], house.buy[t])
            else:
                found[mine] = _taken(later[mine], charges, -flow, need[mine], house.sell[t], house.battery.efficiency)
        found -= (wages @ self.numbers)[:, None]
        for kind, one in enumerate(self.live[t]):
            if not one:
                found[self.numbers[kind] > 0] = np.inf
        return found

    def _lacking(self, tables: Sequence[Table], charges: Table) -> list[int]:
        """Follow the cheapest way forward; return what each stretch lacks of its count."""
        house, storage = self.house, self.house.battery
        lacking = {id(one): one.count for one in self.stretches}
        charge, before = storage.start, np.array(self.running)
        for t, table in enumerate(tables):
            at = min(charge / storage.capacity * (len(charges) - 1), len(charges) - 1.0)
            low = min(int(at), len(charges) - 2)
            flat = table.reshape(-1, len(charges))
            part = at - low
            costs = flat[:, low] if part == 0 else (1 - part) * flat[:, low] + part * flat[:, low + 1]
            more = np.clip(self.numbers - before[:, None], 0, None).sum(axis=0)
            before = self.numbers[:, int(np.argmin(costs + self.start_cost * more))]
            for kind, one in enumerate(self.live[t]):
                if one:
                    lacking[id(one[0])] -= int(before[kind])
            need = house.net[t] + float(np.array(self.kwh) @ before)
            if need > 0:
                charge -= min(need, storage.power, charge)
            else:
                room = (storage.capacity - charge) / storage.efficiency
                charge += min(-need, storage.power, room) * storage.efficiency
        return [lacking[id(one)] for one in self.stretches]


def _given(later: Table, charges: Table, given: float, need: Table, buy: float) -> Table:
    """Return what is to be paid when the battery gives so much, as far as it has it, and the grid gives the rest."""
    grain = charges[1]
    whole, part = _cells(given / grain)
    count = len(charges)
    found = np.empty_like(later)
    found[:, : whole + 1] = later[:, :1] + (given - charges[: whole + 1]) * buy
    if part == 0:
        found[:, whole:] = later[:, : count - whole]
    else:
        found[:, whole + 1 :] = part * later[:, : count - whole - 1] + (1 - part) * later[:, 1 : count - whole]
        bend = later[:, : count - whole - 1]
        over = (1 - part) * found[:, whole:-1] + part * found[:, whole + 1 :] - bend
        _lower(found[:, whole:], over)
    return found + ((need - given) * buy)[:, None]


def _taken(later: Table, charges: Table, taken: float, need: Table, sell: float, efficiency: float) -> Table:
    """Return what is to be paid when the battery takes so much, as far as there is room, and the rest is sold."""
    grain = charges[1]
    whole, part = _cells(taken * efficiency / grain)
    count = len(charges)
    found = np.empty_like(later)
    end = count - whole  # from here on not all of it has room
    room = (charges[-1] - charges[max(0, end - 1) :]) / efficiency
    found[:, max(0, end - 1) :] = later[:, -1:] + (room - taken) * sell
    if part == 0:
        found[:, :end] = later[:, whole:]
    elif end > 1:
        found[:, : end - 1] = (1 - part) * later[:, whole:-1] + part * later[:, whole + 1 :]
        over = part * found[:, : end - 1] + (1 - part) * found[:, 1:end] - later[:, whole + 1 :]
        _lower(found[:, :end], over)
    return found + ((need + taken) * sell)[:, None]


def _cells(at: float) -> tuple[int, float]:
    whole = int(at + 1e-9)
    part = at - whole
    return (whole, 0.0) if part < 1e-9 else (whole, part)


def _lower(found: Table, over: Table) -> None:
    """Lower both ends of each line by what it is above the truth."""
    np.maximum(over, 0.0, out=over)
    found[:, :-1] -= over
    more = over.copy()
    more[:, :-1] = np.maximum(over[:, :-1] - over[:, 1:], 0.0)  # its right end has been lowered as a left end already
    found[:, 1:] -= more


def least_cost(counted: Counted, per_kwh: Mapping[int, float], reached: float) -> float:
    """Return what no plan costs less than; `per_kwh`: the pay to begin with; `reached`: the best plan known."""
    kwh = [counted.kwh[one.kind] for one in counted.stretches]
    here = [per_kwh[one.task] * size for one, size in zip(counted.stretches, kwh)]
    best, best_pay, scale, idle = -float("inf"), here, 0.25, 0
    for _ in range(ROUNDS):
        found, lacking = counted.at(here, COARSE, trace=True)
        if found > best + 1e-5:
            best, best_pay, idle = found, here, 0
        else:
            idle += 1
            if idle == 2:
                scale, idle, here = scale / 2, 0, best_pay
                continue
        square = sum((count * size) ** 2 for count, size in zip(lacking, kwh))
        if not square:
            break
        more = scale * max(reached - found, 1e-3) / square
        here = [wage + more * count * size**2 for wage, count, size in zip(here, lacking, kwh)]
    return counted.at(best_pay, FINE, trace=False)[0]
