"""What planning saves, how far from the optimum, and what it takes.

    python -m benchmarks.planning.run [--devices 8] [--slot 15] [--hours 24] [--highs 15] [--commanded]
    python -m benchmarks.planning.run --polish 2 --highs 2        # with the extra, against HiGHS from a cold start
    python -m benchmarks.planning.run --polish-limits 0.5,2,10 --first 3

Savings are money against doing nothing (needs start at 06:00, as with a timer; the battery follows the meter).
"share" is our saving over that of HiGHS, which begins with nothing and has so many seconds (of wall clock, one
thread); where HiGHS finds nothing it saves nothing. "gap" is what the plan itself says it can be too dear at most.
"""

from __future__ import annotations

import argparse
import statistics

from benchmarks.planning.days import SEASONS, Day, day
from benchmarks.planning.play import Score, highs, needs_cold, needs_polished, nothing, ours
from solarctl.side_by_side import side_by_side

KINDS = [f"{tariff} {battery}" for battery in ("follows", "commanded", "none") for tariff in ("flat", "dynamic")]
SAME = 2e-5  # money: what is nearer is the same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=8, choices=(2, 4, 8, 16))
    parser.add_argument("--slot", type=int, default=15, choices=(60, 15, 5))
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first repetition (0 to 2 are what was tuned on)")
    parser.add_argument("--polish-limits", default="", help="seconds, with commas: polished and cold HiGHS at each")
    parser.add_argument("--days", action="store_true", help="with --polish-limits: every day of them, too")
    parser.add_argument("--kinds", default="", help="of tariff and battery, with commas: only these")
    parser.add_argument("--highs", type=float, default=0.0, help="seconds; 0: not asked")
    parser.add_argument("--polish", type=float, default=0.0, help="seconds that our plan is polished")
    parser.add_argument("--commanded", action="store_true", help="the battery is commanded")
    options = parser.parse_args()
    if options.polish_limits:
        limits(options)
        return
    polish = None
    if options.polish:
        from solarctl.control.plan_highs import polisher

        polish = polisher(options.polish, side_by_side)
    print(
        "| tariff, battery | saved by us | by the seed's rule | by HiGHS | share (worst day) | gap |"
        " unmet kWh, us / seed | CPU s, us / seed / HiGHS | starts, us / seed |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for dynamic in (False, True):
        for battery in (True,) if options.commanded else (True, False):
            days = [
                day(season, n, options.devices, options.slot, dynamic=dynamic, battery=battery, hours=options.hours)
                for season in SEASONS
                for n in range(options.first, options.first + options.repetitions)
            ]
            print(row(days, options, polish), flush=True)


def limits(options: argparse.Namespace) -> None:
    """Print, for each limit, how often a polished plan is behind a HiGHS that begins with nothing, and by how much."""
    from solarctl.control.plan_highs import polisher

    print(
        "| tariff, battery | seconds | comparisons | needs with switch-ons: behind, at most | money: behind, at most |"
    )
    print("|---|---|---|---|---|")
    for name in options.kinds.split(",") if options.kinds else KINDS:
        tariff, battery = name.split()
        for seconds in map(float, options.polish_limits.split(",")):
            behind: list[float] = []
            dearer: list[float] = []
            for season in SEASONS:
                for n in range(options.first, options.first + options.repetitions):
                    one = day(
                        season, n, options.devices, options.slot, dynamic=tariff == "dynamic", battery=battery != "none"
                    )
                    commanded = battery == "commanded"
                    cold = needs_cold(one, seconds, commanded=commanded)
                    behind.append(needs_polished(one, seconds, commanded=commanded) - cold)
                    mine = ours(one, commanded=commanded, polish=polisher(seconds, side_by_side))
                    whole = highs(one, seconds, commanded=commanded)
                    dearer.append(mine.total - whole.total if whole else 0.0)
                    if options.days:
                        print(f"  {season}/{n} {behind[-1]:.5f} {dearer[-1]:.5f}")
            cells = [name, f"{seconds:g}", str(len(behind))]
            for found in (behind, dearer):
                cells.append(f"{sum(more > SAME for more in found)}, {max(0.0, *found):.4f}")
            print(f"| {' | '.join(cells)} |", flush=True)


def row(days: list[Day], options: argparse.Namespace, polish) -> str:
    none = [nothing(one) for one in days]
    mine = [ours(one, commanded=options.commanded, polish=polish) for one in days]
    seed = [ours(one, strategy="seed") for one in days]
    theirs: list[Score | None] = []
    if options.highs:
        theirs = [highs(one, options.highs, commanded=options.commanded) for one in days]

    def saved(scores: list[Score]) -> float:
        return sum(a.total - b.total for a, b in zip(none, scores))

    cells = ["–", "–", "–"]
    if theirs:
        filled = [score or zero for score, zero in zip(theirs, none)]
        shares = [
            (zero.total - one.total) / (zero.total - other.total)
            for zero, one, other in zip(none, mine, filled)
            if zero.total - other.total > 0.01
        ]
        worst = f"{100 * saved(mine) / saved(filled):.1f} % ({100 * min(shares):.1f} %)" if shares else "nothing found"
        found = sum(score is not None for score in theirs)
        cells = [
            f"{saved(filled):.2f}" + ("" if found == len(days) else f" ({found} of {len(days)} days)"),
            worst,
            f"{statistics.mean(s.cpu_s for s in theirs if s):.1f}" if found else "–",
        ]
    name = f"{'dynamic' if days[0].buy[0] != days[0].buy[-1] else 'flat'}, "
    name += ("commanded" if options.commanded else "follows") if days[0].battery else "none"
    return (
        f"| {name} | {saved(mine):.2f} | {saved(seed):.2f} | {cells[0]} | {cells[1]} | "
        f"{statistics.mean(s.bound_gap for s in mine):.3f} | {sum(s.unmet_kwh for s in mine):.2f} / "
        f"{sum(s.unmet_kwh for s in seed):.2f} | {statistics.mean(s.cpu_s for s in mine):.3f} / "
        f"{statistics.mean(s.cpu_s for s in seed):.3f} / {cells[2]} | {sum(s.starts for s in mine)} / "
        f"{sum(s.starts for s in seed)} |"
    )


if __name__ == "__main__":
    main()
