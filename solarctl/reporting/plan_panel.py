"""The plan for an e-paper panel: a PNG of four greys, any size.

The five things of homewizard_project's panel: how full each load is (on top), the sun foreseen (thick, grey), what
the sun really left over (thick, black), the planned loads (stacked, light), the measured loads (stacked, dark); and
a line where it is now.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from solarctl.reporting.picture import ADVANCE, HEIGHT, Picture
from solarctl.reporting.plan_view import View

WHITE, LIGHT, DARK, BLACK = range(4)
GREYS = ((255, 255, 255), (170, 170, 170), (85, 85, 85), (0, 0, 0))


def draw(view: View, width: int, height: int) -> bytes:
    """Return the panel's picture as a PNG."""
    return _Panel(view, width, height).png()


class _Panel:
    def __init__(self, view: View, width: int, height: int) -> None:
        self.view = view
        self.scale = max(1, min(width // 300, height // 200))
        self.picture = Picture(width, height, GREYS)
        letter = HEIGHT * self.scale
        self.left, self.right = 5 * ADVANCE * self.scale, width - 2 * self.scale
        self.top, self.bottom = 4 * letter, height - 2 * letter
        watts = [0.0, *(one for one in (*view.sun_w, *view.spare_w) if one is not None)]
        watts += [sum(row[t] or 0.0 for _name, row in view.planned_w) for t in range(view.count)]
        watts += [sum(row[t] or 0.0 for _name, row in view.drawn_w) for t in range(view.count)]
        self.high_kw = max(0.5, math.ceil(max(watts) / 500) / 2)
        self.low_kw = max(-self.high_kw / 2, min(0.0, math.floor(min(watts) / 500) / 2))

    def png(self) -> bytes:
        self._stack(self.view.planned_w, LIGHT)
        self._stack(self.view.drawn_w, DARK)
        self._frame()
        self._line(self.view.sun_w, LIGHT)
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
                    self.picture.box(round(self._x(t)), top, round(self._x(t + 1)), top + 1, BLACK)
                    below += watts

    def _line(self, row: Sequence[float | None], grey: int) -> None:
        piece: list[tuple[float, float]] = []
        for t, watts in enumerate((*row, None)):
            if watts is not None:
                piece.append((self._x(t + 0.5), self._y(watts)))
            elif piece:
                self.picture.line(piece, grey, 2 * self.scale)
                piece = []

    def _frame(self) -> None:
        picture, scale = self.picture, self.scale
        for kw in (self.low_kw, 0.0, self.high_kw):
            y = round(self._y(kw * 1000))
            picture.box(self.left, y, self.right, y + 1, DARK if kw == 0 else LIGHT)
            words = f"{kw:g}"
            picture.text(self.left - (len(words) + 1) * ADVANCE * scale, y - HEIGHT * scale // 2, words, BLACK, scale)
        picture.text(scale, self.top - 2 * HEIGHT * scale, "kW", BLACK, scale)
        for hour in range(0, 25, 6):
            moment = self.view.start + timedelta(hours=hour)
            x = round(self._x(hour * 60 / self.view.slot_min))
            picture.box(x, self.bottom, x + 1, self.bottom + 2 * scale, BLACK)
            words = f"{moment:%H:%M}"
            wide = Picture.text_width(words, scale)
            picture.text(
                min(max(0, x - wide // 2), self.picture.width - wide), self.bottom + 3 * scale, words, BLACK, scale
            )

    def _now(self) -> None:
        passed = (self.view.now - self.view.start) / timedelta(minutes=self.view.slot_min)
        if 0 <= passed <= self.view.count:
            x = round(self._x(passed))
            self.picture.box(x, self.top, x + self.scale, self.bottom, BLACK)
            words = f"{self.view.now:%H:%M}"
            wide = Picture.text_width(words, self.scale)
            left = min(max(0, x - wide // 2), self.picture.width - wide)
            self.picture.text(left, self.top - HEIGHT * self.scale - self.scale, words, BLACK, self.scale)

    def _tanks(self) -> None:
        """Draw a tank for each load, as full as it is, with its name and percent."""
        names = list(self.view.stored_pct)
        if not names:
            return
        scale, letter = self.scale, HEIGHT * self.scale
        wide = self.picture.width // len(names)
        for index, name in enumerate(names):
            percent = min(100.0, max(0.0, self.view.stored_pct[name]))
            left, top, tall = index * wide + scale, scale, 2 * letter + 2 * scale
            right = left + ADVANCE * scale
            self.picture.box(left, top, right, top + tall, BLACK)
            self.picture.box(left + 1, top + 1, right - 1, top + tall - 1, WHITE)
            self.picture.box(
                left + 1, round(top + (tall - 1) - (tall - 2) * percent / 100), right - 1, top + tall - 1, DARK
            )
            room = max(0, (wide - ADVANCE * scale) // (ADVANCE * scale) - 1)
            self.picture.text(right + scale, top, f"{percent:.0f}%"[:room], BLACK, scale)
            self.picture.text(right + scale, top + letter + 2 * scale, name.upper()[:room], BLACK, scale)
