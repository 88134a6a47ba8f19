"""What `simulate` prints, house by house: what it came to, the worst days, what was possible, where the rest went."""

from __future__ import annotations

from collections.abc import Sequence

from solarctl.simulation.compare import NOTHING, OURS, SEEDS, Life
from solarctl.simulation.results import Result

WORDS = {OURS: "with solarctl", NOTHING: "left alone", SEEDS: "the original's rule"}
ALONE = {
    "grid-guard": "the grid always in",
    "peak-mode": "the battery's own reserve",
    "easee-balance": "the car as fast as it can",
    "balance": "tanks by their thermostats",
    "plan": "sockets always on",
}
LEAST_LACK_KWH, LEAST_LACK = 5.0, 0.25  # a car that lacks more, and such a share, was not served
SUNSHINE = "Sun, load and warmth are generated; see docs/simulate.md."


def story(results: Sequence[Result], notes: Sequence[str]) -> str:
    """Return the whole text."""
    several = len({one.config for one in results}) > 1 or len({one.ours.task.seed for one in results}) > 1
    parts = [_house(one, several=several) for one in results]
    if several:
        parts.append(_side_by_side(results))
    return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])])


def _house(result: Result, *, several: bool) -> str:
    task = result.ours.task
    which = f" ({result.config}, seed {task.seed})" if several else ""
    lines = [f"{result.house}{which}: {task.days} days from {task.first}"]
    lines += [f"  {line}" for line in (_verdict(result), *_worst(result))]
    rows = [["", result.currency, "bought kWh", "sold kWh", "dark min", "writes"]]
    for who in (OURS, NOTHING, SEEDS):
        rows.append(_row(WORDS[who], result.lives[who]))
    rows.append(["with perfect foresight", f"{result.possible:.2f}", "", "", "", ""])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines += [
        "  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows
    ]
    lines += [f"  {sentence}" for sentence in _sentences(result)]
    return "\n".join(lines)


def _row(name: str, life: Life) -> list[str]:
    energies = life.energies
    writes = sum(tally["writes"] for tally in life.tallies.values())
    return [
        name,
        f"{life.cost:.2f}",
        f"{energies.import_kwh:.0f}",
        f"{energies.export_kwh:.0f}",
        f"{sum(life.dark_min):.0f}",
        f"{writes}",
    ]


def _sentences(result: Result) -> list[str]:
    money = result.currency
    lone = [text for command, text in ALONE.items() if command in result.house.split(" + ")]
    found = [f"Left alone means: {', '.join(lone)}."] if lone else []
    lost = {part: amount for part, amount in result.regret.items() if abs(amount) >= 0.005}
    if lost:
        why = {
            "rule": "to the rule",
            "forecast": "to forecasts that err",
            "device": "to the limits of devices and owner",
        }
        parts = [
            f"{'lost' if part_ > 0 else 'won'} {abs(part_):.2f} {money} {why[name]}" for name, part_ in lost.items()
        ]
        found.append(f"Against foresight: {', '.join(parts)}.")
    if not result.exact:
        found.append(
            f"Foresight places them one after the other; nothing could cost less than {result.proven:.2f} {money}."
        )
    ours = result.ours
    if ours.car_kwh or ours.elsewhere_kwh or ours.still_wanted_kwh:
        found.append(
            f"The car got {_of_car(ours)}; left alone {_of_car(result.lives[NOTHING])}. "
            "What it lacks is counted at the usual price."
        )
    if ours.loads_kwh:
        drawn = ", ".join(f"{name} {kwh:.0f} kWh" for name, kwh in ours.loads_kwh.items())
        missed = f"{ours.missed_kwh:.1f} kWh were missed, left alone {result.lives[NOTHING].missed_kwh:.1f}"
        given = f"; {ours.given_kwh:.0f} kWh went to loads without a need" if ours.given_kwh else ""
        found.append(f"Loads: {drawn}; of what people wanted of them {missed}{given}.")
    if ours.too_warm_k_h is not None:
        alone = result.lives[NOTHING].too_warm_k_h or 0.0
        found.append(
            f"Rooms were {ours.too_warm_k_h:.0f} K·h warmer than their schedules want (left alone {alone:.0f}); "
            "that is counted in the cost, at simulate.too_warm_price."
        )
    return found


def _of_car(life: Life) -> str:
    return (
        f"{life.car_kwh:.0f} kWh at home in {life.car_starts} charges and {life.elsewhere_kwh:.0f} kWh elsewhere, "
        f"and still wants {life.still_wanted_kwh:.0f} kWh"
    )


def _lacking(result: Result) -> str:
    """Say that the car was not served, where it was clearly served worse than left alone; else nothing."""
    ours, alone = result.ours, result.lives[NOTHING]
    home_kwh, elsewhere_kwh = alone.car_kwh - ours.car_kwh, ours.elsewhere_kwh - alone.elsewhere_kwh
    lacks_kwh = ours.still_wanted_kwh - alone.still_wanted_kwh + max(0.0, elsewhere_kwh)
    if home_kwh <= 0 or lacks_kwh < max(LEAST_LACK_KWH, LEAST_LACK * alone.car_kwh):
        return ""
    how = "stays empty" if ours.car_kwh < 0.5 else "gets less"
    return (
        f"but the car {how}: {ours.car_kwh:.0f} kWh at home instead of {alone.car_kwh:.0f} kWh; "
        "easee-balance.mode and easee-balance.policy decide that"
    )


def _verdict(result: Result) -> str:
    """Return the house in one line: what solarctl saves, and which share of what was possible."""
    money = result.currency
    verb = "saves" if result.saved >= 0 else "costs"
    said = f"solarctl {verb} {abs(result.saved):.2f} {money}"
    if result.share is not None and result.share >= 0:
        said += f", {100 * result.share:.0f} % of what perfect foresight would"
    lacking = _lacking(result)
    return f"{said}{f', {lacking}' if lacking else ''}."


def _worst(result: Result) -> list[str]:
    """Return the days on which most was lost, the worst one first."""
    days = result.worst_days()
    if not days:
        return []
    rows = [(f"{one.cost:.2f}", f"{one.possible:.2f}", f"{one.regret:.2f}") for one in days]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        f"  {one.day:%a %Y-%m-%d}: lost {row[2].rjust(wide[2])}, "
        f"cost {row[0].rjust(wide[0])}, possible {row[1].rjust(wide[1])}"
        for one, row in zip(days, rows, strict=True)
    ]
    return [f"Worst days, in {result.currency}:", *lines]


def _side_by_side(results: Sequence[Result]) -> str:
    lines = ["Side by side"]
    for house in dict.fromkeys(one.house for one in results):
        lines.append(f"  {house}")
        rows = [one for one in results if one.house == house]
        for config in dict.fromkeys(one.config for one in rows):
            costs = [one.ours.cost for one in rows if one.config == config]
            spread = f" ({min(costs):.2f} to {max(costs):.2f} over {len(costs)} seeds)" if len(costs) > 1 else ""
            lines.append(f"    {config}: {sum(costs) / len(costs):.2f} {rows[0].currency}{spread}")
    return "\n".join(lines)
