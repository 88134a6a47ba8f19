"""What came of a demo's day, in a table beside the same house without solarctl."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from solarctl.simulation.demo import Day
from solarctl.virtualhome.energies import Energies

ROWS: tuple[tuple[str, Callable[[Energies], str]], ...] = (
    ("without supply", lambda sums: f"{sums.dark_min:.0f} min"),
    ("from the grid", lambda sums: f"{sums.import_kwh:.1f} kWh"),
    ("from the sun", lambda sums: f"{sums.solar_kwh:.1f} kWh"),
    ("used by the house", lambda sums: f"{sums.load_kwh:.1f} kWh"),
)
WIDTH = 112
LEAST_KWH = 0.05  # what is less is not worth a row
SERVICE_WORDS = {"requests": "requests", "logins": "log-ins", "writes": "writes", "switches": "switched"}


def table(day: Day) -> list[list[str]]:
    """Return the comparison as rows of cells, headings first."""
    columns = {"with solarctl": day.energies} | day.without
    rows = [["", *columns], *([label, *(show(sums) for sums in columns.values())] for label, show in ROWS)]
    if any(sums.export_kwh >= LEAST_KWH for sums in columns.values()):
        rows.insert(3, ["sold to the grid", *(f"{sums.export_kwh:.1f} kWh" for sums in columns.values())])
    if any(sums.dear_import_kwh for sums in columns.values()):
        rows.insert(3, ["  of which at the peak", *(f"{sums.dear_import_kwh:.1f} kWh" for sums in columns.values())])
    for one in day.scenario.figures:
        rows.append(
            [one.label, *(f"{day.figures[column][one.key]:.{one.decimals}f} {one.unit}".strip() for column in columns)]
        )
    rows.insert(2, ["  of which preventable", f"{day.preventable_min:.0f} min", *("" for _ in day.without)])
    for label, what in (("requests", "requests"), ("  of which commands", "writes")):
        count = sum(counters.get(what, 0) for counters in day.counters.values())
        rows.append([label, f"{count}", *("" for _ in day.without)])
    return rows


def summary(day: Day) -> list[str]:
    """Return the whole summary as plain lines."""
    rows = table(day)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [title(day)]
    lines += [
        "  " + rows[0][0].ljust(widths[0]) + "".join("   " + cell.rjust(w) for cell, w in zip(rows[0][1:], widths[1:]))
    ]
    lines += [
        (
            "  " + row[0].ljust(widths[0]) + "".join("   " + cell.rjust(w) for cell, w in zip(row[1:], widths[1:]))
        ).rstrip()
        for row in rows[1:]
    ]
    said = (line for text in (verdict(day), "", *remarks(day)) for line in textwrap.wrap(text, WIDTH) or [""])
    return [*lines, "", *said]


def title(day: Day) -> str:
    """Return what stands above the table."""
    return f"The day in figures{f', {day.scenario.whose}' if day.scenario.whose else ''}"


def remarks(day: Day) -> list[str]:
    """Return what interests whoever wants to know how it was done."""
    return [_runs(day), _services(day)]


def verdict(day: Day) -> str:
    """Return the one sentence that matters."""
    dark = day.energies.dark_min
    if day.preventable_min:
        return (
            f"Without supply for {dark:.0f} min, and for {day.preventable_min:.0f} of them grid-guard could have "
            "prevented it. That is a bug; please report scenario and seed."
        )
    if dark:
        supply = (
            f"Without supply for {dark:.0f} min, when nothing could be read or nothing moved: "
            "no rule could have prevented it"
        )
    else:
        supply = "Never without supply"
    if day.scenario.verdict is not None:
        return f"{supply}. {day.scenario.verdict(day.energies, day.without, day.figures)}"
    always = next((sums for name, sums in day.without.items() if name.endswith("always on")), None)
    if always is None or always.import_kwh <= 0:
        return f"{supply}."
    saved = always.import_kwh - day.energies.import_kwh
    share = 100 * saved / always.import_kwh
    return f"{supply}, with {saved:.1f} kWh ({share:.0f} %) less from the grid than with the relay always on."


def _runs(day: Day) -> str:
    trouble = day.runs - day.exits[0]
    if not trouble:
        return f"{day.runs} runs, all of them exit 0."
    codes = ", ".join(f"{count} with exit {code}" for code, count in sorted(day.exits.items()) if code)
    cause = f" through {day.troubles} trouble{'s' * (day.troubles > 1)} of clouds and devices" if day.troubles else ""
    return f"{day.runs} runs{cause}: {day.exits[0]} fine, {trouble} said what was wrong ({codes})."


def _services(day: Day) -> str:
    said = []
    for name, counters in day.counters.items():
        parts = [f"{count} {SERVICE_WORDS.get(what, what)}" for what, count in counters.items()]
        said.append(f"{name} {', '.join(parts)}")
    return f"Asked of the emulated clouds and devices: {'; '.join(said)}."
