"""How fast a year passes in `simulate`, on one core and on all, and what the shipped config makes of it.

    python -m benchmarks.simulate.run            a year of config.toml.example, house by house
    python -m benchmarks.simulate.run --days 60  a shorter one

Times are CPU seconds of the process that lived the life, so that a busy machine does not count against it.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date
from pathlib import Path

from solarctl.config import Config
from solarctl.simulation.compare import OURS, run, tasks_of
from solarctl.simulation.installations import installations
from solarctl.simulation.results import gathered
from solarctl.simulation.spread import cores, spread
from solarctl.simulation.timetable import recommended

EXAMPLE = Path(__file__).parents[2] / "config.toml.example"


def main() -> None:
    """Print one table of times and one of money."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, default=EXAMPLE)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--jobs", type=int, default=cores())
    wanted = parser.parse_args()
    config = Config.load(wanted.config)
    period = {"first": date(2026, 1, 1), "days": wanted.days, "seed": 0, "holidays": frozenset(), "recorded": None}
    tasks = tasks_of(config, schedule=recommended(config), **period)

    began = time.perf_counter()
    lives = [life for _, life in spread(run, tasks, jobs=wanted.jobs)]
    wall_s = time.perf_counter() - began
    memory_mb = (
        max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    )

    print("house                                     CPU s/year  minutes/s")
    houses = [one.name for one in installations(config)]
    for life in lives:
        if life.task.who == OURS:
            name, per_year = houses[life.task.installation], life.took_s * 365 / wanted.days
            print(f"{name:42}{per_year:10.1f}{life.minutes / life.took_s:11.0f}")
    used_s = sum(life.took_s for life in lives)
    print(f"{len(lives)} lives: {used_s:.0f} s of CPU in {wall_s:.0f} s, {wanted.jobs} processes of {memory_mb:.0f} MB")
    print()
    print("house                                     solarctl  alone  original  foresight  share")
    for one in gathered(str(wanted.config), "USD", houses, lives):
        costs = [one.ours.cost, one.lives["nothing"].cost, one.lives["seeds"].cost, one.possible]
        share = "–" if one.share is None else f"{100 * one.share:.0f} %"
        print(f"{one.house:40}" + "".join(f"{cost:10.2f}" for cost in costs) + f"  {share}")


if __name__ == "__main__":
    main()
