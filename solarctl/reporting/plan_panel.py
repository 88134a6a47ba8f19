"""The plan for an e-paper panel: a PNG of four greys, any size.

The five things of homewizard_project's panel: how full each load is (on top), the sun foreseen (thick, grey), what
the sun really left over (thick, black), the planned loads (stacked, light), the measured loads (stacked, dark); and
a line where it is now. Lines have a white rim, so that they are seen before any grey.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, timedelta

from solarctl.reporting.picture import ADVANCE, HEIGHT, Picture
from solarctl.reporting.plan_view import View

WHITE, LIGHT, DARK, BLACK = range(4)
GREYS = ((255, 255, 255), (170, 170, 170), (85, 85, 85), (0, 0, 0))
TANK, NAMED, LEAST_NAMED = 2, 6, 4  # letters: how wide a tank is, how much of its name there should be room for
KW_STEPS = (0.5, 1, 2, 5, 10, 20, 50)
HOUR_STEPS = (1, 2, 3, 6, 12, 24)


def draw(view: View, width: int, height: int) -> bytes:
    """Return the panel's picture as a PNG."""
    return _Panel(view, width, height).png()


class _Panel:
    def __init__(self, view: View, width: int, height: int) -> None:
        self.view = view
        self.scale = scale = max(1, min(width // 300, height // 200))
        self.picture = Picture(width, height, GREYS)
        self.letter, self.advance = HEIGHT * scale, ADVANCE * scale
        self.tank_height = 2 * self.letter + 3 * scale
        most_rows = max(1, height // 3 // (self.tank_height + 2 * scale))
        for named in (NAMED, LEAST_NAMED):
            self.per_row = max(1, width // ((TANK + named) * self.advance + 3 * scale))
            self.tank_rows = -(-len(view.stored_pct) // self.per_row)
            if self.tank_rows <= most_rows:
                break
        self.tank_rows = min(self.tank_rows, most_rows)
        self.words_at = scale + self.tank_rows * (self.tank_height + 2 * scale)
        watts = [0.0, *(one for one in (*view.sun_w, *view.spare_w) if one is not None)]
        watts += [sum(row[t] or 0.0 for _name, row in view.planned_w) for t in range(view.count)]
        watts += [sum(row[t] or 0.0 for _name, row in view.drawn_w) for t in range(view.count)]
        self.high_kw = max(0.5, math.ceil(max(watts) / 500) / 2)
        self.low_kw = max(-self.high_kw / 2, min(0.0, math.floor(min(watts) / 500) / 2))
        widest = max(len(f"{kw:g}") for kw in (self.low_kw, self.high_kw, 0.5))
        self.left, self.right = (widest + 1) * self.advance, width - 2 * scale
        self.top = self.words_at + self.letter + self.letter // 2 + scale
        self.bottom = height - self.letter - self.letter // 2 - 3 * scale

    def png(self) -> bytes:
        self._stack(self.view.planned_w, LIGHT)
        self._stack(self.view.drawn_w, DARK)
        self._scale_kw()
        self._scale_hours()
        self._line(self.view.sun_w, DARK)
        self._line(self.view.spare_w, BLACK)
        self._now()
        self._tanks()
        return self.picture.png()

    def _x(self, slot: float) -> float:
        return self.left + slot / self.view.count * (self.right - self.left)

    def _y(self, watts: float) -> float:
        share = (min(max(watts / 1000, self.low_kw), self.high_kw) - self.low_kw) / (self.high_kw - self.low_kw)
        return self.bottom - share * (self.bottom - self.top)

    def _stack(self, rows: Sequence[tuple[str, tuple[float | None, ...]]], grey: int) -> None:
        for t in range(self.view.count):
            below = 0.0
            for _name, row in rows:
                watts = row[t] or 0.0
                if watts > 0:
                    top, bottom = round(self._y(below + watts)), round(self._y(below))
                    self.picture.box(round(self._x(t)), top, round(self._x(t + 1)), bottom, grey)
                    self.picture.box(round(self._x(t)), top, round(self._x(t + 1)), top + self.scale, BLACK)
                    below += watts

    def _line(self, row: Sequence[float | None], grey: int) -> None:
        thick, rim = 2 * self.scale, 4 * self.scale
        piece: list[tuple[float, float]] = []
        for t, watts in enumerate((*row, None)):
            if watts is not None:
                piece.append((self._x(t + 0.5), self._y(watts)))
            elif piece:
                self.picture.line(piece, WHITE, rim, rim)
                self.picture.line(piece, grey, thick, thick)
                piece = []

    def _scale_kw(self) -> None:
        picture, letter = self.picture, self.letter
        kw_high = (self.bottom - self.top) / (self.high_kw - self.low_kw)
        step = next((one for one in KW_STEPS if one * kw_high >= 2 * letter), KW_STEPS[-1])
        for number in range(math.ceil(self.low_kw / step), math.floor(self.high_kw / step) + 1):
            y = round(self._y(number * step * 1000))
            for x in range(self.left, self.right, 1 if number == 0 else 4):  # dotted, but for 0
                picture.box(x, y, x + 1, y + 1, BLACK if number == 0 else DARK)
            words = f"{number * step:g}"
            picture.text(self.left - (len(words) + 1) * self.advance, y - letter // 2, words, BLACK, self.scale)
        picture.text(self.scale, self.words_at, "kW", BLACK, self.scale)

    def _scale_hours(self) -> None:
        """Write the hours of the clock, as many as there is room for."""
        picture, scale = self.picture, self.scale
        room = Picture.text_width("00:00", scale) + self.advance
        hour_wide = 60 / self.view.slot_min * (self._x(1) - self._x(0))
        step = next((one for one in HOUR_STEPS if one * hour_wide >= room), 24)
        begin, written_to = self.view.start.astimezone(UTC), -room
        for slot in range(self.view.count + 1):
            at = (begin + timedelta(minutes=slot * self.view.slot_min)).astimezone(self.view.start.tzinfo)
            if at.minute or at.hour % step:
                continue
            x = round(self._x(slot))
            picture.box(x, self.bottom, x + scale, self.bottom + 2 * scale, BLACK)
            middle = min(x, picture.width - room // 2)
            if middle - written_to < room:
                continue
            written_to = middle
            self._words(x, self.bottom + self.letter // 2 + 2 * scale, f"{at:%H:%M}")

    def _words(self, middle: int, top: int, words: str) -> None:
        wide = Picture.text_width(words, self.scale)
        left = min(max(0, middle - wide // 2), self.picture.width - wide)
        self.picture.text(left, top, words, BLACK, self.scale)

    def _now(self) -> None:
        passed = (self.view.now.astimezone(UTC) - self.view.start.astimezone(UTC)) / timedelta(
            minutes=self.view.slot_min
        )
        if 0 <= passed <= self.view.count:
            x = round(self._x(passed))
            self.picture.box(x - self.scale, self.top, x + 2 * self.scale, self.bottom, WHITE)
            self.picture.box(x, self.top, x + self.scale, self.bottom, BLACK)
            self._words(max(x, 2 * self.left), self.words_at, f"{self.view.now:%H:%M}")  # right of "kW"

    def _tanks(self) -> None:
        """Draw a tank for each load, as full as it is, with its percent and name; as many as there is room for."""
        names = list(self.view.stored_pct)[: self.tank_rows * self.per_row]
        if not names:
            return
        scale, wide = self.scale, self.picture.width // min(len(names), self.per_row)
        for index, name in enumerate(names):
            percent = min(100.0, max(0.0, self.view.stored_pct[name]))
            left = index % self.per_row * wide + scale
            top = scale + index // self.per_row * (self.tank_height + 2 * scale)
            right, bottom = left + TANK * self.advance, top + self.tank_height
            self.picture.box(left, top, right, bottom, BLACK)
            self.picture.box(left + scale, top + scale, right - scale, bottom - scale, WHITE)
            level = round(bottom - scale - (self.tank_height - 2 * scale) * percent / 100)
            self.picture.box(left + scale, level, right - scale, bottom - scale, DARK)
            text = right + 2 * scale
            room = (left + wide - text) // self.advance
            self.picture.text(text, top, f"{percent:.0f}%", BLACK, scale)
            self.picture.text(text, top + self.letter + 3 * scale, name.upper()[:room], BLACK, scale)
