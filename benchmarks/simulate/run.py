"""How fast a year passes in `simulate`, on one core and on both, and what the shipped config makes of it.

    python -m benchmarks.simulate.run            all tables, as Markdown; some ten minutes on two quiet cores
    python -m benchmarks.simulate.run --days 60  a shorter one
    python -m benchmarks.simulate.run --only speed | scaling | money

Speed is CPU time of the process that lived the life, so that a busy machine counts less against it; perfect foresight
is not in it. Plans are played for three days of each season, and counted up to a year.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

from solarctl.config import Config
from solarctl.simulation.compare import OURS, Life, Task, run, tasks_of
from solarctl.simulation.installations import installations
from solarctl.simulation.results import gathered
from solarctl.simulation.spread import cores, spread
from solarctl.simulation.timetable import recommended, replanned

HERE = Path(__file__).parent
EXAMPLE, ONE_HOME = HERE.parents[1] / "config.toml.example", HERE / "one_home.toml"
FIRST = date(2026, 1, 1)
SEASONS = (date(2026, 1, 12), date(2026, 4, 13), date(2026, 7, 13), date(2026, 10, 12))
MONEY_REPLAN_MIN = 180  # a plan each hour is as good as one each half hour; this keeps the table within minutes


def tasks(path: Path, days: int, replan_min: int | None, first: date = FIRST, seed: int = 0) -> list[Task]:
    config = Config.load(path)
    schedule = replanned(recommended(config), replan_min)
    return tasks_of(config, first=first, days=days, seed=seed, schedule=schedule, holidays=frozenset(), recorded=None)


def lived(task: Task) -> tuple[float, int]:
    """Return the seconds of CPU that a life took, and its minutes."""
    life = run(replace(task, foresees=False))
    return life.took_s, life.minutes


def alone(some: Sequence[Task]) -> list[tuple[float, int]]:
    """Live one life after the other in a fresh process each, nothing beside them."""
    found = []
    for task in some:
        with ProcessPoolExecutor(max_workers=1) as pool:
            found.append(pool.submit(lived, task).result())
    return found


def ours(some: Sequence[Task]) -> list[Task]:
    return [task for task in some if task.who == OURS]


def row(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def table(*heads: str) -> None:
    print()
    row(*heads)
    row(*["---"] * len(heads))


def speed(days: int) -> None:
    print("\n## Speed (one core)")
    table("house", "schedule", "CPU s a year", "minutes per CPU s")
    total_s = 0.0
    names = [one.name for one in installations(Config.load(EXAMPLE))]
    for task in ours(tasks(EXAMPLE, days, 0)):
        ((took_s, minutes),) = alone([task])
        total_s += took_s * 365 / days
        row(
            f"example: {names[task.installation]}",
            "no planning",
            f"{took_s * 365 / days:.1f}",
            f"{minutes / took_s:.0f}",
        )
    row(
        "**example: all its houses, one after the other**",
        "no planning",
        f"**{total_s:.1f}**",
        f"{525_600 / total_s:.0f}",
    )
    ((took_s, minutes),) = alone(ours(tasks(ONE_HOME, days, 0)))
    row("**one home with all seven rules**", "no planning", f"**{took_s * 365 / days:.1f}**", f"{minutes / took_s:.0f}")
    for name, every in (("a plan each hour", 60), ("as shipped: a plan each half hour", None)):
        days_of_seasons = [task for first in SEASONS for task in ours(tasks(ONE_HOME, 3, every, first))]
        results = alone(days_of_seasons)
        took_s, minutes = sum(one for one, _ in results), sum(one for _, one in results)
        row("one home with all seven rules", name, f"{took_s * 525_600 / minutes:.0f}", f"{minutes / took_s:.0f}")


def scaling(days: int) -> None:
    print("\n## Scaling and memory")
    table("processes", "lives", "wall s", "CPU s", "lives per minute", "speed-up")
    some = [
        replace(task, foresees=False)
        for seed in range(4)
        for task in ours(tasks(ONE_HOME, max(1, days // 9), 0, seed=seed))
    ]
    first_s = 0.0
    for jobs in sorted({1, 2, cores()}):
        began, used = time.perf_counter(), children_s()
        took_s = [life.took_s for _, life in spread(run, some, jobs=jobs)]
        wall_s = time.perf_counter() - began
        first_s = first_s or wall_s
        cpu_s = max(sum(took_s), children_s() - used)
        row(
            jobs,
            len(some),
            f"{wall_s:.1f}",
            f"{cpu_s:.1f}",
            f"{60 * len(some) / wall_s:.1f}",
            f"{first_s / wall_s:.2f}",
        )
    print(f"\nMemory of one process: {memory_mb(days, 'lived'):.0f} MB for a year's life, ", end="")
    print(f"{memory_mb(days, 'run'):.0f} MB with its perfect foresight.", flush=True)


def children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory_mb(days: int, what: str) -> float:
    """Return the peak memory of a process that lives the example's first house, in MB."""
    code = (
        "import resource; from benchmarks.simulate.run import *; "
        f"task = ours(tasks(EXAMPLE, {days}, 0))[0]; {what}(task); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parents[1]
    )
    return int(answer.stdout) / 1024


def money(days: int, jobs: int) -> None:
    print("\n## Money")
    print(f"\nShipped config, {days} days, seed 0; `plan` every {MONEY_REPLAN_MIN} min.")
    config = Config.load(EXAMPLE)
    lives = list(as_ready(tasks(EXAMPLE, days, MONEY_REPLAN_MIN), jobs))
    names = [one.name for one in installations(config)]
    table("house", "with solarctl", "left alone", "the original's rule", "foresight within limits", "without", "share")
    for one in gathered(EXAMPLE.name, "USD", names, lives):
        costs = [one.ours.cost, one.lives["nothing"].cost, one.lives["seeds"].cost, one.possible, one.free]
        row(one.house, *(f"{cost:.2f}" for cost in costs), "–" if one.share is None else f"{100 * one.share:.0f} %")
    table("house", "to the rule", "to forecasts", "to the limits", "worst days")
    for one in gathered(EXAMPLE.name, "USD", names, lives):
        worst = ", ".join(f"{day.day} ({day.regret:.2f})" for day in one.worst_days(3))
        row(one.house, *(f"{one.regret[part]:.2f}" for part in ("rule", "forecast", "device")), worst)


def as_ready(some: Sequence[Task], jobs: int) -> Iterator[Life]:
    """Live all lives, the long ones first; each that is ready is said on stderr."""
    order = sorted(some, key=lambda task: -task.installation)
    for done, (_, life) in enumerate(spread(run, order, jobs=jobs), start=1):
        print(f"\r{done} of {len(order)} lives lived", end="", file=sys.stderr, flush=True)
        yield life
    print(file=sys.stderr)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--jobs", type=int, default=cores())
    parser.add_argument("--only", choices=("speed", "scaling", "money"))
    wanted = parser.parse_args()
    began = time.perf_counter()
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {cores()} cores ({platform.machine()}), load {load:.1f} at the start.")
    if wanted.only in (None, "speed"):
        speed(wanted.days)
    if wanted.only in (None, "scaling"):
        scaling(wanted.days)
    if wanted.only in (None, "money"):
        money(wanted.days, wanted.jobs)
    print(f"\nAll that took {time.perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
