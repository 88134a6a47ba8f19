"""A solar forecast for people: a table by hours with bars, by days in sum; and CSV for programs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from solarctl.control.forecast import slot_starts
from solarctl.readings import ForecastReading

WIDTH = 40
EIGHTHS = " ▏▎▍▌▋▊▉"


def table(reading: ForecastReading) -> str:
    """Return the hours with sun as lines with bars, and each day's sum."""
    rows = list(zip(slot_starts(reading), reading.solar_w, range(len(reading.solar_w))))
    most = max((*reading.solar_w, *(reading.high_w or ()), 1.0))
    lines: list[str] = []
    for day, slots in groupby(rows, key=lambda row: row[0].date()):
        of_day = list(slots)
        kwh = sum(power for _at, power, _n in of_day) * reading.slot_min / 60_000
        lines.append(f"{day:%A %d %B}: {kwh:.1f} kWh")
        for hour, parts in groupby(of_day, key=lambda row: (row[0].hour, row[0].fold)):
            numbers = [n for _at, _power, n in parts]
            mean = _mean(reading.solar_w, numbers)
            if mean >= 0.5:
                spread = ""
                if reading.low_w and reading.high_w:
                    spread = f" {_mean(reading.low_w, numbers):5.0f} – {_mean(reading.high_w, numbers):5.0f} W"
                lines.append(f"  {hour[0]:02}:00 {mean:6.0f} W {bar(mean / most):{WIDTH}}{spread}".rstrip())
    return "\n".join(lines)


def csv(reading: ForecastReading) -> str:
    """Return a line per slot: when it begins, W, and P10 and P90 where they are known."""
    return "\n".join(_csv_lines(reading))


def _csv_lines(reading: ForecastReading) -> Iterator[str]:
    has_spread = reading.low_w is not None and reading.high_w is not None
    yield "start,solar_w" + (",p10_w,p90_w" if has_spread else "")
    for index, (at, power) in enumerate(zip(slot_starts(reading), reading.solar_w)):
        line = f"{at.isoformat(timespec='seconds')},{power:.1f}"
        if reading.low_w is not None and reading.high_w is not None:
            line += f",{reading.low_w[index]:.1f},{reading.high_w[index]:.1f}"
        yield line


def bar(share: float) -> str:
    """Return a bar of at most `WIDTH` characters.

    >>> len(bar(1.0)), bar(0.0)
    (40, '')
    """
    eighths = round(max(0.0, min(1.0, share)) * WIDTH * 8)
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).rstrip()


def _mean(values: tuple[float, ...], numbers: list[int]) -> float:
    return sum(values[n] for n in numbers) / len(numbers)
