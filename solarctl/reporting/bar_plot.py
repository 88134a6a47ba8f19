"""Months and years as bars: energies per day or month, side by side, what is sold below zero; and costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from solarctl.reporting.day_plot import COLOURS, GRID_LINES, INK, SERIES
from solarctl.reporting.report_data import Sums
from solarctl.reporting.svg_picture import LETTER, SvgPicture

FIRST = len(COLOURS)
COLOUR = {name: FIRST + index for index, name in enumerate(SERIES)}
CHARGE = FIRST + len(SERIES)
ENERGIES: tuple[tuple[str, str, int], ...] = (  # field of Sums, colour, sign
    ("solar_kwh", "solar_w", 1),
    ("load_kwh", "load_w", 1),
    ("import_kwh", "grid_w", 1),
    ("export_kwh", "grid_w", -1),
)
NARROW, WIDE = 640, 1200
HEIGHT, TOP, LEFT = 420, 30, 110
BASE = 370  # where the names of days stand below
Bars = Mapping[date, Sums]


def energies(bars: Bars, label: Callable[[date], str], told: Callable[[date, Sums], str], width: int) -> SvgPicture:
    """Draw sun, house and grid for each day or month."""
    columns = [
        [(colour, sign * (getattr(one, name) or 0.0)) for name, colour, sign in ENERGIES] for one in bars.values()
    ]
    flat = [number for column in columns for _, number in column]
    picture = SvgPicture(width, HEIGHT, "Energies in kWh: sun, house, bought, and sold below zero")
    scale = _Scale(picture, min(flat, default=0.0), max(flat, default=0.0), "kWh")
    step = (width - LEFT - 20) / max(1, len(bars))
    for index, ((day, one), column) in enumerate(zip(bars.items(), columns, strict=True)):
        left = LEFT + index * step
        thick = max(2.0, step * 0.8 / 3)
        places = {"solar_w": 0, "load_w": 1, "grid_w": 2}
        for colour, number in column:
            x = left + step * 0.1 + places[colour] * thick
            scale.bar(x, x + thick * 0.92, number, COLOUR[colour])
        picture.hover(left, TOP, left + step, BASE, told(day, one))
    _names(picture, [label(day) for day in bars], step)
    return picture


def costs(bars: Bars, label: Callable[[date], str], told: Callable[[date, Sums], str], width: int) -> SvgPicture:
    """Draw what each day or month cost; what it earned is below zero."""
    numbers = [one.cost or 0.0 for one in bars.values()]
    picture = SvgPicture(width, HEIGHT, "Costs: what was bought less what was sold")
    scale = _Scale(picture, min(numbers, default=0.0), max(numbers, default=0.0), "")
    step = (width - LEFT - 20) / max(1, len(bars))
    for index, ((day, one), number) in enumerate(zip(bars.items(), numbers, strict=True)):
        left = LEFT + index * step
        scale.bar(
            left + step * 0.15, left + step * 0.85, number, COLOUR["grid_w"] if number > 0 else COLOUR["battery_w"]
        )
        picture.hover(left, TOP, left + step, BASE, told(day, one))
    _names(picture, [label(day) for day in bars], step)
    return picture


def charge(bars: Bars, label: Callable[[date], str], told: Callable[[date, Sums], str], width: int) -> SvgPicture:
    """Draw between which charges the battery went each day or month."""
    picture = SvgPicture(width, HEIGHT, "The battery's charge: lowest to highest, in per cent")
    scale = _Scale(picture, 0.0, 100.0, "%")
    step = (width - LEFT - 20) / max(1, len(bars))
    for index, (day, one) in enumerate(bars.items()):
        left = LEFT + index * step
        if one.soc_low_pct is not None and one.soc_high_pct is not None:
            top, bottom = scale.y(one.soc_high_pct), scale.y(one.soc_low_pct)
            right = round(left + step * 0.8)
            picture.box(round(left + step * 0.2), round(top), right, max(round(bottom), round(top) + 3), CHARGE)
        picture.hover(left, TOP, left + step, BASE, told(day, one))
    _names(picture, [label(day) for day in bars], step)
    return picture


class _Scale:
    def __init__(self, picture: SvgPicture, low: float, high: float, unit: str) -> None:
        self._picture = picture
        self._step = _step(max(high, 0.0) - min(low, 0.0))
        self._low = math.floor(min(0.0, low) / self._step) * self._step
        self._high = max(self._step, math.ceil(max(0.0, high) / self._step) * self._step)
        for index in range(round((self._high - self._low) / self._step) + 1):
            number = self._low + index * self._step
            row = round(self.y(number))
            zero = abs(number) < 1e-9
            picture.box(LEFT, row, picture.width - 20, row + (2 if zero else 1), INK if zero else GRID_LINES)
            words = f"{0.0 if zero else number:g}"
            picture.text(LEFT - 10 - len(words) * LETTER, row - 10, words, INK)
        if unit:
            picture.text(LEFT + 6, 0, unit, INK)

    def y(self, number: float) -> float:
        return BASE - (number - self._low) / (self._high - self._low) * (BASE - TOP)

    def bar(self, left: float, right: float, number: float, colour: int) -> None:
        top, bottom = sorted((self.y(number), self.y(0.0)))
        if abs(number) > 1e-6:
            self._picture.box(
                round(left), round(top), max(round(right), round(left) + 1), max(round(bottom), round(top) + 1), colour
            )


def _names(picture: SvgPicture, names: Sequence[str], step: float) -> None:
    """Write the names below, as many as have room."""
    longest = max((len(name) for name in names), default=1)
    every = max(1, math.ceil((longest + 1) * LETTER / step))
    for index in range(0, len(names), every):
        name = names[index]
        middle = LEFT + (index + 0.5) * step - len(name) * LETTER / 2
        picture.text(round(middle), BASE + 16, name, INK)


def _step(span: float) -> float:
    wanted = max(span, 0.02) / 4
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted)
