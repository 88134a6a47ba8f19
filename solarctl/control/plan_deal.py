"""Kinds of loads, and dealing what a kind runs to its loads: which boiler it is does not matter until then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solarctl.control.plan_place import Board, Row, Task

Profile = list[int]  # how many of a kind are on, block by block


@dataclass(slots=True)
class Kind:
    """Tasks that are alike: blocks of `kwh` from `first` to just before `last`, `count` of them together."""

    tasks: list[Task]
    kwh: float
    first: int
    last: int
    count: int


def kinds_of(rows: Sequence[Row], needs: Sequence[Task], step: int) -> list[Kind]:
    """Return the tasks that still lack something, gathered by kind."""
    found: dict[tuple[float, int, int], Kind] = {}
    for task in needs:
        row = rows[task.load]
        first = -(-max(task.first, row.bound_on, row.bound_off) // step)
        last = task.last // step
        count = round((task.count - sum(row.on[task.first : task.last])) / step)
        if count > 0 and last > first:
            kind = found.setdefault((task.kwh, first, last), Kind([], task.kwh * step, first, last, 0))
            kind.tasks.append(task)
            kind.count += count
    return list(found.values())


def placed(board: Board, outcome: Sequence[tuple[Kind, Profile]]) -> None:
    """Give an outcome's slots to the loads of an empty board; what is too much is left out, what lacks is placed."""
    step = board.step
    for kind, profile in outcome:
        for t, number in enumerate(profile):
            if number:
                board.meter.add(dict.fromkeys(range(t * step, (t + 1) * step), number * kind.kwh / step))
    for kind, profile in outcome:
        _thinned(board, kind, profile)
    for kind, profile in outcome:
        for t, number in enumerate(profile):
            if number:
                board.meter.add(dict.fromkeys(range(t * step, (t + 1) * step), -number * kind.kwh / step))
    for kind, profile in outcome:
        _dealt(board, kind, profile)
    board.place_all()


def _thinned(board: Board, kind: Kind, profile: Profile) -> None:
    """Leave out what costs most of what is too much."""
    step, meter = board.step, board.meter
    for _ in range(sum(profile) - kind.count):
        blocks = [t for t, number in enumerate(profile) if number]
        less = {t: dict.fromkeys(range(t * step, (t + 1) * step), -kind.kwh / step) for t in blocks}
        worst = min(blocks, key=lambda t: (meter.dearer(less[t]), t))
        meter.add(less[worst])
        profile[worst] -= 1


def _dealt(board: Board, kind: Kind, profile: Profile) -> None:
    """Deal a kind's blocks to its loads, whoever runs first; a load whose runs would be too short gets none yet."""
    step = board.step
    left = {index: (task.count - board.got(task)) // step for index, task in enumerate(kind.tasks)}
    chosen: dict[int, list[int]] = {index: [] for index in left}
    ahead = sum(1 for number in profile if number)
    running: set[int] = set()
    for t, number in enumerate(profile):
        if not number:
            running = set()
            continue
        order = sorted(left, key=lambda i: (left[i] < ahead, i not in running, -left[i]))
        ahead -= 1
        running = {i for i in order[:number] if left[i] > 0}
        for index in running:
            chosen[index].append(t)
            left[index] -= 1
    for index, task in enumerate(kind.tasks):
        row = board.rows[task.load]
        kept = row.on[:]
        for t in chosen[index]:
            row.on[t * step : (t + 1) * step] = [1] * step
        if row.is_sound():
            board.meter.add({t: task.kwh for t, (now, was) in enumerate(zip(row.on, kept)) if now != was} or {0: 0.0})
        else:
            row.on[:] = kept
