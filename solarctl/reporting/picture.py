"""A small picture, drawn and written as PNG without any library; a few kilobytes that every mail program shows."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise

Colour = tuple[int, int, int]

# 5 by 7 dots per letter, a row per number, the highest of five bits at the left
FONT = {
    "0": (14, 17, 19, 21, 25, 17, 14),
    "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "3": (31, 2, 4, 2, 1, 17, 14),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (6, 8, 16, 30, 17, 17, 14),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14),
    "9": (14, 17, 17, 15, 1, 2, 12),
    "-": (0, 0, 0, 31, 0, 0, 0),
    ".": (0, 0, 0, 0, 0, 12, 12),
    ":": (0, 12, 12, 0, 12, 12, 0),
    "%": (24, 25, 2, 4, 8, 19, 3),
    "k": (16, 16, 18, 20, 24, 20, 18),
    "W": (17, 17, 17, 21, 21, 21, 10),
    "A": (14, 17, 17, 31, 17, 17, 17),
    "B": (30, 17, 17, 30, 17, 17, 30),
    "C": (14, 17, 16, 16, 16, 17, 14),
    "D": (30, 17, 17, 17, 17, 17, 30),
    "E": (31, 16, 16, 30, 16, 16, 31),
    "F": (31, 16, 16, 30, 16, 16, 16),
    "G": (14, 17, 16, 23, 17, 17, 15),
    "H": (17, 17, 17, 31, 17, 17, 17),
    "I": (14, 4, 4, 4, 4, 4, 14),
    "J": (7, 2, 2, 2, 2, 18, 12),
    "K": (17, 18, 20, 24, 20, 18, 17),
    "L": (16, 16, 16, 16, 16, 16, 31),
    "M": (17, 27, 21, 21, 17, 17, 17),
    "N": (17, 25, 21, 19, 17, 17, 17),
    "O": (14, 17, 17, 17, 17, 17, 14),
    "P": (30, 17, 17, 30, 16, 16, 16),
    "Q": (14, 17, 17, 17, 21, 18, 13),
    "R": (30, 17, 17, 30, 20, 18, 17),
    "S": (15, 16, 16, 14, 1, 1, 30),
    "T": (31, 4, 4, 4, 4, 4, 4),
    "U": (17, 17, 17, 17, 17, 17, 14),
    "V": (17, 17, 17, 17, 17, 10, 4),
    "X": (17, 17, 10, 4, 10, 17, 17),
    "Y": (17, 17, 10, 4, 4, 4, 4),
    "Z": (31, 1, 2, 4, 8, 16, 31),
    "_": (0, 0, 0, 0, 0, 0, 31),
    " ": (0, 0, 0, 0, 0, 0, 0),
}
ADVANCE, HEIGHT = 6, 7


class Picture:
    """Pixels by number of colour; number 0 is the background."""

    def __init__(self, width: int, height: int, colours: Sequence[Colour]) -> None:
        self.width = width
        self.height = height
        self._colours = colours
        self._rows = [bytearray(width) for _ in range(height)]

    def box(self, left: int, top: int, right: int, bottom: int, colour: int) -> None:
        """Fill from (left, top) to just before (right, bottom)."""
        left, right = max(0, left), min(self.width, right)
        if left < right:
            for y in range(max(0, top), min(self.height, bottom)):
                self._rows[y][left:right] = bytes([colour]) * (right - left)

    def line(self, points: Sequence[tuple[float, float]], colour: int, thick: int = 3, wide: int = 2) -> None:
        """Draw through points (x rising); `wide` is how thick its steep parts are."""
        for (x1, y1), (x2, y2) in pairwise(points):
            first, last = round(x1), max(round(x2), round(x1) + 1)
            for x in range(first, last):
                low, high = sorted((self._between(x, x1, y1, x2, y2), self._between(x + 1, x1, y1, x2, y2)))
                left = x - (wide - 1) // 2
                self.box(left, round(low) - thick // 2, left + wide, round(high) + (thick + 1) // 2, colour)

    @staticmethod
    def _between(x: float, x1: float, y1: float, x2: float, y2: float) -> float:
        share = 0.0 if x2 <= x1 else min(1.0, max(0.0, (x - x1) / (x2 - x1)))
        return y1 + share * (y2 - y1)

    def text(self, left: int, top: int, words: str, colour: int, scale: int = 3) -> None:
        """Write words of the letters in FONT, its top left corner at (left, top)."""
        for letter in words:
            for row, bits in enumerate(FONT.get(letter, FONT[" "])):
                for column in range(5):
                    if bits >> (4 - column) & 1:
                        x, y = left + column * scale, top + row * scale
                        self.box(x, y, x + scale, y + scale, colour)
            left += ADVANCE * scale

    @staticmethod
    def text_width(words: str, scale: int = 3) -> int:
        """Return how wide words are."""
        return (len(words) * ADVANCE - 1) * scale

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 3, 0, 0, 0)  # 8 bits, by palette
        palette = b"".join(bytes(colour) for colour in self._colours)
        pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), 9)
        chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
