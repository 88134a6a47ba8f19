"""Moving what is placed: pieces of runs, of one load or of several together, and everything at once in time.

A battery that follows the meter gives its power whenever anything draws: two boilers at once take no more of it than
one does. So placing loads one by one stays where no load gains by moving alone; here those that run together move
together, and a load may give a piece to another of its kind (the energy counts, not which boiler has it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from solarctl.control.plan_piece import WORTH, Piece
from solarctl.control.plan_place import Board, Task

REACH = 16  # blocks that everything together is moved at most
PAIRS = 6  # tasks of which every pair is tried; of more only those that run at the same time


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
    piece = Piece(board, group, rows, range(low, high), range(first, last))
    return piece.may_save() and piece.move()


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
