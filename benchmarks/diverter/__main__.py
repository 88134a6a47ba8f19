"""Four days in the same house under the seed's law and under solarctl's, beside the ceiling.

python -m benchmarks.diverter              the table, settling, silence, and whether the targets are met
python -m benchmarks.diverter curve        the trade-off between captured share, imported energy and switches
python -m benchmarks.diverter seeds        the same days with other dice
python -m benchmarks.diverter process      CPU and memory of ten minutes of the real command (needs ten minutes)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from benchmarks.diverter.plant import DAYS, Day, Law, Result, play
from benchmarks.diverter.seed_law import SeedLaw
from benchmarks.diverter.settling import settling_s, summary
from benchmarks.diverter.solarctl_law import SolarctlLaw

SEED = 20240607
LAWS: dict[str, Callable[[], Law]] = {
    "seed": SeedLaw,
    "strict": lambda: SolarctlLaw(policy="strict"),
    "fill": lambda: SolarctlLaw(policy="fill"),
}
TRENDS = ((0.0, 0.0), (0.5, 0.0), (0.4, 1.5), (1.0, 1.0))  # share of the sun's fall and rise that is looked ahead
CURVE: list[tuple[dict[str, object], dict[str, float]]] = [
    *[({}, {"fall": fall, "rise": rise}) for fall, rise in TRENDS],
    *[({"margin_w": margin}, {}) for margin in (0.0, 10.0, 40.0)],
    *[({"relay": relay}, {}) for relay in ({"block_delay_s": 30.0}, {"off_delay_s": 30.0})],
    *[({}, {"hold_s": hold}) for hold in (0.0, 3.0)],
]


def one_day(job: tuple[str, str, int]) -> tuple[str, str, int, Result]:
    """Play one day under one law."""
    law, kind, seed = job
    return law, kind, seed, play(Day.of(kind, seed), LAWS[law]())


def table() -> None:
    """Print the four days under each law, and the targets."""
    jobs = [(law, kind, SEED) for law in LAWS for kind in DAYS]
    with ProcessPoolExecutor() as pool:
        done = list(pool.map(one_day, jobs))
    print("day       law      available  captured   share   loop import  relay switches  shortest on  commands")
    totals: dict[str, Result] = {law: Result() for law in LAWS}
    for kind in DAYS:
        for law, day, _seed, result in done:
            if day == kind:
                totals[law] += result
                print(_row(kind, law, result))
    for law, total in totals.items():
        print(_row("all", law, total))
    print(f"{'ceiling':27}{totals['seed'].available_kwh:8.2f} kWh  100.0 %       0.000 kWh")
    seed, ours = totals["seed"], totals["fill"]
    print("\nsettling in the dimmer's range (144 steps)")
    worst = 0.0
    for law in ("seed", "fill"):
        times = settling_s(LAWS[law])
        worst = times[-1]
        print(f"  {law:8}{summary(times)}")
    print("\ntargets against the seed's law")
    for text, met in (
        (f"captured {ours.share_pct - seed.share_pct:+.2f} points (at least +3)", ours.share_pct - seed.share_pct >= 3),
        (
            f"loop import × {ours.loop_import_kwh / seed.loop_import_kwh:.2f} (at most 0.8)",
            ours.loop_import_kwh <= 0.8 * seed.loop_import_kwh,
        ),
        (f"switches × {ours.switches / seed.switches:.2f} (at most 0.20)", ours.switches <= 0.2 * seed.switches),
        (f"settling at most {worst:.1f} s (at most 6)", worst <= 6),
    ):
        print(f"  {'met    ' if met else 'NOT MET'} {text}")


def _row(kind: str, law: str, result: Result) -> str:
    shortest = f"{result.shortest_on_s:8.0f} s" if result.switches else "         –"
    return (
        f"{kind:10}{law:8}{result.available_kwh:8.2f} kWh {result.captured_kwh:6.2f} kWh {result.share_pct:6.1f} % "
        f"{result.loop_import_kwh:8.3f} kWh {result.switches:13d}   {shortest} {result.commands:10d}"
    )


def point(job: tuple[dict[str, object], dict[str, float]]) -> str:
    """Return one point of the trade-off curve."""
    from dataclasses import replace

    from solarctl.control import balance

    settings, outlook = job
    balance.OUTLOOK = replace(balance.OUTLOOK, **outlook)
    total = Result()
    for kind in DAYS:
        total += play(Day.of(kind), SolarctlLaw(**settings))  # type: ignore[arg-type]
    balance.OUTLOOK = balance.Outlook()
    words = ", ".join(f"{key} {value}" for key, value in (settings | outlook).items()) or "as shipped"
    return f"{total.share_pct:6.2f} %  {total.loop_import_kwh:6.3f} kWh  {total.switches:4d} switches   {words}"


def curve() -> None:
    """Print the trade-off curve; its knee is what is shipped."""
    with ProcessPoolExecutor() as pool:
        for line in pool.map(point, [({}, {}), *CURVE]):
            print(line, flush=True)


def seeds() -> None:
    """Print the totals under other dice."""
    jobs = [(law, kind, seed) for seed in range(1, 6) for law in ("seed", "fill") for kind in DAYS]
    with ProcessPoolExecutor() as pool:
        done = list(pool.map(one_day, jobs))
    for seed in range(1, 6):
        sums = {
            law: sum((r for one, _, s, r in done if one == law and s == seed), Result()) for law in ("seed", "fill")
        }
        theirs, ours = sums["seed"], sums["fill"]
        bought = f"{theirs.loop_import_kwh:.3f} → {ours.loop_import_kwh:.3f} kWh"
        print(
            f"dice {seed}: captured {theirs.share_pct:.2f} → {ours.share_pct:.2f} %, loop import {bought}, "
            f"switches {theirs.switches} → {ours.switches}"
        )


def main() -> None:
    """Run what was asked for."""
    what = sys.argv[1] if len(sys.argv) > 1 else "table"
    if what == "process":
        from benchmarks.diverter.process import measure

        measure(float(sys.argv[2]) if len(sys.argv) > 2 else 600.0)
    else:
        {"table": table, "curve": curve, "seeds": seeds}[what]()


if __name__ == "__main__":
    main()
