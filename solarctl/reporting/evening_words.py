"""The evening mail as plain text: short lines, words for directions, numbers with their units."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from solarctl.reporting.evening import HALF_HOUR, MOST_LINES, Change, Facts

IDLE_W = 50.0  # less is nothing, for a person
LEAST_KWH = 0.05  # what one decimal shows
NOTHING_KWH = 0.005  # less is a meter's noise
LABELS = (
    ("solar_kwh", "Sun"),
    ("load_kwh", "House"),
    ("import_kwh", "Bought from the grid"),
    ("export_kwh", "Sold to the grid"),
    ("battery_in_kwh", "Into the battery"),
    ("battery_out_kwh", "Out of the battery"),
)
MODES = {"self_consumption": "self-powered", "autonomous": "time-based control", "backup": "backup only"}


def subject(facts: Facts) -> str:
    """Return the subject: what one wants to know without opening the mail."""
    parts = [f"{facts.battery} at {percent(facts.soc_pct)}", battery_words(facts.battery_w)]
    if facts.reserve_pct is not None:
        parts.insert(1, f"reserve {percent(facts.reserve_pct)}")
    flag = "Look: " if facts.remarks or facts.missed or facts.tokens else ""
    return flag + ", ".join(part for part in parts if part)


def text(facts: Facts) -> str:
    """Return the whole mail."""
    return "\n".join(_lines(facts)) + "\n"


def follow_up(battery: str, first_w: float | None, now_w: float | None, soc_pct: float | None) -> tuple[str, str]:
    """Return subject and text of the second look."""
    before = f"; at the first look it was {battery_words(first_w)}" if first_w is not None else ""
    line = f"{battery} is at {percent(soc_pct)} and {battery_words(now_w)}{before}."
    if now_w is not None and now_w > IDLE_W:
        line += f"\nWhat draws: solarctl status. To keep the charge: solarctl device reserve {battery} 100"
    return f"{battery}, second look: {battery_words(now_w)}", f"{line}\n"


def _lines(facts: Facts) -> Iterator[str]:
    yield f"{facts.battery}, {facts.day:%A} {facts.day.day} {facts.day:%B %Y}" + (
        ", a holiday" if facts.holiday else ""
    )
    yield ""
    for remark in facts.remarks:
        yield from _wrapped(f"! {remark}")
    if facts.remarks:
        yield ""
    for label, value in now_rows(facts):
        yield f"{label + ':':<12} {value}"
    energies = energy_rows(facts)
    if energies:
        yield ""
        yield today_words(facts)
        width = max(len(value) for _, value in energies)
        for label, value in energies:
            yield f"  {label:<22} {value:>{width}}"
    if (sentence := worst_sentence(facts)) is not None:
        yield ""
        yield from _wrapped(sentence)
    yield from _section("What solarctl did", done_lines(facts))
    yield from _section("What went wrong", wrong_lines(facts))
    yield from _section("Not known", facts.unknown)
    yield ""
    yield "More: solarctl why; solarctl status"


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        for line in lines:
            yield from _wrapped(line, indent="  ")


def _wrapped(line: str, indent: str = "") -> list[str]:
    # commands have hyphens and are to be copied
    return textwrap.wrap(
        line,
        72,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def day_words(facts: Facts) -> str:
    """Return the day, as people write it."""
    return f"{facts.day:%A} {facts.day.day} {facts.day:%B %Y}" + (", a holiday" if facts.holiday else "")


def today_words(facts: Facts) -> str:
    """Return the heading of the day's energies, which count until now."""
    return f"Today until {facts.now:%H:%M}" if facts.now.date() == facts.day else "Today"


def now_rows(facts: Facts) -> list[tuple[str, str]]:
    """Return how things stand, as labels and words."""
    rows = [("Charge", percent(facts.soc_pct))]
    if facts.reserve_pct is not None:
        mode = f", {MODES.get(facts.mode, facts.mode)}" if facts.mode else ""
        rows.append(("Reserve", percent(facts.reserve_pct) + mode))
    rows.append(("Battery", battery_words(facts.battery_w)))
    if facts.grid_w is not None:
        rows.append(("Grid", grid_words(facts.grid_w)))
    if facts.solar_w is not None:
        rows.append(("Sun", power(facts.solar_w) if facts.solar_w > IDLE_W else "nothing now"))
    if facts.load_w is not None:
        rows.append(("House", power(facts.load_w)))
    return rows


def energy_rows(facts: Facts) -> list[tuple[str, str]]:
    """Return the day's energies, and what they cost, as labels and words."""
    rows = [(label, f"{facts.energies[key]:.1f} kWh") for key, label in LABELS if key in facts.energies]
    if facts.cost is not None:
        earned = facts.cost < 0
        rows.append(("Earned" if earned else "Cost", f"{abs(facts.cost):.2f} {facts.currency}"))
    return rows


def worst_sentence(facts: Facts) -> str | None:
    """Return the sentence about the peak's worst half hour; None on a day without a peak."""
    if not facts.peaks:
        return None
    if facts.worst is None:
        return "The draw from the grid during the peak is not known."
    end = f"{facts.worst.start + HALF_HOUR:%H:%M}"
    bought_kwh = facts.peak_import_kwh or 0.0
    if facts.worst.import_w < IDLE_W:
        return f"During the peak {_little(bought_kwh)} bought from the grid."
    total = f"; in the whole peak {bought_kwh:.1f} kWh" if bought_kwh >= LEAST_KWH else ""
    half_hour = f"{facts.worst.start:%H:%M}–{end}"
    return f"Worst half hour of the peak: {power(facts.worst.import_w)} from the grid, {half_hour}{total}."


def _little(kwh: float) -> str:
    if kwh >= LEAST_KWH:
        return f"{kwh:.1f} kWh were"
    return "less than 0.1 kWh was" if kwh > NOTHING_KWH else "nothing was"


def done_lines(facts: Facts) -> list[str]:
    """Return what was changed today and why, oldest first."""
    told = {one.command: one.changes for one in facts.happened if one.changes}
    while sum(map(len, told.values())) > MOST_LINES and any(len(changes) > 1 for changes in told.values()):
        busiest = max(told, key=lambda command: len(told[command]))
        told[busiest] = (_summed(told[busiest]),)
    changes = sorted((one.at, command, one) for command, found in told.items() for one in found)
    lines = [_done(command, one) for _at, command, one in changes]
    if not lines and facts.happened:
        runs = ", ".join(f"{one.command} {one.runs} times" for one in facts.happened)
        return [f"Nothing had to be changed ({runs})."]
    return lines


def _summed(changes: Sequence[Change]) -> Change:
    """Return all changes of a command that had too many of them as one."""
    last = changes[-1]
    return Change(changes[0].at, last.said, last.until or last.at, sum(one.times for one in changes))


def _done(command: str, one: Change) -> str:
    if one.until is None:
        return f"{one.at:%H:%M} {command}: {one.said}"
    return f"{one.at:%H:%M} to {one.until:%H:%M} {command}, {one.times} changes, the last: {one.said}"


def wrong_lines(facts: Facts) -> list[str]:
    """Return missed and failed runs and tokens in danger."""
    lines = list(facts.missed)
    for one in facts.happened:
        if one.failures:
            at, said = one.failures[-1]
            times = "once" if len(one.failures) == 1 else f"{len(one.failures)} times"
            lines.append(f"{one.command} failed {times} of {one.runs}, last at {at:%H:%M}: {said}")
    return lines + [f"The token of {account} {said}" for account, said in facts.tokens]


def battery_words(battery_w: float | None) -> str:
    """Return what the battery does: charging, discharging, idle.

    >>> battery_words(-3000), battery_words(1040), battery_words(20)
    ('charging with 3.0 kW', 'discharging with 1.0 kW', 'idle')
    """
    if battery_w is None:
        return "power not known"
    if abs(battery_w) <= IDLE_W:
        return "idle"
    return f"{'discharging' if battery_w > 0 else 'charging'} with {power(abs(battery_w))}"


def grid_words(grid_w: float) -> str:
    """Return which way the power flows at the house's connection."""
    if abs(grid_w) <= IDLE_W:
        return "nothing either way"
    return f"buying {power(grid_w)}" if grid_w > 0 else f"selling {power(-grid_w)}"


def power(watts: float) -> str:
    """Return a power: kilowatts from 950 W on.

    >>> power(420), power(2349)
    ('420 W', '2.3 kW')
    """
    return f"{watts:.0f} W" if abs(watts) < 950 else f"{watts / 1000:.1f} kW"


def percent(value: float | None) -> str:
    """Return a percentage without needless digits, or that it is not known."""
    return "not known" if value is None else f"{value:.0f} %"
