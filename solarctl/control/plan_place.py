"""Placing loads: each one slot by slot where it costs least, then again and again while that saves anything.

A load runs at least `least_on` slots and pauses at least `least_off`. It grows from runs: a slot beside one costs no
switch-on; a new run begins with its shortest length. Guesses from the prices choose a few slots, and those are played
with the battery to the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from solarctl.control.plan_house import NONE, TINY

UNMET = 1e3  # money per kWh of a need that stays unmet: less than what a grid limit forbids, more than any price


class Meter(Protocol):
    """A house that tells what more load costs (`Following`, `Steered`)."""

    net: list[float]
    work: float  # how much was played so far, in slots of a battery that follows
    looked_at: int  # how many slots are played, of those that look cheapest
    blocks: int  # and how many long blocks
    guess_first: bool  # guesses are made before a piece is taken away
    convex: bool  # no move of load saves more than `prices` say

    @property
    def cost(self) -> float: ...
    def dearer(self, changes: dict[int, float]) -> float: ...
    def add(self, changes: dict[int, float]) -> None: ...
    def guesses(self, kwh: float, first: int = 0) -> list[float]: ...
    def prices(self) -> list[float]: ...
    def saved(self) -> object: ...
    def restore(self, saved: object) -> None: ...


@dataclass(slots=True)
class Task:
    """One day's energy of one load: `count` slots of `kwh` from slot `first` to just before `last`."""

    load: int
    kwh: float
    count: int
    first: int
    last: int
    need: bool = True
    wanted_kwh: float = 0.0  # what is really missing; the last slot is rarely filled


@dataclass(slots=True)
class Row:
    """One load's slots. `was_on`: it runs now; `bound_on`, `bound_off`: first slots in which it may not change."""

    on: list[int]
    least_on: int = 1
    least_off: int = 1
    was_on: bool = False
    bound_on: int = 0
    bound_off: int = 0
    kwh: float = 0.0  # what it draws in a slot
    allowed: Sequence[bool] | None = None  # slots that it may be in at all

    def starts(self) -> int:
        """How often it is switched on."""
        return bytes([self.was_on, *self.on]).count(b"\0\1")

    def is_sound(self) -> bool:
        """Return whether no run and no pause is too short."""
        if 0 in self.on[: self.bound_on] or 1 in self.on[: self.bound_off]:
            return False
        if self.least_on <= 1 and self.least_off <= 1:
            return True
        before = 0 if self.was_on else -self.least_off  # where the run before ended
        for first, last in self.runs():
            carried_on = first == 0 and self.was_on
            if last - first < self.least_on and not carried_on:
                return False
            if not carried_on and first - before < self.least_off:
                return False
            before = last
        return True

    def runs(self) -> list[tuple[int, int]]:
        """Return its runs, as first slot and the slot after the last."""
        on, found = bytes([*self.on, 0]), []
        start = on.find(1)
        while start >= 0:
            stop = on.find(0, start)
            found.append((start, stop))
            start = on.find(1, stop)
        return found


class Choice:
    """A few slots that a load may be given, with what a switch-on adds."""

    __slots__ = ("cost", "slots", "starts")

    def __init__(self, slots: range, starts: int) -> None:
        self.slots, self.starts, self.cost = slots, starts, 0.0


def choices(row: Row, task: Task, guesses: Sequence[float], left: int, step: int, start_cost: float) -> list[Choice]:
    """Return what could be added next: the slots beside a run, and new runs of the shortest length."""
    found = list(_beside(row, task, left, step))
    fresh = max(row.least_on, min(step, left))
    if fresh <= left or not found:
        found += [Choice(range(t, t + fresh), 1) for t in _fresh(row, task, fresh)]
    if row.allowed is not None:
        allowed = row.allowed
        found = [choice for choice in found if all(allowed[t] for t in choice.slots)]
    sums = list(accumulate(guesses, initial=0.0))
    for choice in found:
        slots = choice.slots
        choice.cost = (sums[slots.stop] - sums[slots.start] + choice.starts * start_cost) / len(slots)
    return found


def _gaps(row: Row, task: Task) -> Iterator[tuple[int, int, int, int, bool, bool]]:
    """Yield where the load is off: the span, the part that the task may use, whether a run is before and after."""
    edges = [(0, 0), *row.runs(), (len(row.on), len(row.on))]
    first = max(task.first, row.bound_off)
    for index in range(len(edges) - 1):
        start, stop = edges[index][1], edges[index + 1][0]
        low, high = max(start, first), min(stop, task.last)
        if low < high:
            yield start, stop, low, high, index > 0 or row.was_on, index < len(edges) - 2


def _beside(row: Row, task: Task, left: int, step: int) -> Iterator[Choice]:
    for start, stop, low, high, run_before, run_after in _gaps(row, task):
        length = stop - start
        for size in {min(step, left), 1}:
            pause = length - size  # what would be left of the gap
            good = pause >= row.least_off or pause == 0
            if run_before and low == start and start + size <= high and (good or not run_after):
                yield Choice(range(start, start + size), -1 if run_after and pause == 0 else 0)
            if run_after and high == stop and stop - size >= low and pause and (good or not run_before):
                yield Choice(range(stop - size, stop), 0)
        if run_before and run_after and low == start and high == stop and step < length <= left:
            yield Choice(range(start, stop), -1)


def _fresh(row: Row, task: Task, length: int) -> Iterator[int]:
    for start, stop, low, high, run_before, run_after in _gaps(row, task):
        begin = max(low, start + row.least_off) if run_before else low
        end = min(high, stop - row.least_off) if run_after else high
        yield from range(begin, end - length + 1)


def cheapest(meter: Meter, task: Task, found: list[Choice], start_cost: float) -> Choice | None:
    """Return the choice that is really the cheapest per slot; of equal ones the one with fewer starts, the first."""
    found.sort(key=_guessed)
    best: Choice | None = None
    best_key = (NONE, 0, 0)
    for choice in found[: meter.looked_at]:
        more = meter.dearer(dict.fromkeys(choice.slots, task.kwh))
        choice.cost = (more + choice.starts * start_cost) / len(choice.slots)
        key = (round(choice.cost, 9), choice.starts, choice.slots.start)
        if choice.cost < NONE and key < best_key:
            best, best_key = choice, key
    return best


def _guessed(choice: Choice) -> tuple[float, int, int]:
    return round(choice.cost, 9), choice.starts, choice.slots.start


class Board:
    """All loads on one house: who runs when, what it costs altogether, and how that gets less."""

    def __init__(self, meter: Meter, rows: list[Row], tasks: list[Task], start_cost: float, step: int = 1) -> None:
        self.meter, self.rows, self.tasks, self.start_cost, self.step = meter, rows, tasks, start_cost, step
        self.blocks = meter.blocks

    def place_all(self, order: Iterable[Task] | None = None) -> None:
        """Give every task its slots, in order."""
        for task in order if order is not None else self.tasks:
            self._place(task)

    def _place(self, task: Task) -> None:
        while self.got(task) < task.count and self.place_some(task, UNMET):
            pass

    def place_some(self, task: Task, dearest: float) -> int:
        """Give a task its next slots, when they cost at most `dearest` per kWh; return how many."""
        left = task.count - self.got(task)
        found = choices(
            self.rows[task.load],
            task,
            self.meter.guesses(task.kwh, task.first),
            left,
            min(self.step, left),
            self.start_cost,
        )
        best = cheapest(self.meter, task, found, self.start_cost)
        if best is None or best.cost > dearest * task.kwh + TINY:
            return 0
        self.meter.add(dict.fromkeys(best.slots, task.kwh))
        for t in best.slots:
            self.rows[task.load].on[t] = 1
        return len(best.slots)

    def got(self, task: Task) -> int:
        """Return how many slots a task has."""
        return sum(self.rows[task.load].on[task.first : task.last])

    @property
    def total(self) -> float:
        """What everything costs: the grid, switch-ons, unmet needs."""
        starts = sum(row.starts() for row in self.rows)
        return self.meter.cost + self.start_cost * starts + UNMET * self.unmet

    @property
    def unmet(self) -> float:
        """Energy that needs are short of, in kWh."""
        return sum(max(0, task.count - self.got(task)) * task.kwh for task in self.tasks if task.need)

    @property
    def extra_starts(self) -> int:
        """How many switch-ons there are beside each load's first."""
        return sum(row.starts() for row in self.rows) - sum(any(row.on) and not row.was_on for row in self.rows)

    def improve(self, rounds: int, work: float) -> None:
        """Take one task out and place it again, round after round, while that saves anything and is worth the work."""
        for _ in range(rounds):
            before = self.total
            for again in (self._again, self._in_one_go, self._shift):
                for task in self.tasks:
                    if self.meter.work > work:
                        return
                    again(task)
            if self.total > before - 1e-7:
                return

    def _take(self, task: Task, slots: Iterable[int]) -> None:
        row = self.rows[task.load]
        freed = {t: -task.kwh for t in slots if row.on[t] and t >= row.bound_on}
        for t in freed:
            row.on[t] = 0
        if freed:
            self.meter.add(freed)

    def _try(self, task: Task, slots: Iterable[int]) -> bool:
        before, kept, meter = self.total, self.rows[task.load].on[:], self.meter.saved()
        self._take(task, slots)
        self._place(task)
        if self.total < before - 1e-7 and self.rows[task.load].is_sound():
            return True
        self.rows[task.load].on[:] = kept
        self.meter.restore(meter)
        return False

    def _again(self, task: Task) -> None:
        if self.got(task):
            self._try(task, range(task.first, task.last))

    def _in_one_go(self, task: Task) -> None:
        """Take a task out and put it somewhere in one block: beside others it spares a battery that follows."""
        count, row = self.got(task), self.rows[task.load]
        if count <= self.step or not all(row.on[t] <= (task.first <= t < task.last) for t in range(len(row.on))):
            return
        before, kept, meter = self.total, row.on[:], self.meter.saved()
        self._take(task, range(task.first, task.last))
        size = count - self.got(task)
        if size >= row.least_on:
            sums = list(accumulate(self.meter.guesses(task.kwh, task.first), initial=0.0))
            begins = sorted(_fresh(row, task, size), key=lambda t: sums[t + size] - sums[t])[: self.blocks]
            costs = {t: self.meter.dearer(dict.fromkeys(range(t, t + size), task.kwh)) for t in begins}
            if costs:
                best = min(costs, key=lambda t: (round(costs[t], 9), t))
                row.on[best : best + size] = [1] * size
                self.meter.add(dict.fromkeys(range(best, best + size), task.kwh))
        if self.total >= before - 1e-7 or not row.is_sound():
            row.on[:] = kept
            self.meter.restore(meter)

    def _shift(self, task: Task) -> None:
        """Take an end off a run and look for a better place for it."""
        row = self.rows[task.load]
        for first, last in list(row.runs()):
            if first < task.first or last > task.last:
                continue
            if last - first <= row.least_on:
                self._try(task, range(first, last))
            else:
                size = min(self.step, last - first - row.least_on)
                for slots in (range(first, first + size), range(last - size, last)):
                    if all(row.on[t] for t in slots) and self._try(task, slots):
                        break
