"""A day lived with a wrong forecast: re-planned every half an hour, against a plan that knew the day.

    python -m benchmarks.planning.closed_loop [--devices 4] [--repetitions 2]

The forecast has a wrong level (per day) and knows the clouds only as their mean; the house's own load is known as the
season's mean. Loads run as planned; nobody follows the sun that is really there (that is `apply`'s part, which makes
it better). Savings are against doing nothing; both are played on what really happened, in 15-minute slots.
"""

from __future__ import annotations

import argparse
import random
import statistics
from dataclasses import replace
from datetime import timedelta
from zlib import crc32

from benchmarks.planning.days import SEASONS, Day, day
from benchmarks.planning.play import NOW, nothing, ours, prepared, rows_of, scored, settings_of
from solarctl.control.plan import Foreseen, Memory, decide
from solarctl.control.plan_house import Following
from solarctl.control.plan_words import Booked

EVERY = 2  # slots


def lived(truth: Day) -> float:
    """Return what the day costs when it is planned again and again with what can be known."""
    dice = random.Random(crc32(truth.name.encode()))
    level = min(1.4, max(0.6, dice.gauss(1.0, 0.15)))
    rules = settings_of(truth)
    house, to_do, _seen = prepared(truth, rules)
    count = len(truth.solar_w)
    smooth = [
        sum(truth.solar_w[max(0, t - 4) : t + 5]) / len(truth.solar_w[max(0, t - 4) : t + 5]) for t in range(count)
    ]
    mean_base = sum(truth.base_w) / count
    stored = {one.name: 0.0 for one in truth.devices}
    was: dict[str, bool] = dict.fromkeys(stored, False)
    since = dict.fromkeys(stored, NOW - timedelta(hours=2))
    happened = {load.device: [0] * count for load in to_do.loads}
    meter = Following(house)
    plan = None
    for t in range(count):
        now = NOW + timedelta(minutes=15 * t)
        if t % EVERY == 0:
            fade = [max(0.0, 1 - ahead / 8) for ahead in range(count)]
            guess = [smooth[u] * (level + (1 - level) * fade[u - t]) if u < count else 0.0 for u in range(t, t + count)]
            soc = meter.soc[t] if truth.battery else None
            booked = Booked(NOW.date(), dict(stored), dict(was), dict(since))
            prices = [tuple((row + row)[t : t + count]) for row in (truth.buy, truth.sell)]
            seen = Foreseen(tuple(guess), (mean_base,) * count, *prices, soc, booked, plan)
            plan = decide(seen, rules, Memory(), now)[1]
        for one in truth.devices:
            kwh = one.power_w / 4000
            on = bool(plan.wants(one.name, now)) and stored[one.name] < one.capacity_kwh - 1e-6
            if on != was[one.name]:
                since[one.name], was[one.name] = now, on
            if on:
                happened[one.name][t] = 1
                stored[one.name] += kwh
                meter.add({t: kwh})
    played = rows_of(replace(plan, devices={name: tuple(row) for name, row in happened.items()}), to_do)
    return scored(truth, house, to_do, played).total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=4, choices=(2, 4, 8))
    parser.add_argument("--repetitions", type=int, default=2)
    options = parser.parse_args()
    print(
        "| tariff, battery | days | share of perfect foresight's saving: median | worst | sum |\n|---|---|---|---|---|"
    )
    for dynamic in (False, True):
        for battery in (True, False):
            shares, got, best = [], 0.0, 0.0
            for season in SEASONS:
                for n in range(options.repetitions):
                    truth = day(season, n, options.devices, 15, dynamic=dynamic, battery=battery)
                    zero, mine, perfect = nothing(truth).total, lived(truth), ours(truth).total
                    got, best = got + zero - mine, best + zero - perfect
                    if zero - perfect > 0.05:
                        shares.append((zero - mine) / (zero - perfect))
            name = f"{'dynamic' if dynamic else 'flat'}, {'follows' if battery else 'none'}"
            print(
                f"| {name} | {len(shares)} | {100 * statistics.median(shares):.1f} % | {100 * min(shares):.1f} % | "
                f"{100 * got / best:.1f} % |",
                flush=True,
            )


if __name__ == "__main__":
    main()
