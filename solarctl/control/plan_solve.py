"""From a house and its tasks to a plan's slots: needs first, then what would be exported, then a bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from solarctl.control.plan_battery import Steered
from solarctl.control.plan_bound import dearest, lower_bound, wishes
from solarctl.control.plan_deal import placed
from solarctl.control.plan_dual import begun
from solarctl.control.plan_exact import best_cost
from solarctl.control.plan_fit import fit
from solarctl.control.plan_house import NO_BATTERY, NONE, Following, House
from solarctl.control.plan_moves import descend
from solarctl.control.plan_place import Board, Row, Task
from solarctl.control.plan_spread import spread
from solarctl.value import replace

ROUNDS = 3
WORK = 5_000_000  # slots played: where a plan is good enough, on a day that is long and full
SHORT_WORK = 3_500_000  # the same, where short slots were begun with loads counted
STEERED_WORK = 6_300  # the same for each slot, beside a commanded battery
BOUND_ROUNDS = 40
ENOUGH_KWH = 0.02  # at the mean price: a plan that is so near to the bound is not looked at further
ENOUGH_ROUNDS = 4
NEAR = 0.01  # kWh at the mean price: a gap for which no second bound is looked for
AGAIN = 0.02  # of what the needs cost at the mean price: a plan so far above its bound is begun another way, too
FEW = 4  # needs: when not all fit, every order is tried
KEEP_KWH = 0.05  # a plan that moves a load must be worth so much more, so that plans are stable
ROUGH_MIN = 15  # short slots are placed in blocks of a quarter of an hour first
NOTHING_KNOWN = -float("inf")


@dataclass(slots=True)
class Solution:
    """Rows of 0 and 1, what the battery and the grid do, and how cheap it could be."""

    rows: list[Row]
    got: list[int]
    battery: list[float]
    grid: list[float]
    soc: list[float]
    cost: float
    bound: float = 0.0


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be planned, and what weighs on it.

    `before`: the rows of the plan that is in force; it is kept unless another is worth `keep_cost` per changed load.
    `shares`: the charge that the battery must have first, for each load (0 to 1).
    """

    house: House
    rows: Sequence[Row]
    tasks: Sequence[Task]
    start_cost: float
    slot_min: int
    keep_cost: float = 0.0
    before: Sequence[Sequence[int]] | None = None
    shares: Sequence[float] | None = None

    @property
    def step(self) -> int:
        """How many slots are placed together at first."""
        return max(1, ROUGH_MIN // self.slot_min)

    @property
    def needs(self) -> list[Task]:
        """Return what must have its energy."""
        return [task for task in self.tasks if task.need]

    def board(self, rows: Sequence[Row]) -> Board:
        """Return these rows on the house, for the needs."""
        return Board(meter_for(self.house, rows), copied(rows), self.needs, self.start_cost, self.step)

    def kept(self) -> Board | None:
        """Return the needs as the plan in force has them, as far as that still fits."""
        if self.before is None:
            return None
        return resumed(self, self.before)

    def finish(self, board: Board, least: float = NOTHING_KNOWN) -> Solution:
        """Give what is left over to the loads that live on it. `least`: what the needs cost in any plan."""
        spread(board, [task for task in self.tasks if not task.need], self.shares, self.before)
        return finished(board, self.tasks, least)


def solve(job: Job) -> Solution:
    """Return the cheapest plan found, but the one in force while that is hardly dearer."""
    (board, least), kept = fresh(job), job.kept()
    if kept is not None and kept.unmet <= board.unmet + 1e-9:
        dearest = board.total + job.keep_cost * moved(kept.rows, board.rows)
        if kept.total <= dearest:
            same = all(kept.got(task) == board.got(task) for task in job.needs)
            board, least = kept, least if same else NOTHING_KNOWN
    return job.finish(board, least)


def moved(rows: Sequence[Row], other: Sequence[Row]) -> int:
    """Return how many loads are at other times."""
    return sum(a.on != b.on for a, b in zip(rows, other))


def meter_for(house: House, rows: Sequence[Row]) -> Following | Steered:
    """Return the house with what already runs in it."""
    meter = Steered(house) if house.battery.commanded and house.battery.capacity > 0 else Following(house)
    changes: dict[int, float] = {}
    for row in rows:
        for t, on in enumerate(row.on):
            if on:
                changes[t] = changes.get(t, 0.0) + row.kwh
    if changes:
        meter.add(changes)
    return meter


def copied(rows: Sequence[Row]) -> list[Row]:
    """Return the rows once more, to be changed."""
    return [replace(row, on=row.on[:]) for row in rows]


def fresh(job: Job) -> tuple[Board, float]:
    """Return the needs placed without looking back, and what they cost in any plan, as far as it was found out."""
    house, board = job.house, job.board(job.rows)
    board.place_all()
    for order in _orders(job) if board.unmet > 1e-9 else ():  # not all fit
        other = job.board(job.rows)
        other.place_all(order)
        if other.unmet < board.unmet - 1e-9:
            board = other
    fit(board, house)
    least, got = _least(job, board, board.meter.prices(), ENOUGH_ROUNDS)[0], _got(job, board)
    enough = job.start_cost if board.extra_starts else ENOUGH_KWH * mean_price(house)
    if not board.unmet and _to_gain(board, least) <= enough:
        return board, least
    if house.battery.capacity > 0 and not house.battery.commanded and max(house.buy) > min(house.buy):
        if board.unmet or board.meter.cost - least > NEAR * mean_price(house):
            return _together(job, board)
        descend(board, WORK)  # nothing is left to be saved but switch-ons
    elif house.battery.commanded and house.battery.capacity > 0:
        return _priced(job, board)
    else:
        board.improve(ROUNDS, WORK)
    return board, least if got == _got(job, board) else NOTHING_KNOWN


def mean_price(house: House) -> float:
    """Return what a kWh costs or brings on the mean, without its sign."""
    return sum(map(abs, house.buy)) / house.count


def _got(job: Job, board: Board) -> list[int]:
    return [board.got(task) for task in job.needs]


def _least(job: Job, board: Board, prices: Sequence[float], rounds: int) -> tuple[float, list[float]]:
    """Return what no plan costs less than that gives each need as much, and the prices that say so."""
    return dearest(job.house, wishes(job.rows, job.needs, _got(job, board)), board.meter.cost, prices, rounds)


def _to_gain(board: Board, least: float) -> float:
    """Return what could be saved at most, with all switch-ons but each load's first."""
    return board.meter.cost - least + board.start_cost * board.extra_starts


def _priced(job: Job, alone: Board) -> tuple[Board, float]:
    """Move pieces beside a commanded battery; once more from where the bound's prices put the needs."""
    house = job.house
    work = min(WORK / 2, STEERED_WORK * house.count)
    descend(alone, work)
    got = _got(job, alone)
    least, prices = _least(job, alone, alone.meter.prices(), BOUND_ROUNDS)
    if alone.meter.cost - least <= NEAR * mean_price(house):  # nothing is left to be saved but switch-ons
        return alone, least
    flat = replace(house, battery=NO_BATTERY, buy=tuple(prices), sell=tuple(prices), stored_value=0.0)
    bare = replace(job, house=flat).board(job.rows)
    bare.place_all()
    other = job.board(bare.rows)
    descend(other, work)
    best = min(alone, other, key=lambda board: board.total)
    return best, least if got == _got(job, best) else NOTHING_KNOWN


def _orders(job: Job) -> Iterator[list[Task]]:
    """Yield other orders for the needs: the most pressed first, by deadline, the strongest, the longest runs."""
    yield sorted(job.needs, key=lambda task: task.last - task.first - task.count)
    yield sorted(job.needs, key=lambda task: task.last)
    yield sorted(job.needs, key=lambda task: (-task.kwh, task.last))
    yield sorted(job.needs, key=lambda task: (-job.rows[task.load].least_on, task.last))
    if len(job.needs) <= FEW:
        yield from map(list, permutations(job.needs))


def _together(job: Job, alone: Board) -> tuple[Board, float]:
    """Place the needs all at once, and move pieces; once more from another beginning where that may be worth it."""
    outcomes, pay = begun(job.house, job.rows, job.needs, job.step)
    best = job.board(job.rows)
    short = job.step > 1 and job.house.limit == NONE and _counted(best, job.house, pay)
    starts = [alone, best] if short else [alone]
    for outcome in () if short else outcomes:
        starts.append(job.board(job.rows))
        placed(starts[-1], outcome)
    best = starts[min(1, len(starts) - 1)]  # the nearest to what is wanted
    descend(best, SHORT_WORK if short else WORK)
    got = _got(job, best)
    least = best_cost(job.house, job.rows, job.needs, got, pay)
    wanted_kwh = sum(task.count * task.kwh for task in job.needs)
    worth = AGAIN * wanted_kwh * mean_price(job.house)
    others = [board for board in starts if board is not best]
    if others and not short and best.meter.cost - least > worth and best.meter.work < WORK / 2:
        descend(min(others, key=lambda board: board.total), WORK / 2)
    if alone.unmet < best.unmet - 1e-9:
        descend(alone, WORK)
    best = min([best, *others], key=lambda board: board.total)
    return best, least if got == _got(job, best) else NOTHING_KNOWN


def _counted(board: Board, house: House, pay: Sequence[float]) -> bool:
    from solarctl.control.plan_count import counted  # for short slots only

    return counted(board, house, pay)


def resumed(job: Job, before: Sequence[Sequence[int]]) -> Board:
    """Return the needs placed as they were before, as far as that still fits."""
    mine = copied(job.rows)
    for index, row in enumerate(mine):
        was = row.on[:]
        for task in (task for task in job.needs if task.load == index):
            left = task.count - sum(row.on[task.first : task.last])
            for t in range(max(task.first, row.bound_off), min(task.last, len(before[index]))):
                if left > 0 and before[index][t] and not row.on[t]:
                    row.on[t] = 1
                    left -= 1
        if not row.is_sound():
            row.on = was
    board = job.board(mine)
    board.place_all()
    return board


def finished_rows(house: House, rows: Sequence[Row], tasks: Sequence[Task]) -> Solution:
    """Return rows from elsewhere (the seed's, a solver's) as a solution."""
    return _solution(meter_for(house, rows), list(rows), tasks)


def finished(board: Board, tasks: Sequence[Task], least: float = NOTHING_KNOWN) -> Solution:
    """Return the board as a solution, with its bound; `least`: no plan costs less, as far as is known."""
    meter = board.meter
    assert isinstance(meter, Following | Steered)
    return _solution(meter, board.rows, tasks, least=least)


def _solution(
    meter: Following | Steered, rows: list[Row], tasks: Sequence[Task], least: float = NOTHING_KNOWN
) -> Solution:
    got = [sum(rows[task.load].on[task.first : task.last]) for task in tasks]
    house = meter.house
    paid = sum(kwh * (buy if kwh > 0 else sell) for kwh, buy, sell in zip(meter.grid, house.buy, house.sell))
    cost = paid - house.stored_value * meter.soc[-1]  # without what a house beyond its limit is frightened with
    if not isinstance(meter, Following) or not house.battery.capacity:
        least += _spare_cost(house, tasks, got)
    if least < cost - NEAR * mean_price(house):
        rounds = BOUND_ROUNDS if least == NOTHING_KNOWN else ENOUGH_ROUNDS
        least = max(least, lower_bound(house, wishes(rows, tasks, got), cost, meter.prices(), rounds))
    return Solution(rows, got, meter.battery(), list(meter.grid), list(meter.soc), cost, min(least, cost))


def _spare_cost(house: House, tasks: Sequence[Task], got: Sequence[int]) -> float:
    """Return what loads that live on surplus cost at least, where no battery follows: what they draw is not sold."""
    cheapest = list(map(min, house.buy, house.sell))
    return sum(
        task.kwh * count * min(cheapest[task.first : task.last])
        for task, count in zip(tasks, got)
        if count and not task.need
    )
