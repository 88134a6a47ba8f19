"""A piece of a run, of one load or of several together: where else it could be, and what that saves.

Only a few of the places that look cheapest are played. Beside a commanded battery prices say what a move saves at most
(plan_prices.py): what cannot save anything is not played at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import sub

from solarctl.control.plan_place import Board, Row, Task

LOOKED_AT = 8  # places that are played, of those that look cheapest
WORTH = 1e-6  # money
UNLIKELY = 0.5  # money per kWh: a place that looks dearer by so much is not played

Slots = list[int]


class Piece:
    """Slots in which all of a group are on, and where else they could be."""

    def __init__(self, board: Board, group: tuple[Task, ...], rows: list[Row], span: range, slots: range) -> None:
        self.board, self.rows, self.span, self.slots = board, rows, span, slots
        self.kwh = sum(task.kwh for task in group)
        self.kin = _kin(board, group[0]) if len(group) == 1 else []
        self.all_rows = [*rows, *self.kin]
        self.starts = self._starts()
        self.sums: list[float] = []  # of the prices up to each slot, where these say what a move saves at most

    def may_save(self) -> bool:
        """Return whether anything can be saved at all."""
        if not self.board.meter.convex:
            return True
        self.sums = list(accumulate(self.board.meter.prices(), initial=0.0))
        firsts = sum(any(row.on) and not row.was_on for row in self.all_rows)
        self.spared = self.board.start_cost * max(0, self.starts - firsts)
        size, sums = len(self.slots), self.sums
        ends = sums[self.span.start + size : self.span.stop + 1]
        self.here = sums[self.slots.stop] - sums[self.slots.start]
        there = min(map(sub, ends, sums[self.span.start :]))
        most: float = self.kwh * (self.here - there) + self.spared
        return most > WORTH

    def _is_worth(self, begin: int) -> bool:
        """Return whether more can be saved there than so far."""
        if not self.sums:
            return True
        there = self.sums[begin + len(self.slots)] - self.sums[begin]
        return self.kwh * (self.here - there) + self.spared > -self.least

    def move(self) -> bool:
        """Put the piece where it costs least; return whether that is somewhere else."""
        meter = self.board.meter
        self.looks = meter.guesses(self.kwh) if meter.guess_first else None
        saved, cost = meter.saved(), meter.cost
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
        self.least, best, played = -WORTH, None, 0
        for begin in self._places(freed):
            played += 1
            if played > LOOKED_AT:
                break
            more = meter.dearer(dict.fromkeys(self._at(begin), self.kwh)) - freed
            if more > self.least + cost * self.fewer:
                continue
            for states, starts in self._ways(self._at(begin)):
                total = more + cost * (starts - self.starts)
                if total < self.least:
                    self.least, best = total, (begin, states)
        return best

    def _places(self, freed: float) -> Iterator[int]:
        """Yield where the piece could begin, what looks cheapest first."""
        size, low = len(self.slots), self.span.start
        guesses = self.board.meter.guesses(self.kwh, low) if self.looks is None else self.looks
        sums = list(accumulate(guesses, initial=0.0))[low:]
        looks = [after - before for before, after in zip(sums, sums[size : self.span.stop - low + 1])]
        dearest = freed + UNLIKELY * self.kwh * size
        for t in sorted(range(len(looks)), key=looks.__getitem__):
            if looks[t] > dearest:
                return
            slots = self._at(t + low)
            if slots == self.slots or not self._is_worth(t + low):
                continue
            if self._fits(self.rows, slots) or any(self._fits([row], slots) for row in self.kin):
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
