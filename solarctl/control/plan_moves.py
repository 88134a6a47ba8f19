"""Moving what is placed: pieces of runs, of one load or of several together, and everything at once in time.

A battery that follows the meter gives its power whenever anything draws: two boilers at once take no more of it than
one does. So placing loads one by one stays where no load gains by moving alone; here those that run together move
together, and a load may give a piece to another of its kind (the energy counts, not which boiler has it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, combinations

from solarctl.control.plan_place import Board, Row, Task

LOOKED_AT = 8  # places that are played, of those that look cheapest
WORTH = 1e-6  # money
REACH = 16  # blocks that everything together is moved at most
PAIRS = 6  # tasks of which every pair is tried; of more only those that run at the same time
UNLIKELY = 0.5  # money per kWh: a place that looks dearer by so much is not played

Slots = list[int]


def descend(board: Board, work: float) -> None:
    """Move pieces while that saves anything and is worth the work.

    A group is tried again only when something has moved within its time since.
    """
    moves = 0
    moved_last: dict[tuple[int, int], int] = {}  # by time: the number of the last move in it
    tried: dict[tuple[int, ...], int] = {}
    while board.meter.work <= work:
        before = moves
        for group in groups(board):
            low, high = _span(board, group)
            last = max((n for (begin, end), n in moved_last.items() if begin < high and low < end), default=0)
            key = tuple(id(task) for task in group)
            if tried.get(key, -1) >= last:
                continue
            tried[key] = moves
            for first, stop in _pieces(board, group):
                if board.meter.work > work:
                    return
                if _moved(board, group, first, stop):
                    moves += 1
                    moved_last[low, high] = moves
        if moves == before:
            if not shifted(board):
                return
            tried.clear()


def groups(board: Board) -> Iterator[tuple[Task, ...]]:
    """Yield the tasks to be moved together: each alone, pairs, and whatever runs at the same time."""
    tasks = [task for task in board.tasks if board.got(task)]
    seen: set[tuple[int, ...]] = set()
    for index in range(len(tasks)):
        yield (tasks[index],)
    sets: list[tuple[int, ...]] = list(combinations(range(len(tasks)), 2)) if len(tasks) <= PAIRS else []
    columns = zip(*(board.rows[task.load].on for task in tasks))
    for t, column in enumerate(columns):
        at_once = tuple(i for i, on in enumerate(column) if on and tasks[i].first <= t < tasks[i].last)
        if len(at_once) > 1 and (not sets or sets[-1] != at_once):
            sets.append(at_once)
    for chosen in sets:
        if chosen not in seen:
            seen.add(chosen)
            yield tuple(tasks[i] for i in chosen)


def _span(board: Board, group: Sequence[Task]) -> tuple[int, int]:
    """Return the slots that all of a group may use."""
    rows = [board.rows[task.load] for task in group]
    first = max(max(task.first, row.bound_on, row.bound_off) for task, row in zip(group, rows))
    return first, min(task.last for task in group)


def _pieces(board: Board, group: Sequence[Task]) -> list[tuple[int, int]]:
    """Return parts of the runs that a group has in common: ends of several lengths, and the whole."""
    low, high = _span(board, group)
    together = [all(column) for column in zip(*(board.rows[task.load].on[low:high] for task in group))]
    step, found, start = board.step, [], -1
    for t, on in enumerate([*together, False], low):
        if on and start < 0:
            start = t
        elif not on and start >= 0:
            length = t - start
            for size in sorted(
                {size for size in (step, 2 * step, 4 * step, length // 2, length) if 0 < size <= length}
            ):
                found.append((start, start + size))
                if size < length:
                    found.append((t - size, t))
            start = -1
    return found


def _moved(board: Board, group: tuple[Task, ...], first: int, last: int) -> bool:
    """Take a piece out and put it where it costs least; leave it where that is where it was."""
    rows = [board.rows[task.load] for task in group]
    low, high = _span(board, group)
    if not all(all(row.on[first:last]) for row in rows) or high - low <= last - first:
        return False
    return _Piece(board, group, rows, range(low, high), range(first, last)).move()


class _Piece:
    """Slots in which all of a group are on, and where else they could be."""

    def __init__(self, board: Board, group: tuple[Task, ...], rows: list[Row], span: range, slots: range) -> None:
        self.board, self.rows, self.span, self.slots = board, rows, span, slots
        self.kwh = sum(task.kwh for task in group)
        self.kin = _kin(board, group[0]) if len(group) == 1 else []
        self.all_rows = [*rows, *self.kin]

    def move(self) -> bool:
        """Put the piece where it costs least; return whether that is somewhere else."""
        meter = self.board.meter
        self.looks = meter.guesses(self.kwh) if meter.guess_first else None
        saved, cost = meter.saved(), meter.cost
        self.starts = self._starts()
        meter.add(dict.fromkeys(self.slots, -self.kwh))
        self._switch(self.rows, self.slots, 0)
        self.fewer = self.starts - self._starts() + 2 * len(self.rows)  # switch-ons that can be spared at most
        found = self._best(cost - meter.cost)
        if found is None:
            self._switch(self.rows, self.slots, 1)
            meter.restore(saved)
            return False
        begin, states = found
        for row, state in zip(self.all_rows, states):
            row.on[:] = state
        meter.add(dict.fromkeys(self._at(begin), self.kwh))
        return True

    def _best(self, freed: float) -> tuple[int, list[Slots]] | None:
        """Return the place where it costs least, and all rows as they are then; None: where it was."""
        meter, cost = self.board.meter, self.board.start_cost
        least, best, played = -WORTH, None, 0
        for begin in self._places(freed):
            played += 1
            if played > LOOKED_AT:
                break
            more = meter.dearer(dict.fromkeys(self._at(begin), self.kwh)) - freed
            if more > least + cost * self.fewer:
                continue
            for states, starts in self._ways(self._at(begin)):
                total = more + cost * (starts - self.starts)
                if total < least:
                    least, best = total, (begin, states)
        return best

    def _places(self, freed: float) -> Iterator[int]:
        """Yield where the piece could begin, what looks cheapest first."""
        size, low = len(self.slots), self.span.start
        guesses = self.board.meter.guesses(self.kwh) if self.looks is None else self.looks
        sums = list(accumulate(guesses, initial=0.0))[low:]
        looks = [after - before for before, after in zip(sums, sums[size : self.span.stop - low + 1])]
        dearest = freed + UNLIKELY * self.kwh * size
        for t in sorted(range(len(looks)), key=looks.__getitem__):
            if looks[t] > dearest:
                return
            slots = self._at(t + low)
            if slots != self.slots and (
                self._fits(self.rows, slots) or any(self._fits([row], slots) for row in self.kin)
            ):
                yield t + low

    def _ways(self, slots: range) -> Iterator[tuple[list[Slots], int]]:
        """Yield the rows with the piece in these slots, and their switch-ons: its own, or one of its kind's."""
        kept = [row.on[:] for row in self.all_rows]
        for taker in (None, *self.kin):
            if taker is None and self._fits(self.rows, slots):
                self._switch(self.rows, slots, 1)
            elif taker is not None and self._fits([taker], slots) and self._given(taker):
                self._switch([taker], slots, 1)
            else:
                for row, state in zip(self.all_rows, kept):
                    row.on[:] = state
                continue
            if all(row.is_sound() for row in self.rows) and (taker is None or taker.is_sound()):
                yield [row.on[:] for row in self.all_rows], self._starts()
            for row, state in zip(self.all_rows, kept):
                row.on[:] = state

    def _given(self, giver: Row) -> bool:
        """Hand as many slots from a row to the one that lacks them: a run of that length, or else the shortest."""
        taker, size = self.rows[0], len(self.slots)
        runs: list[list[int]] = []
        for t in self.span:
            if giver.on[t] and not taker.on[t]:
                if runs and runs[-1][-1] == t - 1:
                    runs[-1].append(t)
                else:
                    runs.append([t])
        runs.sort(key=lambda run: (len(run) != size, len(run)))
        handed = [t for run in runs for t in run][:size]
        for t in handed:
            giver.on[t], taker.on[t] = 0, 1
        return len(handed) == size  # else the rows are put back by whoever asked

    def _at(self, begin: int) -> range:
        return range(begin, begin + len(self.slots))

    def _starts(self) -> int:
        return sum(row.starts() for row in self.all_rows)

    @staticmethod
    def _fits(rows: Sequence[Row], slots: range) -> bool:
        return not any(any(row.on[slots.start : slots.stop]) for row in rows)

    @staticmethod
    def _switch(rows: Sequence[Row], slots: range, state: int) -> None:
        for row in rows:
            row.on[slots.start : slots.stop] = [state] * len(slots)


def _kin(board: Board, task: Task) -> list[Row]:
    """Return the rows of loads that are like a task's, at the same time."""
    return [
        board.rows[other.load]
        for other in board.tasks
        if other.load != task.load
        and other.kwh == task.kwh
        and (other.first, other.last) == (task.first, task.last)
        and board.rows[other.load].bound_on == board.rows[other.load].bound_off == 0
    ]


def shifted(board: Board) -> bool:
    """Move everything that is on at a time, earlier or later; return whether that saved anything."""
    gained = False
    tasks = board.tasks
    rows = [board.rows[task.load] for task in tasks]
    busy = [any(column) for column in zip(*(row.on for row in rows))]
    start = -1
    for stop, on in enumerate([*busy, False]):
        if on and start < 0:
            start = stop
        elif not on and start >= 0:
            gained |= _shift(board, start, stop)
            start = -1
    return gained


def _shift(board: Board, first: int, last: int) -> bool:
    meter = board.meter
    mine = [
        (task, t)
        for task in board.tasks
        for t in range(first, last)
        if task.first <= t < task.last and board.rows[task.load].on[t]
    ]
    if not mine:
        return False
    least = max(
        max(task.first, board.rows[task.load].bound_on, board.rows[task.load].bound_off) - t for task, t in mine
    )
    most = min(task.last - 1 - t for task, t in mine)
    if least > 0:
        return False  # something of it may not be moved
    best, best_by = -WORTH, 0
    changes: dict[int, float] = {}
    kept = [row.on[:] for row in board.rows]
    for block in range(-REACH, REACH + 1):
        by = block * board.step
        if not by or not least <= by <= most:
            continue
        changes = _shift_changes(mine, by)
        more = meter.dearer(changes)
        if more < best:
            best, best_by = more, by
    if not best_by:
        return False
    starts = sum(row.starts() for row in board.rows)
    for task, t in mine:
        board.rows[task.load].on[t] = 0
    clash = False
    for task, t in mine:
        clash = clash or bool(board.rows[task.load].on[t + best_by])
        board.rows[task.load].on[t + best_by] = 1
    more = best + board.start_cost * (sum(row.starts() for row in board.rows) - starts)
    if clash or more > -WORTH or not all(row.is_sound() for row in board.rows):
        for row, on in zip(board.rows, kept):
            row.on[:] = on
        return False
    meter.add(_shift_changes(mine, best_by))
    return True


def _shift_changes(mine: Sequence[tuple[Task, int]], by: int) -> dict[int, float]:
    changes: dict[int, float] = {}
    for task, t in mine:
        changes[t] = changes.get(t, 0.0) - task.kwh
        changes[t + by] = changes.get(t + by, 0.0) + task.kwh
    return changes
