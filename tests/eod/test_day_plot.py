"""The picture in the evening mail: a PNG that any mail program shows."""

from __future__ import annotations

import struct
import zlib
from datetime import timedelta

import pytest

from solarctl.reporting import day_plot
from tests.eod.evening_day import MIDNIGHT, PEAK, rows


def pixels(png: bytes) -> tuple[int, int, list[bytes], list[tuple[int, int, int]]]:
    """Decode a PNG as any reader would, checking its sums."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    position, chunks = 8, {}
    while position < len(png):
        (length,) = struct.unpack(">I", png[position : position + 4])
        kind, content = png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        assert struct.unpack(">I", png[position + 8 + length : position + 12 + length])[0] == zlib.crc32(kind + content)
        chunks[kind] = content
        position += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) == (8, 3)
    raw = zlib.decompress(chunks[b"IDAT"])
    lines = [raw[y * (width + 1) + 1 : (y + 1) * (width + 1)] for y in range(height)]
    table = chunks[b"PLTE"]
    return width, height, lines, [tuple(table[i : i + 3]) for i in range(0, len(table), 3)]  # type: ignore[misc]


def test_the_picture() -> None:
    """A valid PNG of a few kilobytes with the peak shaded and every line in its colour."""
    day = rows(
        solar_w=lambda s: 3000.0, load_w=lambda s: 800.0, grid_w=lambda s: -1500.0, battery_w=lambda s: -700.0
    ) + [{"at": MIDNIGHT + timedelta(minutes=30 * n), "soc_pct": 50.0 + n} for n in range(40)]
    png = day_plot.draw(day, MIDNIGHT, MIDNIGHT + timedelta(days=1), PEAK)
    width, height, lines, palette = pixels(png)
    assert (width, height) == (1200, 640)
    assert len(png) < 20_000
    used = {palette[number] for line in lines for number in set(line)}
    assert used == {
        *day_plot.COLOURS,
        *(colour for colour, _ in day_plot.SERIES.values()),
        day_plot.CHARGE,
    }


@pytest.mark.parametrize("watts", [0.0, 1.0, 50.0, 25_000.0, -9000.0])
def test_pictures_of_odd_days(watts: float) -> None:
    """Whatever the powers, the scale fits and nothing is drawn outside."""
    pixels(day_plot.draw(rows(grid_w=lambda s: watts), MIDNIGHT, MIDNIGHT + timedelta(days=1), ()))


def test_no_picture_of_nothing() -> None:
    """Without rows there is no picture."""
    assert day_plot.draw([], MIDNIGHT, MIDNIGHT + timedelta(days=1), ()) == b""
    one = [{"at": MIDNIGHT, "soc_pct": 5.0}]
    assert day_plot.draw(one, MIDNIGHT, MIDNIGHT + timedelta(days=1), ()) == b""
