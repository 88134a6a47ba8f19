"""homewizard_project's algorithm as it is described: data frames, and one scalar operation after the other.

    pip install pandas        # for this benchmark only
    python -m benchmarks.planning.seed_pandas [--slot 15] [--devices 2,4,8,16] [--repetitions 1]

`control/plan_seed.py` is the same rule in plain Python; both must come to the same plan, which is checked here. What
is measured is CPU, ours and the seed's in turn on the same days; our time holds the bound, the check and the
sentences of the plan. The original took 1.2 to 1.4 s for each need that reaches its second step (96 slots).
"""

from __future__ import annotations

import argparse
import math
import statistics
import time as clock
from collections.abc import Sequence

import pandas as pd

from benchmarks.planning.days import SEASONS, Day, day
from benchmarks.planning.play import NOW, prepared, settings_of
from solarctl.control.plan import Memory, decide
from solarctl.control.plan_seed import SeedLoad, seed_rows

Battery = tuple[float, float, float]  # capacity and charge in kWh, greatest power in W
TIMES = 3  # our planner is quick: the median of so many


def scheduled(
    free_w: Sequence[float], hours: float, loads: Sequence[SeedLoad], battery: Battery | None
) -> pd.DataFrame:
    """Return the schedule: a column for each load, what is left, and what the battery does with it."""
    index = pd.date_range("2026-06-10 06:00", periods=len(free_w), freq=pd.Timedelta(hours=hours))
    table = pd.DataFrame({"available": list(free_w)}, index=index)
    for place in range(len(loads)):
        table[place] = False
    for place, load in enumerate(loads):
        energy = load.power_w / 1000 * hours
        wanted = max(0, math.ceil((load.left_kwh - 0.1 * energy) / energy))
        wanted -= sunny(table, place, load.power_w, wanted)
        if not load.need:
            continue
        if wanted > 0 and battery is not None:
            wanted -= with_battery(table, place, load.power_w, hours, battery)
        if wanted > 0:
            strongest = table["available"].nlargest(wanted).index
            table.loc[strongest, place] = True
            table.loc[strongest, "available"] -= load.power_w
    for place, load in enumerate(loads):
        sunny(table, place, load.power_w, len(table))
    if battery is not None:
        left_to_the_battery(table, hours, battery)
    return table


def sunny(table: pd.DataFrame, place: int, power_w: float, wanted: int) -> int:
    """Step 1: the first slots that the sun alone covers."""
    taken = table.index[table["available"] >= power_w][: max(0, wanted)]
    table.loc[taken, place] = True
    table.loc[taken, "available"] -= power_w
    return len(taken)


def with_battery(table: pd.DataFrame, place: int, power_w: float, hours: float, battery: Battery) -> int:
    """Step 2: for every slot until which the battery only charges, a scenario; the one with most slots is kept."""
    best, best_key = None, None
    for stop in table.index:
        scenario = scenario_from(table, place, power_w, hours, battery, stop)
        on = scenario.index[scenario["on"]]
        if len(on):
            key = (-len(on), on[-1] - on[0], stop)
            if best_key is None or key < best_key:
                best, best_key = scenario, key
    if best is None:
        return 0
    table["available"] = best["available"]
    table[place] |= best["on"]
    return int(best["on"].sum())


def scenario_from(
    table: pd.DataFrame, place: int, power_w: float, hours: float, battery: Battery, stop: pd.Timestamp
) -> pd.DataFrame:
    """Return what a load and the battery do when it charges until `stop` and then helps."""
    capacity, charge, most = battery
    scenario = pd.DataFrame({"available": table["available"], "on": False, "energy": 0.0}, index=table.index)
    for t in scenario.index:
        free = scenario.at[t, "available"]
        missing = power_w - free
        if t > stop and not table.at[t, place] and missing * hours / 1000 <= charge and missing <= most:
            charge -= max(0.0, missing) * hours / 1000
            scenario.loc[t, "on"] = True
            scenario.loc[t, "available"] = 0.0
        elif free >= 0:
            taken = min(free, most, (capacity - charge) * 1000 / hours)
            charge += taken * hours / 1000
            scenario.loc[t, "available"] = free - taken
        elif t > stop:
            given = min(-free, most, charge * 1000 / hours)
            charge -= given * hours / 1000
            scenario.loc[t, "available"] = free + given
        scenario.loc[t, "energy"] = charge
    return scenario


def left_to_the_battery(table: pd.DataFrame, hours: float, battery: Battery) -> None:
    """Last: the battery takes what is left and covers what is missing, clipped after the sum is drawn."""
    capacity, charge, most = battery
    power = table["available"].clip(-most, most)
    stored = (charge + (power * hours / 1000).cumsum()).clip(0.0, capacity)
    table["battery"] = stored.diff().fillna(stored.iloc[0] - charge) * 1000 / hours


def inputs_of(one: Day) -> tuple[list[float], float, list[SeedLoad], Battery | None]:
    house, to_do, _seen = prepared(one, settings_of(one))
    hours = one.slot_min / 60
    left = {task.load: task.wanted_kwh for task in reversed(to_do.tasks)}
    loads = [SeedLoad(load.power_w, left.get(i, 0.0), load.daily_need) for i, load in enumerate(to_do.loads)]
    storage = house.battery
    battery = (storage.capacity, storage.start, storage.power * 1000 / hours) if storage.capacity else None
    return [-net * 1000 / hours for net in house.net], hours, loads, battery


def seconds_of_seed(one: Day) -> tuple[float, int]:
    """Return the seed's CPU, and how many needs reached its second step."""
    given = inputs_of(one)
    before = clock.process_time()
    table = scheduled(*given)
    spent = clock.process_time() - before
    plain = seed_rows(*given, soak=True)
    assert [[int(on) for on in table[place]] for place in range(len(plain))] == plain, one.name
    free, hours, loads, _battery = given
    left = list(free)
    reached = 0
    for load in (load for load in loads if load.need):
        taken = [t for t, watts in enumerate(left) if watts >= load.power_w][
            : math.ceil(load.left_kwh / load.power_w / hours * 1000)
        ]
        reached += len(taken) < math.ceil((load.left_kwh / (load.power_w / 1000 * hours)) - 0.1)
        for t in taken:
            left[t] -= load.power_w
    return spent, reached


def seconds_of_ours(one: Day, *, commanded: bool = False) -> float:
    rules = settings_of(one, commanded=commanded)
    _house, _to_do, seen = prepared(one, rules)
    spent = []
    for _ in range(TIMES):
        before = clock.process_time()
        decide(seen, rules, Memory(), NOW)
        spent.append(clock.process_time() - before)
    return statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slot", type=int, default=15, choices=(60, 15, 5))
    parser.add_argument("--devices", default="2,4,8,16")
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first repetition (0 to 2 are what was tuned on)")
    options = parser.parse_args()
    seconds_of_seed(day("summer", 0, 2, 60, dynamic=False, battery=True))  # pandas warms up
    print("| devices, tariff, battery | seed, s | ours, s | quicker | worst day | days below 25 |")
    print("|---|---|---|---|---|---|")
    for count in map(int, options.devices.split(",")):
        for dynamic, commanded in ((False, False), (True, False), (True, True)):
            given = count, options.slot, options.first, options.repetitions
            print(row(*given, dynamic=dynamic, commanded=commanded), flush=True)


def row(count: int, slot: int, first: int, repetitions: int, *, dynamic: bool, commanded: bool) -> str:
    ratios: dict[str, float] = {}
    seed = ours = 0.0
    notes = {}
    for season in SEASONS:
        for repetition in range(first, first + repetitions):
            one = day(season, repetition, count, slot, dynamic=dynamic, battery=True)
            mine, (theirs, reached) = seconds_of_ours(one, commanded=commanded), seconds_of_seed(one)
            seed, ours = seed + theirs, ours + mine
            name = f"{season} {repetition}"
            ratios[name], notes[name] = theirs / mine, f"{name}: {theirs:.3f} / {mine:.3f} s, {reached} needs in step 2"
    worst = min(ratios, key=ratios.__getitem__)
    few = [name for name, ratio in ratios.items() if ratio < 25]
    label = f"{count}, {'dynamic' if dynamic else 'flat'}, {'commanded' if commanded else 'follows'}"
    return (
        f"| {label} | {seed / len(ratios):.2f} | {ours / len(ratios):.3f} | {seed / ours:.0f} × | "
        f"{ratios[worst]:.1f} × ({notes[worst]}) | {len(few)} of {len(ratios)} |"
    )


if __name__ == "__main__":
    main()
