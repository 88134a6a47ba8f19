"""Two days in slots of five minutes with 16 devices: too long for HiGHS, so what our plan could still gain is searched.

    python -m benchmarks.planning.long [--seasons showers,overcast] [--flat] [--highs 300]

"search": the needs placed from every beginning that the planner knows, each moved in pieces with five times as many
places looked at, in steps of one slot as well, for as long as it takes (minutes). "at least": what the plan itself
proves; the bound knows nothing of shortest runs and pauses, so it is low. `--highs`: so many seconds, from our plan.
"""

from __future__ import annotations

import argparse
import time as clock
from dataclasses import replace

from benchmarks.planning.days import SEASONS, day
from benchmarks.planning.play import NOW, nothing, ours, prepared, settings_of
from solarctl.control import plan_moves
from solarctl.control.plan import Memory, decide
from solarctl.control.plan_deal import placed
from solarctl.control.plan_dual import begun
from solarctl.control.plan_solve import Job, fresh
from solarctl.control.plan_words import mean


def searched(job: Job) -> float:
    """Return the least that a long search finds, for the needs alone."""
    wide = {"LOOKED_AT": 40, "PAIRS": 10, "UNLIKELY": 3.0, "REACH": 40}
    usual = {name: getattr(plan_moves, name) for name in wide}
    boards = [fresh(job)[0]]
    for outcome in begun(job.house, job.rows, job.needs, job.step)[0]:
        boards.append(job.board(job.rows))
        placed(boards[-1], outcome)
    for name, number in wide.items():
        setattr(plan_moves, name, number)
    try:
        for board in boards:
            plan_moves.descend(board, 1e12)
            board.step = 1
            plan_moves.descend(board, 1e12)
    finally:
        for name, number in usual.items():
            setattr(plan_moves, name, number)
    return min(board.total for board in boards)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seasons", default=",".join(SEASONS))
    parser.add_argument("--flat", action="store_true", help="one price")
    parser.add_argument("--highs", type=float, default=0.0, help="seconds; 0: not asked")
    options = parser.parse_args()
    print("| day | CPU, s | saved | of what the search saves | at least | HiGHS from there |")
    print("|---|---|---|---|---|---|")
    for season in options.seasons.split(","):
        print(row(season, dynamic=not options.flat, seconds=options.highs), flush=True)


def row(season: str, *, dynamic: bool, seconds: float) -> str:
    one = day(season, 0, 16, 5, dynamic=dynamic, battery=True, hours=48)
    rules = settings_of(one)
    house, to_do, seen = prepared(one, rules)
    price = rules.start_cost_kwh * mean(house.buy)
    job = Job(house, to_do.rows, to_do.tasks, price, rules.slot_min)
    before = clock.process_time()
    plan = decide(seen, rules, Memory(), NOW)[1]
    cpu_s = clock.process_time() - before
    zero, mine = nothing(one).total, ours(one).total
    gained = fresh(job)[0].total - searched(replace(job))
    cells = [f"{season}, {'dynamic' if dynamic else 'flat'}", f"{cpu_s:.2f}", f"{zero - mine:.2f}"]
    cells.append(f"{100 * (zero - mine) / (zero - mine + gained):.1f} %")
    cells.append(f"{100 * (zero - mine) / (zero - mine + plan.bound.gap):.1f} %")
    if seconds:
        from solarctl.control.plan_highs import polisher

        cells.append(f"{100 * (zero - mine) / (zero - ours(one, polish=polisher(seconds)).total):.1f} %")
    else:
        cells.append("–")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
