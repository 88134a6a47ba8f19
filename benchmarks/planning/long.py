"""Two days in slots of five minutes with 16 devices: too long for HiGHS, so what our plan could still gain is searched.

    python -m benchmarks.planning.long [--seasons showers,overcast] [--flat] [--search] [--highs 300]

"at least": what is proved of the needs, with their switch-ons: no plan is below the bound of `proof.py` (which needs
numpy, and half a minute for a day), of plan_exact.py or of plan_bound.py. "search": the needs placed from every
beginning that the planner knows, each moved in pieces with five times as many places looked at, in steps of one slot as
well, for as long as it takes (minutes). `--highs`: so many seconds, from our plan.
"""

from __future__ import annotations

import argparse
import time as clock
from dataclasses import replace

from benchmarks.planning.days import SEASONS, day
from benchmarks.planning.play import NOW, nothing, ours, prepared, settings_of
from benchmarks.planning.proof import Counted, least_cost
from solarctl.control import plan_moves, plan_piece
from solarctl.control.plan import Memory, decide
from solarctl.control.plan_bound import lower_bound, wishes
from solarctl.control.plan_deal import placed
from solarctl.control.plan_dual import begun
from solarctl.control.plan_exact import best_cost
from solarctl.control.plan_solve import Job, fresh
from solarctl.control.plan_words import mean
from solarctl.side_by_side import side_by_side

PAYS = (0.85, 0.95, 1.0, 1.05)  # of the pay that the planner's own programme ended with
ROUNDS = 150


def searched(job: Job) -> float:
    """Return the least that a long search finds, for the needs alone."""
    wide = {(plan_piece, "LOOKED_AT"): 40, (plan_piece, "UNLIKELY"): 3.0}
    wide |= {(plan_moves, "PAIRS"): 10, (plan_moves, "REACH"): 40}
    usual = {place: getattr(*place) for place in wide}
    boards = [fresh(job)[0]]
    for outcome in begun(job.house, job.rows, job.needs, job.step)[0]:
        boards.append(job.board(job.rows))
        placed(boards[-1], outcome)
    for place, number in wide.items():
        setattr(*place, number)
    try:
        for board in boards:
            plan_moves.descend(board, 1e12)
            board.step = 1
            plan_moves.descend(board, 1e12)
    finally:
        for place, number in usual.items():
            setattr(*place, number)
    return min(board.total for board in boards)


def proved(job: Job) -> float:
    """Return what the needs with their switch-ons can cost too much at most."""
    house, needs = job.house, job.needs
    board, least = fresh(job)
    got = [board.got(task) for task in needs]
    _outcomes, pay = begun(house, job.rows, needs, job.step)
    for part in PAYS:
        least = max(least, best_cost(house, job.rows, needs, got, [part * wage for wage in pay]))
    least = max(least, lower_bound(house, wishes(job.rows, needs, got), board.meter.cost, board.meter.prices(), ROUNDS))
    least += job.start_cost * (sum(row.starts() for row in board.rows) - board.extra_starts)
    counted = Counted(house, job.rows, needs, got, job.start_cost)
    return board.total - max(least, least_cost(counted, dict(enumerate(pay)), board.total))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seasons", default=",".join(SEASONS))
    parser.add_argument("--flat", action="store_true", help="one price")
    parser.add_argument("--search", action="store_true", help="search what could be gained (minutes for each day)")
    parser.add_argument("--highs", type=float, default=0.0, help="seconds; 0: not asked")
    options = parser.parse_args()
    print("| day | CPU, s | saved | at least | of what the search saves | HiGHS from there |")
    print("|---|---|---|---|---|---|")
    for season in options.seasons.split(","):
        print(row(season, dynamic=not options.flat, search=options.search, seconds=options.highs), flush=True)


def row(season: str, *, dynamic: bool, search: bool, seconds: float) -> str:
    one = day(season, 0, 16, 5, dynamic=dynamic, battery=True, hours=48)
    rules = settings_of(one)
    house, to_do, seen = prepared(one, rules)
    price = rules.start_cost_kwh * mean(house.buy)
    job = Job(house, to_do.rows, to_do.tasks, price, rules.slot_min)
    before = clock.process_time()
    decide(seen, rules, Memory(), NOW)
    cpu_s = clock.process_time() - before
    zero, mine = nothing(one).total, ours(one).total
    cells = [f"{season}, {'dynamic' if dynamic else 'flat'}", f"{cpu_s:.2f}", f"{zero - mine:.2f}"]
    cells.append(f"{100 * (zero - mine) / (zero - mine + proved(job)):.1f} %")
    if search:
        gained = fresh(job)[0].total - searched(replace(job))
        cells.append(f"{100 * (zero - mine) / (zero - mine + gained):.1f} %")
    else:
        cells.append("–")
    if seconds:
        from solarctl.control.plan_highs import polisher

        polished = ours(one, polish=polisher(seconds, side_by_side)).total
        cells.append(f"{100 * (zero - mine) / (zero - polished):.1f} %")
    else:
        cells.append("–")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
