"""HiGHS from several beginnings at the same time: a search that is given a plan looks elsewhere than one that is not.

Stopped by a clock, either may have found more. So both run at the same time (`together`), and whoever waits gets what
each of them found: where a core is free for it, a plan polished so is never behind a HiGHS that began with nothing. As
soon as one has proved the programme that they share, all end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

GAP = 1e-5  # money: what is closer to the optimum is good enough

Name = tuple[Any, ...]
Values = dict[Name, float]
Together = Callable[[Sequence[Callable[[], None]]], None]  # does all of it at once, or at least the first


class Programme(Protocol):
    """Columns and rows: bounds, and each row's columns and factors."""

    names: dict[Name, int]
    cost: list[float]
    low: list[float]
    high: list[float]
    whole: list[bool]
    rows: list[tuple[float, float, list[int], list[float]]]
    bound: float


class Search:
    """A programme and where to begin; `start` None: with nothing."""

    def __init__(self, programme: Programme, start: Mapping[Name, float] | None) -> None:
        self.programme, self.start = programme, start
        self.found: Values | None = None
        self.proved = False

    def prepare(self, seconds: float) -> None:
        """Hand the programme to a solver of its own."""
        highspy: Any = import_module("highspy")
        one = self.programme
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(one.cost), len(one.rows)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = one.cost, one.low, one.high
        lp.row_lower_, lp.row_upper_ = [row[0] for row in one.rows], [row[1] for row in one.rows]
        starts, index, value = [0], [], []
        for _low, _high, columns, factors in one.rows:
            index += columns
            value += factors
            starts.append(len(index))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, index, value
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in one.whole]
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        self.solver.setOptionValue("time_limit", float(seconds))
        self.solver.setOptionValue("mip_abs_gap", GAP)
        self.solver.setOptionValue("mip_rel_gap", 0.0)
        self.solver.passModel(lp)
        if self.start is not None:
            known = highspy.HighsSolution()
            known.col_value = [self.start.get(name, 0.0) for name in one.names]
            self.solver.setSolution(known)
        self.optimal = highspy.HighsModelStatus.kOptimal

    def run(self) -> None:
        """Search until the time is over, or somebody says so."""
        self.solver.run()
        self.programme.bound = self.solver.getInfo().mip_dual_bound
        self.proved = self.solver.getModelStatus() == self.optimal
        if self.solver.getInfo().primal_solution_status == 2:  # a feasible point
            values = self.solver.getSolution().col_value
            self.found = {name: values[place] for name, place in self.programme.names.items()}


def solved(programme: Programme, seconds: float, start: Mapping[Name, float] | None) -> Values | None:
    """Return the best values found in time, None when there are none."""
    search = Search(programme, start)
    search.prepare(seconds)
    search.run()
    return search.found


def raced(searches: Sequence[Search], seconds: float, together: Together | None) -> list[Values]:
    """Return what searches of the same house found in time; only the first is run when there is no way to run more."""
    over: list[bool] = []

    def task(search: Search) -> Callable[[], None]:
        def run() -> None:
            search.run()
            if search.proved and search.programme is searches[0].programme:
                over.append(True)

        return run

    def ask(event: Any) -> None:
        if over:
            event.interrupt()

    running = searches if together is not None else searches[:1]
    for search in running:
        search.prepare(seconds)
        if together is not None:
            search.solver.cbMipInterrupt += ask
    tasks = [task(search) for search in running]
    if together is not None:
        together(tasks)
    else:
        tasks[0]()
    return [search.found for search in running if search.found is not None]
