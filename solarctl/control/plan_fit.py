"""Where not all needs fit: a few loads are placed once more together, so that as little as can be stays unmet.

Slot by slot every state is kept that the loads can be in (what each has got, how long it has been on or off), with the
greatest charge that a battery can have then: more charge never fits less. As long as no state has to be left out, and
these are all the loads there are, nothing less can stay unmet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from solarctl.control.plan_house import TINY, House
from solarctl.control.plan_place import Board, Task

TOGETHER = 4  # loads that are placed at once
LOOKS = 400_000  # steps from one state to another, for one group
MANY = 8  # loads that are placed at once when groups did not help
GROUPS = 20  # that are tried for one plan

State = tuple[tuple[int, int], ...]  # for each load: slots got, and how long on (off: negative), as far as it matters
Step = tuple[tuple[int, int], float, float]  # the load's next state, what it draws, what switching on costs


class _Way:
    """How a state was come to."""

    __slots__ = ("before", "cost", "lost", "on", "soc", "weight")

    def __init__(self, soc: float, cost: float, lost: float, on: tuple[bool, ...], before: _Way | None) -> None:
        self.soc, self.cost, self.lost, self.on, self.before = soc, cost, lost, on, before
        self.weight = round(lost, 9), round(-soc, 9), cost


def fit(board: Board, house: House) -> None:
    """Place a few loads together again and again, while less stays unmet."""
    tried: set[tuple[int, ...]] = set()
    while board.unmet > TINY and len(tried) < GROUPS:
        for loads in _groups(board):
            if loads in tried:
                continue
            tried.add(loads)
            if _refitted(board, house, loads):
                tried.clear()
                break
            if len(tried) >= GROUPS:
                return
        else:
            return


def _groups(board: Board) -> Iterator[tuple[int, ...]]:
    """Yield loads to be placed together: those that lack something, with those that are in their way."""
    short = sorted({task.load for task in board.tasks if board.got(task) < task.count})
    lacking = [task for task in board.tasks if board.got(task) < task.count]
    others = {
        task.load: sum(sum(board.rows[task.load].on[one.first : one.last]) for one in lacking) for task in board.tasks
    }
    near = sorted((load for load in others if load not in short), key=lambda load: -others[load])
    if len(others) <= TOGETHER:
        yield tuple(sorted(others))
        return
    found = (
        tuple(sorted((*first, *more)))
        for first in combinations(short, min(len(short), TOGETHER - 1))
        for more in combinations(near, TOGETHER - len(first))
    )
    yield from islice(found, GROUPS // 2)
    if len(others) <= MANY:
        yield tuple(sorted(others))
    yield from found


def _refitted(board: Board, house: House, loads: Sequence[int]) -> bool:
    """Place some loads anew; return whether less is unmet then."""
    tasks = [task for task in board.tasks if task.load in loads]
    first, last = min(task.first for task in tasks), max(task.last for task in tasks)
    kept, saved, before = [board.rows[load].on[:] for load in loads], board.meter.saved(), board.total
    unmet = sum(max(0, task.count - board.got(task)) * task.kwh for task in tasks)
    for load in loads:
        row = board.rows[load]
        mine = [t for task in tasks if task.load == load for t in range(max(task.first, row.bound_on), task.last)]
        freed = [t for t in mine if row.on[t]]
        for t in freed:
            row.on[t] = 0
        if freed:
            board.meter.add(dict.fromkeys(freed, -row.kwh))
    found = _Table(board, house, loads, tasks, first, last).best(unmet)
    changes: dict[int, float] = {}
    for t, states in zip(range(first, last), found or ()):
        for load, on in zip(loads, states):
            if on and not board.rows[load].on[t]:
                board.rows[load].on[t] = 1
                changes[t] = changes.get(t, 0.0) + board.rows[load].kwh
    if changes:
        board.meter.add(changes)
    if found and board.total < before - TINY and all(board.rows[load].is_sound() for load in loads):
        return True
    for load, was in zip(loads, kept):
        board.rows[load].on[:] = was
    board.meter.restore(saved)
    return False


class _Table:
    """Some loads' states, slot by slot, beside everything else in the house."""

    def __init__(
        self, board: Board, house: House, loads: Sequence[int], tasks: Sequence[Task], first: int, last: int
    ) -> None:
        self.house, self.loads, self.first, self.last = house, loads, first, last
        self.rows = [board.rows[load] for load in loads]
        self.start_cost = board.start_cost
        self.tasks = [sorted((task for task in tasks if task.load == load), key=_begin) for load in loads]
        meter = board.meter
        grid = meter.grid  # type: ignore[attr-defined]
        self.over = [max(0.0, kwh - house.limit) for kwh in grid]
        self.soc: float = meter.soc[first]  # type: ignore[attr-defined]
        forced = [sum(row.kwh for row in self.rows if row.on[t]) for t in range(house.count)]
        self.net = [need - more for need, more in zip(meter.net, forced)]
        self.most = [house.limit + (house.battery.power if house.battery.capacity else 0.0)] * house.count
        room = 0.0
        self.room = [0.0] * (house.count + 1)  # energy that fits from a slot on, at most
        for t in range(last - 1, first - 1, -1):
            room += max(0.0, self.most[t] - self.net[t])
            self.room[t] = room

    def best(self, unmet: float) -> list[tuple[bool, ...]] | None:
        """Return who is on, slot by slot, with less unmet than `unmet`; None when there is no such way."""
        keep = max(60, LOOKS // ((self.last - self.first) << len(self.loads)))
        ways: dict[State, _Way] = {
            tuple(self._begin(i) for i in range(len(self.loads))): _Way(self.soc, 0, 0, (), None)
        }
        for t in range(self.first, self.last):
            following: dict[State, _Way] = {}
            known: list[dict[tuple[int, int], list[Step]]] = [{} for _ in self.loads]
            for state, way in ways.items():
                options = []
                for index, one in enumerate(state):
                    if one not in known[index]:
                        known[index][one] = list(self._steps(index, one, t))
                    options.append(known[index][one])
                lost = way.lost + self._lost(state, t)
                self._follow(following, way, options, lost, t)
            ways = self._worthwhile(following, t + 1, unmet, keep)
        if not ways:
            return None
        at_end = self.last
        state = min(ways, key=lambda one: (round(ways[one].lost + self._missing(one, at_end), 9), ways[one].cost))
        last: _Way | None = ways[state]
        found = []
        while last is not None and last.before is not None:
            found.append(last.on)
            last = last.before
        return found[::-1]

    def _begin(self, index: int) -> tuple[int, int]:
        """Return a load's state before the first slot: long off, unless it has just switched."""
        row, t = self.rows[index], self.first
        before = [row.was_on, *row.on[:t]]
        length = 1
        while length < len(before) and before[-1 - length] == before[-1]:
            length += 1
        if before[-1]:
            return 0, row.least_on if length > t else min(length, row.least_on)
        return 0, -(row.least_off if length > t else min(length, row.least_off))

    def _task(self, index: int, t: int) -> Task | None:
        return next((task for task in self.tasks[index] if task.first <= t < task.last), None)

    def _lost(self, state: State, t: int) -> float:
        """Return what tasks lack that ended before those that begin here."""
        lost = 0.0
        for index, (got, _run) in enumerate(state):
            for before, after in zip(self.tasks[index], self.tasks[index][1:]):
                if after.first == t:
                    lost += max(0, before.count - got) * before.kwh
        return lost

    def _steps(self, index: int, state: tuple[int, int], t: int) -> Iterator[Step]:
        """Yield what a load can do in a slot."""
        row, task, (got, run) = self.rows[index], self._task(index, t), state
        if task is not None and task.first == t and task is not self.tasks[index][0]:
            got = 0
        forced = t < row.bound_on or (bool(row.on[t]) and task is None)
        if not forced and (run < 0 or run >= row.least_on):
            yield (got, -min(row.least_off, 1 - run if run < 0 else 1)), 0.0, 0.0
        if t < row.bound_off or not (forced or task is not None):
            return
        if forced:
            yield (got + (task is not None), min(row.least_on, max(1, run + 1))), row.kwh, 0.0
            return
        assert task is not None
        most = max(task.count, row.least_on)
        if run > 0 and got < most and (got < task.count or run < row.least_on):
            yield (got + 1, min(row.least_on, run + 1)), row.kwh, 0.0
        elif run <= -row.least_off and got + row.least_on <= most and t + row.least_on <= task.last:
            yield (got + 1, 1), row.kwh, self.start_cost

    def _follow(
        self, following: dict[State, _Way], way: _Way, options: Sequence[Sequence[Step]], lost: float, t: int
    ) -> None:
        """Add the states that follow one, as far as wires and battery carry what is on."""
        count, most = len(options), self.most[t] + self.over[t] + TINY

        def go(index: int, state: State, drawn: float, cost: float) -> None:
            if index < count:
                for one, kwh, more in options[index]:
                    if not kwh or drawn + kwh <= most or t < self.rows[index].bound_on:
                        go(index + 1, (*state, one), drawn + kwh, cost + more)
                return
            played = self._played(way.soc, drawn, t, any(run > 0 for _got, run in state))
            if played is None:
                return
            soc, paid = played
            on = tuple(run > 0 for _got, run in state)
            there = _Way(soc, way.cost + cost + paid, lost, on, way)
            known = following.get(state)
            if known is None or there.weight < known.weight:
                following[state] = there

        go(0, (), self.net[t], 0.0)

    def _played(self, soc: float, need: float, t: int, on: bool) -> tuple[float, float] | None:
        """Return the charge after a slot, the greatest that can be, and what the grid is paid; None: too much."""
        house, battery = self.house, self.house.battery
        room = (battery.capacity - soc) / battery.efficiency
        if battery.commanded:
            taken = max(min(house.limit - need, battery.power, room), -battery.power, -soc)
        elif need > 0:
            taken = -min(need, battery.power, soc)
        else:
            taken = min(-need, battery.power, room)
        grid = need + taken
        over = grid - house.limit
        free = on and not any(t < row.bound_on for row in self.rows)
        if over > TINY and (free or over > self.over[t] + TINY):
            return None
        soc += taken * battery.efficiency if taken > 0 else taken
        return soc, grid * (house.buy[t] if grid > 0 else house.sell[t])

    def _missing(self, state: State, t: int) -> float:
        """Return what will be missing at least."""
        missing = 0.0
        for index, (got, _run) in enumerate(state):
            for place, task in enumerate(self.tasks[index]):
                later = place + 1 < len(self.tasks[index]) and self.tasks[index][place + 1].first < t
                if task.first < t and not later:
                    missing += max(0, task.count - got - max(0, task.last - t)) * task.kwh
        return missing

    def _worthwhile(self, ways: dict[State, _Way], t: int, unmet: float, keep: int) -> dict[State, _Way]:
        """Leave out what cannot come to less than `unmet`, and of too many what lacks most."""
        found = []
        storage, room = self.house.battery, self.room[t]
        later = [[task.kwh * task.count for task in tasks if task.first >= t] for tasks in self.tasks]
        wanted_later = sum(map(sum, later))
        for state, way in ways.items():
            wanted = wanted_later
            for index, (got, _run) in enumerate(state):
                task = next((one for one in reversed(self.tasks[index]) if one.first < t), None)
                if task is not None and task.last > t:
                    wanted += max(0, task.count - got) * task.kwh
            least = way.lost + max(self._missing(state, t), wanted - room - (way.soc if storage.capacity else 0.0))
            if least < unmet - TINY:
                found.append((round(least, 9), wanted - way.soc, way.cost, state, way))
        if len(found) > keep:
            found.sort(key=lambda one: one[:3])
            del found[keep:]
        return {state: way for _least, _wanted, _cost, state, way in found}


def _begin(task: Task) -> int:
    return task.first
