"""How much of the sun ends in the car: `easee-balance` beside the seed's law and perfect foresight.

    python -m benchmarks.charging.run [--seeds 3] [--markdown]

Per day: the share of the bound that the rule's own grid energy allows (the strict one), grid energy bought because
of the loop, changes of the limit, starts of the car.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from benchmarks.charging.bound import bound_kwh, no_purchase_kwh, usable_kwh
from benchmarks.charging.laws import Law, Nobody, Rule, Seed
from benchmarks.charging.plant import SKIES, STEP_S, STEPS, Case, Plant, Totals

LOOK_STEPS = 60 // STEP_S
CALM: dict[str, Any] = {"restart_delay_min": 2, "disable_stretch_pct": 50, "gap_by_depth": True}  # what the example has
LAWS = ("rule", "calm", "seed")


def play(case: Case, law: Law) -> Totals:
    """Play a day with one look a minute."""
    plant = Plant(case)
    for index in range(STEPS):
        plant.step(index)
        if index % LOOK_STEPS == LOOK_STEPS - 1:
            law.look(plant)
    return plant.finished()


@dataclass
class Row:
    """What a law came to, summed over days."""

    days: int = 0
    captured: float = 0.0
    usable: float = 0.0
    bound: float = 0.0  # with as much bought as the law bought
    nothing_bought: float = 0.0
    bought: float = 0.0
    changes: int = 0
    starts: int = 0
    most_starts: int = 0

    def add(self, case: Case, totals: Totals, alone: Totals) -> None:
        bought = totals.imported - alone.imported + max(0.0, alone.left - totals.left)
        self.days += 1
        self.captured += totals.captured
        self.usable += usable_kwh(case)
        self.bound += bound_kwh(case, max(0.0, bought))
        self.nothing_bought += no_purchase_kwh(case)
        self.bought += bought
        self.changes += totals.changes
        self.starts += totals.starts
        self.most_starts = max(self.most_starts, totals.starts)

    def cells(self) -> list[str]:
        return [
            f"{self.captured / self.days:.1f}",
            f"{100 * self.captured / self.usable:.1f} %" if self.usable else "–",
            f"{100 * self.captured / self.nothing_bought:.1f} %" if self.nothing_bought else "–",
            f"{100 * self.captured / self.bound:.1f} %" if self.bound else "–",
            f"{self.bought / self.days:.2f}",
            f"{self.changes / self.days:.0f}",
            f"{self.starts / self.days:.1f} ({self.most_starts})",
        ]


HEADS = [
    *("day", "phases", "battery", "law", "captured kWh", "of usable", "of bound", "of strict bound"),
    *("bought kWh", "changes", "starts (most)"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    settings: dict[str, Any] = {}
    for pair in options.set:
        key, _, value = pair.partition("=")
        settings[key] = value if not value.replace(".", "").isdigit() else float(value) if "." in value else int(value)
    lines: list[list[str]] = []
    sums = {name: Row() for name in LAWS}
    for sky in SKIES:
        for phases in (3, 1):
            for battery in (False, True):
                rows = {name: Row() for name in LAWS}
                for seed in range(options.seeds):
                    case = Case(sky, phases, battery, seed)
                    alone = play(case, Nobody())
                    laws: tuple[Law, ...] = (Rule(phases, **settings), Rule(phases, **(settings | CALM)), Seed())
                    for name, law in zip(LAWS, laws, strict=True):
                        totals = play(case, law)
                        rows[name].add(case, totals, alone)
                        sums[name].add(case, totals, alone)
                for name, row in rows.items():
                    lines.append([sky, str(phases), "yes" if battery else "no", name, *row.cells()])
    for name, row in sums.items():
        lines.append(["all", "", "", name, *row.cells()])
    show(lines, markdown=options.markdown)


def show(lines: list[list[str]], *, markdown: bool) -> None:
    if markdown:
        print("| " + " | ".join(HEADS) + " |")
        print("|" + "---|" * len(HEADS))
        for line in lines:
            print("| " + " | ".join(line) + " |")
        return
    widths = [max(len(line[i]) for line in [HEADS, *lines]) for i in range(len(HEADS))]
    for line in [HEADS, *lines]:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


if __name__ == "__main__":
    main()
