"""A drawing as SVG: the same calls as picture.Picture, its colours as classes, so that a page can have a dark side."""

from __future__ import annotations

from collections.abc import Sequence

from solarctl.reporting.markup import escape

LETTER = 18  # a letter's advance in day_plot's measure (picture.ADVANCE dots of 3)
FONT_SIZE = 29  # of a font whose letters are 0.6 wide
LETTER_HEIGHT = 21


class SvgPicture:
    """Shapes in order; `words` is what a screen reader says."""

    def __init__(self, width: int, height: int, words: str) -> None:
        self.width = width
        self.height = height
        self._words = words
        self._parts: list[str] = []

    def box(self, left: int, top: int, right: int, bottom: int, colour: int) -> None:
        """Fill from (left, top) to just before (right, bottom)."""
        if right > left and bottom > top:
            self._parts.append(
                f'<rect class="f{colour}" x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"/>'
            )

    def line(self, points: Sequence[tuple[float, float]], colour: int, thick: int = 3) -> None:
        """Draw through points."""
        if len(points) > 1:
            path = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
            self._parts.append(f'<path class="l{colour}" stroke-width="{thick}" d="M{path}"/>')

    def text(self, left: int, top: int, words: str, colour: int, scale: int = 3) -> None:
        """Write words, their top left corner at (left, top)."""
        size = FONT_SIZE * scale // 3
        baseline = top + LETTER_HEIGHT * scale // 3
        self._parts.append(
            f'<text class="f{colour}" x="{left}" y="{baseline}" font-size="{size}">{escape(words)}</text>'
        )

    def hover(self, left: float, top: float, right: float, bottom: float, words: str) -> None:
        """Say words where the pointer rests on a part of the plot."""
        self._parts.append(
            f'<rect class="hover" x="{left:.1f}" y="{top:.0f}" width="{right - left:.1f}" height="{bottom - top:.0f}">'
            f"<title>{escape(words)}</title></rect>"
        )

    def mark(self, x: float, y: float, kind: str, words: str, target: str, *, until: float) -> None:
        """Draw a mark from `x` to `until`; it says words when pointed at, and leads to `target` on the page."""
        self._parts.append(
            f'<a href="#{escape(target)}"><rect class="mark {kind}" x="{x - 9:.0f}" y="{y - 9:.0f}" '
            f'width="{until - x + 18:.0f}" height="18" rx="9"><title>{escape(words)}</title></rect></a>'
        )

    def legend(self, left: int, names: Sequence[tuple[int, str]]) -> None:
        """Add a line below that says which colour is what; for a picture that stands alone."""
        top = self.height
        self.height += 3 * LETTER_HEIGHT
        for colour, name in names:
            self.box(left, top + 6, left + LETTER_HEIGHT, top + 6 + LETTER_HEIGHT, colour)
            self.text(left + 2 * LETTER, top + 6, name, 2)
            left += (len(name) + 4) * LETTER

    def svg(self, *, attributes: str = "", style: str = "") -> str:
        """Return the picture; with `style` it stands alone as a file."""
        inside = f"<style>{style}</style>" if style else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{escape(self._words)}"{attributes}>{inside}{"".join(self._parts)}</svg>'
        )
