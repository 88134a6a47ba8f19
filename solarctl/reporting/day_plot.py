"""The day as a picture: power of sun, house, grid and battery above, the battery's charge below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from solarctl.reporting.picture import HEIGHT, Picture

WIDTH, HEIGHT_PX = 1200, 640  # shown at half of it, so that it is sharp on a phone
LEFT, RIGHT, TOP, BOTTOM = 110, 1180, 20, 596
POWER_BOTTOM, CHARGE_TOP = 400, 440
PAPER, GRID_LINES, INK, PEAK = 0, 1, 2, 3
COLOURS = ((255, 255, 255), (222, 226, 230), (73, 80, 87), (255, 243, 205))
SERIES = {  # field → colour, name
    "solar_w": ((240, 173, 20), "sun"),
    "load_w": ((52, 58, 64), "house"),
    "grid_w": ((214, 51, 108), "grid"),
    "battery_w": ((25, 135, 84), "battery"),
}
CHARGE = (13, 110, 253)
LONGEST_GAP = timedelta(minutes=40)  # a longer silence is shown as a gap

Row = Mapping[str, Any]


class Drawing(Protocol):
    """What a plot is drawn on; colours are numbers, first COLOURS, then SERIES, then the charge."""

    def box(self, left: int, top: int, right: int, bottom: int, colour: int) -> None: ...

    def line(self, points: Sequence[tuple[float, float]], colour: int, thick: int = 3) -> None: ...

    def text(self, left: int, top: int, words: str, colour: int, scale: int = 3) -> None: ...


class Frame(NamedTuple):
    """Where the two scales stand, in units of the drawing."""

    width: int
    left: int
    right: int
    top: int
    power_bottom: int
    charge_top: int
    bottom: int
    hours: int = 6  # between two names of hours
    below: int = 12  # from the lower scale to these names


MAIL = Frame(WIDTH, LEFT, RIGHT, TOP, POWER_BOTTOM, CHARGE_TOP, BOTTOM)


def draw(rows: Sequence[Row], start: datetime, end: datetime, peaks: Sequence[tuple[datetime, datetime]]) -> bytes:
    """Return a PNG of the rows (`at`, `*_w`, `soc_pct`) from start to end; nothing without at least two."""
    if sum(1 for row in rows if any(row.get(name) is not None for name in SERIES)) < 2:
        return b""
    picture = Picture(WIDTH, HEIGHT_PX, [*COLOURS, *(colour for colour, _ in SERIES.values()), CHARGE])
    lay_out(picture, rows, start, end, peaks)
    return picture.png()


def lay_out(
    drawing: Drawing,
    rows: Sequence[Row],
    start: datetime,
    end: datetime,
    peaks: Sequence[tuple[datetime, datetime]],
    frame: Frame = MAIL,
) -> DayPlot:
    """Draw the day on anything that can draw: the mail's PNG, the report's SVG."""
    plot = DayPlot(drawing, frame, start, end, rows)
    for first, last in peaks:
        plot.shade(first, last)
    plot.frame()
    for index, name in enumerate(SERIES):
        plot.series(rows, name, len(COLOURS) + index, plot.power_y)
    plot.series(rows, "soc_pct", len(COLOURS) + len(SERIES), plot.charge_y)
    return plot


class DayPlot:
    """The scales of one day, and what is drawn by them."""

    def __init__(self, drawing: Drawing, frame: Frame, start: datetime, end: datetime, rows: Sequence[Row]) -> None:
        self.start, self.end = start, end
        self.picture = drawing
        self.place = frame
        watts = [row[name] for row in rows for name in SERIES if row.get(name) is not None]
        self.step_kw = _step((max(watts) - min(watts)) / 1000)
        self.low_kw = math.floor(min(0.0, min(watts) / 1000) / self.step_kw) * self.step_kw
        self.high_kw = max(self.step_kw, math.ceil(max(watts) / 1000 / self.step_kw) * self.step_kw)

    def x(self, moment: datetime) -> float:
        share = (moment - self.start).total_seconds() / (self.end - self.start).total_seconds()
        return float(self.place.left + share * (self.place.right - self.place.left))

    def power_y(self, watts: float) -> float:
        share = (watts / 1000 - self.low_kw) / (self.high_kw - self.low_kw)
        return float(self.place.power_bottom - share * (self.place.power_bottom - self.place.top))

    def charge_y(self, percent: float) -> float:
        return self.place.bottom - percent / 100 * (self.place.bottom - self.place.charge_top)

    def shade(self, first: datetime, last: datetime) -> None:
        """Colour the background of a peak."""
        left, right = round(self.x(max(first, self.start))), round(self.x(min(last, self.end)))
        self.picture.box(left, self.place.top, right, self.place.power_bottom, PEAK)
        self.picture.box(left, self.place.charge_top, right, self.place.bottom, PEAK)

    def frame(self) -> None:
        """Draw the lines and numbers of both scales, and the hours."""
        steps = round((self.high_kw - self.low_kw) / self.step_kw)
        for index in range(steps + 1):
            kw = self.low_kw + index * self.step_kw
            self._level(self.power_y(kw * 1000), f"{kw:g} kW" if index == steps else f"{kw:g}", zero=abs(kw) < 1e-9)
        for percent in (0, 50, 100):
            self._level(self.charge_y(percent), f"{percent}%", zero=percent == 0)
        for hour in range(0, 25, self.place.hours):
            moment = self.start + timedelta(hours=hour)
            if moment <= self.end:
                x = round(self.x(moment))
                self.picture.box(x, self.place.top, x + 1, self.place.power_bottom, GRID_LINES)
                self.picture.box(x, self.place.charge_top, x + 1, self.place.bottom, GRID_LINES)
                words = f"{hour}:00"
                left = min(max(0, x - Picture.text_width(words) // 2), self.place.width - Picture.text_width(words))
                self.picture.text(left, self.place.bottom + self.place.below, words, INK)

    def _level(self, y: float, words: str, *, zero: bool) -> None:
        row = round(y)
        self.picture.box(self.place.left, row, self.place.right, row + (2 if zero else 1), INK if zero else GRID_LINES)
        self.picture.text(self.place.left - 10 - Picture.text_width(words), row - HEIGHT * 3 // 2, words, INK)

    def series(self, rows: Sequence[Row], name: str, colour: int, place: Any) -> None:
        """Draw one line, with gaps where nothing was known for long."""
        piece: list[tuple[float, float]] = []
        before: datetime | None = None
        for row in rows:
            value, at = row.get(name), row["at"]
            if value is None or not self.start <= at <= self.end:
                continue
            if before is not None and at - before > LONGEST_GAP:
                self.picture.line(piece, colour, 4)
                piece = []
            piece.append((self.x(at), place(value)))
            before = at
        self.picture.line(piece, colour, 4)


def _step(range_kw: float) -> float:
    """Return the distance of two lines: 1, 2 or 5 times a power of ten, for about five of them."""
    wanted = max(range_kw, 0.1) / 5
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted)
