"""Short slots beside a battery that follows the meter: how many loads of a kind run in each, switch-ons included.

Like plan_dual.py a dynamic programme over the battery's charge, with pay for each slot that a load runs; but it also
remembers how many of each kind are on, so that one more costs a switch-on, and it works in single slots. Then the
numbers are dealt to the loads, and what is too short, too much or too little is put right.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from solarctl.control.plan_charges import Line, earlier
from solarctl.control.plan_house import House
from solarctl.control.plan_place import Board, Row, Task

GRID = 50  # charges that are looked at
MOST_STATES = 40  # numbers of loads of each kind that are on
PASSES = 2  # how often the pay is moved
MOVED = 0.2  # of the part that lacks or is too much, at first
MOVED_AT_MOST = 0.05
STARTS = 2  # switch-ons of a load in a stretch, that its pay begins with
NEVER = 1e9  # money

State = tuple[int, ...]  # how many of each kind are on


@dataclass(slots=True)
class Alike:
    """Loads that draw the same at the same times; for each stretch of slots what they lack, and the pay for a slot."""

    kwh: float
    loads: list[int] = field(default_factory=list)
    stretches: list[tuple[int, int]] = field(default_factory=list)
    tasks: list[list[Task]] = field(default_factory=list)  # of each stretch, one of each load
    pay: list[float] = field(default_factory=list)
    known: dict[int, list[float | None]] = field(default_factory=dict)  # pay that was too low, and too high

    def stretch_at(self, t: int) -> int | None:
        return next((index for index, (first, last) in enumerate(self.stretches) if first <= t < last), None)

    def move(self, place: int, lacks: float) -> None:
        """Move the pay of a stretch of which this part lacks (negative: is too much)."""
        if not lacks:
            return
        known = self.known.setdefault(place, [None, None])
        known[lacks < 0] = self.pay[place]
        low, high = known
        if low is not None and high is not None:
            self.pay[place] = (low + high) / 2
        else:
            self.pay[place] *= 1 + max(-MOVED_AT_MOST, min(MOVED_AT_MOST, MOVED * lacks))


def counted(board: Board, house: House, pay: Sequence[float]) -> bool:
    """Fill an empty board; `pay` is per kWh and for each of its tasks. False: there are too many kinds of loads."""
    kinds = _alike(board, pay)
    states = list(product(*(range(len(kind.loads) + 1) for kind in kinds)))
    if not kinds or len(states) > MOST_STATES:
        return False
    programme = _Programme(house, board, kinds, states)
    best, least = None, NEVER
    for _ in range(PASSES):
        numbers = programme.numbers()
        off = 0.0
        for index, kind in enumerate(kinds):
            for place, (first, last) in enumerate(kind.stretches):
                wanted = sum(task.count for task in kind.tasks[place])
                lacks = wanted - sum(state[index] for state in numbers[first:last])
                off += abs(lacks) * kind.kwh
                kind.move(place, lacks / wanted)
        if off < least:
            best, least = numbers, off
    assert best is not None
    for index, kind in enumerate(kinds):
        _dealt(board, kind, [state[index] for state in best])
    for kind in kinds:
        for tasks in kind.tasks:
            for task in tasks:
                _trimmed(board, task)
    board.place_all()
    return True


def _alike(board: Board, pay: Sequence[float]) -> list[Alike]:
    """Return the loads that nothing binds yet, by kind; a switch-on is in the pay."""
    mine: dict[int, list[tuple[Task, float]]] = {}
    for task, wage in zip(board.tasks, pay):
        row = board.rows[task.load]
        if task.count > 0 and not row.bound_on and not row.bound_off and not any(row.on):
            mine.setdefault(task.load, []).append((task, wage))
    found: dict[tuple[float, tuple[tuple[int, int], ...]], Alike] = {}
    for load, tasks in mine.items():
        stretches = [(task.first, task.last) for task, _wage in tasks]
        key = tasks[0][0].kwh, tuple(stretches)
        if key not in found:
            wages = [wage * task.kwh + board.start_cost * STARTS / task.count for task, wage in tasks]
            found[key] = Alike(tasks[0][0].kwh, [], stretches, [[] for _ in tasks], wages)
        found[key].loads.append(load)
        for place, (task, _wage) in enumerate(tasks):
            found[key].tasks[place].append(task)
    return list(found.values())


class _Programme:
    """What is to be paid from each slot on, by charge and by the numbers that are on."""

    def __init__(self, house: House, board: Board, kinds: list[Alike], states: list[State]) -> None:
        self.house, self.kinds, self.states, self.start_cost = house, kinds, states, board.start_cost
        self.net = board.meter.net[:]
        self.place = {state: index for index, state in enumerate(states)}
        self.grain = house.battery.capacity / GRID
        self.running = tuple(sum(board.rows[load].was_on for load in kind.loads) for kind in kinds)

    def numbers(self) -> list[State]:
        """Return the cheapest numbers at the present pay."""
        worth = self.house.stored_value * self.grain
        later: list[Line] = [[-worth * index for index in range(GRID + 1)] for _ in self.states]
        tables: list[list[array[float]]] = []
        for t in range(self.house.count - 1, -1, -1):
            here = self._slot(t, later)
            tables.append([array("d", line) for line in here])
            later = self._started(here)
        tables.reverse()
        return self._traced(tables)

    def _drawn(self, t: int) -> list[tuple[float, float] | None]:
        """Return what each state draws in a slot and is paid; None: a kind may not run then."""
        wages = [None if (at := kind.stretch_at(t)) is None else kind.pay[at] for kind in self.kinds]
        found: list[tuple[float, float] | None] = []
        for state in self.states:
            need, paid = self.net[t], 0.0
            for number, kind, wage in zip(state, self.kinds, wages):
                need += number * kind.kwh
                paid += number * (wage or 0.0)
            may = all(wage is not None or not number for number, wage in zip(state, wages))
            found.append((need, paid) if may else None)
        return found

    def _slot(self, t: int, later: list[Line]) -> list[Line]:
        return [
            [NEVER] * (GRID + 1) if drawn is None else earlier(self.house, t, value, *drawn, GRID, self.grain)
            for value, drawn in zip(later, self._drawn(t))
        ]

    def _started(self, here: list[Line]) -> list[Line]:
        """Return what is to be paid from each number that was on before: one more costs a switch-on."""
        found, cost, stride = here[:], self.start_cost, len(self.states)
        for kind in self.kinds:
            count = len(kind.loads) + 1
            stride //= count
            for index in range(len(self.states)):
                if index // stride % count == 0:
                    for place in range(index + (count - 2) * stride, index - 1, -stride):
                        found[place] = [
                            one if one < other + cost else other + cost
                            for one, other in zip(found[place], found[place + stride])
                        ]
                    for place in range(index + stride, index + count * stride, stride):
                        found[place] = list(map(min, found[place], found[place - stride]))
        return found

    def _traced(self, tables: Sequence[Sequence[array[float]]]) -> list[State]:
        storage, charge, before = self.house.battery, self.house.battery.start, self.running
        found: list[State] = []
        switching: dict[State, list[float]] = {}
        for t, table in enumerate(tables):
            at = charge / self.grain
            low = min(int(at), GRID - 1)
            part = at - low
            if before not in switching:
                switching[before] = [
                    self.start_cost * sum(max(0, now - was) for now, was in zip(state, before)) for state in self.states
                ]
            costs = [
                line[low] + part * (line[low + 1] - line[low]) + more for line, more in zip(table, switching[before])
            ]
            before = self.states[costs.index(min(costs))]
            found.append(before)
            need = self.net[t] + sum(number * kind.kwh for number, kind in zip(before, self.kinds))
            if need > 0:
                charge -= min(need, storage.power, charge)
            else:
                room = (storage.capacity - charge) / storage.efficiency
                charge += min(-need, storage.power, room) * storage.efficiency
        return found


def _dealt(board: Board, kind: Alike, profile: Sequence[int]) -> None:
    """Deal the numbers to the loads: whoever lacks most begins, whoever lacks least ends."""
    rows = {load: board.rows[load] for load in kind.loads}
    on = {load: row.was_on for load, row in rows.items()}
    since = dict.fromkeys(rows, len(profile))  # for so many slots as it is
    left: dict[int, int] = {}
    for t, wanted in enumerate(profile):
        for place, (first, _last) in enumerate(kind.stretches):
            if first == t:
                left = {task.load: task.count for task in kind.tasks[place]}
        running = [load for load in rows if on[load]]
        for _ in range(len(running) - wanted):
            ended = min(running, key=lambda i: (since[i] < rows[i].least_on, left.get(i, 0), -since[i]))
            running.remove(ended)
            on[ended], since[ended] = False, 0
        resting = [load for load in rows if not on[load]]
        for _ in range(wanted - len(running)):
            begun = max(resting, key=lambda i: (since[i] >= rows[i].least_off, left.get(i, 0), since[i]))
            resting.remove(begun)
            on[begun], since[begun] = True, 0
        for load, row in rows.items():
            since[load] += 1
            if on[load]:
                row.on[t] = 1
                left[load] = left.get(load, 0) - 1
    for row in rows.values():
        _mended(row, kind)
        changes = {t: kind.kwh for t, state in enumerate(row.on) if state}
        if changes:
            board.meter.add(changes)


def _mended(row: Row, kind: Alike) -> None:
    """Leave out runs that are too short and fill pauses that are; nothing is left of a row that is not sound then."""
    for first, last in row.runs():
        if last - first < row.least_on and not (first == 0 and row.was_on):
            row.on[first:last] = [0] * (last - first)
    before = 0 if row.was_on else -row.least_off
    for first, last in row.runs():
        if 0 < first - before < row.least_off:
            row.on[before:first] = [1] * (first - before)
        before = last
    outside = any(on and kind.stretch_at(t) is None for t, on in enumerate(row.on))
    if outside or not row.is_sound():
        row.on[:] = [0] * len(row.on)


def _trimmed(board: Board, task: Task) -> None:
    """Take away what a task has too much: an end of a run, or a short run, where that saves most."""
    row, meter = board.rows[task.load], board.meter
    while board.got(task) > task.count:
        ends: list[range] = []
        for first, last in row.runs():
            if last - first > row.least_on:
                ends += [range(first, first + 1), range(last - 1, last)]
            else:
                ends.append(range(first, last))
        inside = [one for one in ends if task.first <= one.start and one.stop <= task.last and _is_spare(row, one)]
        saved = {
            slots: (meter.dearer(dict.fromkeys(slots, -task.kwh)) - board.start_cost * (len(slots) > 1)) / len(slots)
            for slots in inside
        }
        everything = [t for t, on in enumerate(row.on) if on]  # to be placed anew, where nothing can be taken away
        best = min(saved, key=saved.__getitem__) if saved else everything
        for t in best:
            row.on[t] = 0
        meter.add(dict.fromkeys(best, -task.kwh))


def _is_spare(row: Row, slots: range) -> bool:
    """Return whether no run and no pause is too short without some slots."""
    kept = row.on[:]
    row.on[slots.start : slots.stop] = [0] * len(slots)
    sound = row.is_sound()
    row.on[:] = kept
    return sound
