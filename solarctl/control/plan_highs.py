"""HiGHS, where it is installed (`[solver]`): a mixed integer programme that starts from the plan there is.

Loads are binaries; a battery that is commanded is linear; one that follows the meter needs binaries as well: it may
leave something to the grid only at its greatest power, or when it is empty (full).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from solarctl.control.plan_house import House
from solarctl.control.plan_moves import descend
from solarctl.control.plan_place import Board, Row, Task
from solarctl.control.plan_race import GAP, Search, Together, Values, raced, solved
from solarctl.control.plan_solve import ROUNDS, WORK, Job, Solution, copied, finished, moved
from solarctl.value import replace

if TYPE_CHECKING:
    from solarctl.control.plan import Polish

LACKING = 100.0  # times the dearest price: what a kWh costs that a need goes without
SPARE_WORTH = 0.01  # of the mean price, per kWh: what spare loads lose weighs so much, beside what they would earn sold
INFINITY = 1e30


class Model:
    """Columns and rows, gathered; names are (letter, index…)."""

    def __init__(self) -> None:
        self.names: dict[tuple[Any, ...], int] = {}
        self.cost: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[float, float, list[int], list[float]]] = []
        self.bound = -INFINITY

    def column(
        self, *name: Any, cost: float = 0.0, low: float = 0.0, high: float = INFINITY, whole: bool = False
    ) -> None:
        self.names[name] = len(self.cost)
        self.cost.append(cost)
        self.low.append(low)
        self.high.append(high)
        self.whole.append(whole)

    def row(self, low: float, high: float, *terms: tuple[float, tuple[Any, ...]]) -> None:
        self.rows.append(
            (low, high, [self.names[name] for _factor, name in terms], [factor for factor, _name in terms])
        )

    def solve(self, seconds: float, start: Mapping[tuple[Any, ...], float] | None) -> Values | None:
        """Return the best values found in time, None when there are none."""
        return solved(self, seconds, start)


def model_of(
    house: House, rows: Sequence[Row], tasks: Sequence[Task], start_cost: float, targets: Sequence[int], worth: float
) -> Model:
    """Return the programme. `worth`: of a kWh for what lives on surplus.

    `targets`: slots that each need gets; where they are less than it wants, that all of them together lack least.
    """
    model = Model()
    windows: dict[int, set[int]] = {}
    for task in tasks:
        windows.setdefault(task.load, set()).update(range(task.first, task.last))
    spare = {task.load for task in tasks if not task.need} - {task.load for task in tasks if task.need}
    for load, row in enumerate(rows):
        inside = windows.get(load, set())
        reward = {t: (worth + house.sell[t]) * row.kwh for t in inside} if load in spare else {}
        for t in range(house.count):
            may = (t in inside and t >= row.bound_off) or t < row.bound_on
            low = 1.0 if t < row.bound_on else 0.0
            model.column("x", load, t, cost=-reward.get(t, 0.0), low=low, high=float(may), whole=True)
            model.column("s", load, t, cost=start_cost, high=1.0)
        _relay(model, load, row, house.count)
    dear = LACKING * max(1e-3, *map(abs, house.buy), *map(abs, house.sell))
    short = any(task.need and target < task.count for task, target in zip(tasks, targets))
    for index, (task, target) in enumerate(zip(tasks, targets)):
        terms: list[tuple[float, tuple[Any, ...]]] = [(1.0, ("x", task.load, t)) for t in range(task.first, task.last)]
        least_run = rows[task.load].least_on
        if task.need and short:
            model.column("m", index, cost=dear * task.kwh, high=float(task.count))
            model.row(task.count, INFINITY, *terms, (1.0, ("m", index)))
            model.row(-INFINITY, max(target, task.count, least_run), *terms)
        else:
            model.row(target if task.need else 0, max(target, task.count, least_run if task.need else 0), *terms)
    _power(model, house, rows, windows, spare)
    return model


def _relay(model: Model, load: int, row: Row, count: int) -> None:
    for t in range(count):
        here: list[tuple[float, tuple[Any, ...]]] = [(1.0, ("x", load, t)), (-1.0, ("s", load, t))]
        if t:
            model.row(-INFINITY, 0.0, *here, (-1.0, ("x", load, t - 1)))
        else:
            model.row(-INFINITY, float(row.was_on), *here)
        if row.least_on > 1:
            ahead = [(1.0, ("x", load, u)) for u in range(t, min(count, t + row.least_on))]
            model.row(0.0, INFINITY, *ahead, (-float(row.least_on), ("s", load, t)))
        for pause in range(1, row.least_off):
            if t + pause < count:
                stop = [(-1.0, ("x", load, t)), (1.0, ("x", load, t + pause))]
                if t:
                    model.row(-INFINITY, 1.0, (1.0, ("x", load, t - 1)), *stop)
                elif row.was_on:
                    model.row(-INFINITY, 0.0, *stop)


def _power(
    model: Model, house: House, rows: Sequence[Row], windows: Mapping[int, set[int]], spare: Iterable[int]
) -> None:
    storage = house.battery
    follows = storage.capacity > 0 and not storage.commanded
    power, capacity = storage.power, storage.capacity
    model.column("e", 0, low=storage.start, high=storage.start)
    for t in range(house.count):
        loads = [(row.kwh, ("x", load, t)) for load, row in enumerate(rows)]
        most = house.net[t] + sum(
            row.kwh for load, row in enumerate(rows) if t in windows.get(load, set()) or t < row.bound_on
        )
        deficit, surplus = max(0.0, most), max(0.0, -house.net[t])
        wire = min(house.limit, max(deficit + power, 0.0))
        model.column("imp", t, cost=house.buy[t], high=max(wire, house.net[t]))
        model.column("exp", t, cost=-house.sell[t], high=surplus + power)
        model.column("a", t, high=deficit)
        model.column("b", t, high=surplus)
        model.column("u", t, low=float(surplus <= 0), high=float(deficit > 0), whole=True)
        model.column("c", t, high=power)
        model.column("d", t, high=power)
        last = t == house.count - 1
        model.column("e", t + 1, cost=-house.stored_value if last else 0.0, high=capacity)
        model.row(house.net[t], house.net[t], (1.0, ("a", t)), (-1.0, ("b", t)), *((-k, name) for k, name in loads))
        model.row(-INFINITY, 0.0, (1.0, ("a", t)), (-deficit, ("u", t)))
        model.row(-INFINITY, surplus, (1.0, ("b", t)), (surplus, ("u", t)))
        for load in spare:
            model.row(-INFINITY, 1.0, (1.0, ("x", load, t)), (1.0, ("u", t)))
        balance = [(1.0, ("imp", t)), (-1.0, ("exp", t)), (-1.0, ("a", t)), (1.0, ("b", t))]
        model.row(0.0, 0.0, *balance, (1.0, ("d", t)), (-1.0, ("c", t)))
        charge = [(1.0, ("e", t + 1)), (-1.0, ("e", t)), (-storage.efficiency, ("c", t)), (1.0, ("d", t))]
        model.row(0.0, 0.0, *charge)
        if follows:
            _follow(model, t, deficit, surplus, power, capacity)


def _follow(model: Model, t: int, deficit: float, surplus: float, power: float, capacity: float) -> None:
    model.row(-INFINITY, 0.0, (1.0, ("d", t)), (-1.0, ("a", t)))
    model.row(-INFINITY, 0.0, (1.0, ("c", t)), (-1.0, ("b", t)))
    for name in ("strong", "empty", "strong2", "full"):
        model.column(name, t, high=1.0, whole=True)
    model.row(-INFINITY, 0.0, (1.0, ("imp", t)), (-deficit, ("strong", t)), (-deficit, ("empty", t)))
    model.row(0.0, INFINITY, (1.0, ("d", t)), (-power, ("strong", t)))
    model.row(-INFINITY, capacity, (1.0, ("e", t + 1)), (capacity, ("empty", t)))
    model.row(-INFINITY, 0.0, (1.0, ("exp", t)), (-surplus, ("strong2", t)), (-surplus, ("full", t)))
    model.row(0.0, INFINITY, (1.0, ("c", t)), (-power, ("strong2", t)))
    model.row(0.0, INFINITY, (1.0, ("e", t + 1)), (-capacity, ("full", t)))


def values_of(house: House, rows: Sequence[Row], solution: Solution) -> dict[tuple[Any, ...], float]:
    """Return a solution as the programme's values, for it to start from."""
    storage = house.battery
    found: dict[tuple[Any, ...], float] = {("e", 0): storage.start}
    for load, row in enumerate(solution.rows):
        before = int(rows[load].was_on)
        for t, on in enumerate(row.on):
            found["x", load, t] = float(on)
            found["s", load, t] = float(on and not before)
            before = on
    for t, (given, grid) in enumerate(zip(solution.battery, solution.grid)):
        need = given + grid
        found["imp", t], found["exp", t] = max(0.0, grid), max(0.0, -grid)
        found["a", t], found["b", t] = max(0.0, need), max(0.0, -need)
        found["u", t] = float(need > 0)
        found["d", t], found["c", t] = max(0.0, given), max(0.0, -given)
        found["e", t + 1] = solution.soc[t + 1]
        strong = abs(given) >= storage.power - 1e-9
        found["strong", t], found["empty", t] = float(grid > 0 and strong), float(grid > 0 and not strong)
        found["strong2", t], found["full", t] = float(grid < 0 and strong), float(grid < 0 and not strong)
    return found


def polisher(seconds: float, together: Together | None = None) -> Polish:
    """Return a function that improves a plan for at most so long; what it returns is never worse.

    `together`: does several things at once; then searches that begin with nothing run beside the one from the plan.
    """

    def polish(job: Job, solution: Solution) -> Solution | None:
        needs = job.needs
        alone, kept = job.board(_needs_only(job, solution)), job.kept()
        if not needs or (solution.cost - solution.bound < GAP and not alone.unmet and not alone.extra_starts):
            return None  # nothing to gain

        def weighed(one: Board) -> float:
            return one.total + (job.keep_cost * moved(kept.rows, one.rows) if kept is not None else 0.0)

        tidied = job.board(alone.rows)
        tidied.improve(ROUNDS, WORK)
        descend(tidied, WORK)
        best = min(alone, tidied, key=weighed)
        house, storage = job.house, job.house.battery
        if storage.capacity and max(house.buy) == min(house.buy):  # then a battery that is free has hardly more to win,
            house = replace(house, battery=replace(storage, commanded=True))  # and its programme is easier
        targets = [best.got(task) for task in needs]
        model = model_of(house, job.rows, needs, job.start_cost, targets, 0.0)
        start = values_of(job.house, job.rows, finished(best, []))
        lacking = (float(max(0, task.count - got)) for task, got in zip(needs, targets))
        start |= {("m", index): slots for index, slots in enumerate(lacking)}
        if kept is not None:
            start |= _held(model, kept.rows, best.rows, job.keep_cost)
        searches = [Search(model, start), Search(model, None)]
        if storage.capacity and not house.battery.commanded:  # what is best for a free one is good here
            free = replace(house, battery=replace(storage, commanded=True))
            searches.append(Search(model_of(free, job.rows, needs, job.start_cost, targets, 0.0), None))
        for found in raced(searches, seconds, together):
            rows = copied(job.rows)
            for load, row in enumerate(rows):
                row.on = [round(found["x", load, t]) for t in range(house.count)]
            best = min(best, job.board(rows), key=weighed)
        if weighed(best) >= weighed(alone) - 1e-6:
            return None
        board = job.board(best.rows)
        after = job.finish(board)
        if after.got == solution.got:
            after.bound = max(after.bound, min(solution.bound, after.cost))
        worth = SPARE_WORTH * sum(max(0.0, price) for price in job.house.buy) / job.house.count
        lost = sum(
            task.kwh * (was - now) for task, was, now in zip(job.tasks, solution.got, after.got) if not task.need
        )
        return after if weighed(alone) - weighed(job.board(_needs_only(job, after))) > worth * lost else None

    return polish


def _held(model: Model, kept: Sequence[Row], rows: Sequence[Row], keep_cost: float) -> dict[tuple[Any, ...], float]:
    """Let each load that leaves the plan in force cost something; return what that is at the start."""
    start = {}
    for load, row in enumerate(kept):
        model.column("k", load, cost=keep_cost, high=1.0, whole=True)
        start["k", load] = float(row.on != rows[load].on)
        for t, on in enumerate(row.on):
            sign = -1.0 if on else 1.0  # the load differs here: sign * x + on is 1
            model.row(-INFINITY, -float(on), (sign, ("x", load, t)), (-1.0, ("k", load)))
    return start


def _needs_only(job: Job, solution: Solution) -> list[Row]:
    mine = copied(solution.rows)
    needy = {task.load for task in job.needs}
    for load, row in enumerate(mine):
        if load not in needy:
            row.on = job.rows[load].on[:]
    return mine
