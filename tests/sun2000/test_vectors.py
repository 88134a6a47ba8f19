"""Recorded answers of real inverters, and the numbers they mean."""

from __future__ import annotations

import pytest

from solarctl.drivers.daylight import is_night, sun_height_deg
from solarctl.drivers.modbus import i16, i32, text, u16, u32
from tests.sun2000.conftest import NOON

DONGLE_HEX = """
    0001 0000 096A 0000 094D 0000 0974 0000 01A7 FFFF FE5E 0000 0197 0000 03E3 0000 0043 FEB5 1388 0000 9ADD 0000 5AD1
    0000 0000 0001 0000 1034 0000 103D 0000 1056 0000 03F6 FFFF FC1E 0000 03CF"""
DONGLE = [int(word, 16) for word in DONGLE_HEX.split()]
METER_DECIMAL = """
    0 2326 0 2338 0 2336 0 242 0 229 0 222 0 1277 0 617 64748 5000 15 12656 9 58455 0 0 1 0 4040 0 4047 0 4037 0 542
    0 466 0 269"""
METER = [int(word) for word in METER_DECIMAL.split()]


def preset(one, address, words):
    one.sun.faults.set("register", {address + index: word for index, word in enumerate(words)})


def test_a_real_dongle_that_exports(bench):
    """995 W of export over three phases, one of which imports."""
    one = bench()
    preset(one, 37100, DONGLE)
    grid = one.device().read_grid()
    assert grid.grid_w == -995
    assert grid.phases_w == (-1014, 994, -975)
    assert grid.phases_a == (-4.23, 4.18, -4.07)
    assert (grid.export_kwh, grid.import_kwh) == (396.45, 232.49)
    assert sum(grid.phases_w) == grid.grid_w


def test_another_one(bench):
    """1277 W of export, and counters beyond 16 bits."""
    one = bench()
    preset(one, 37101, METER)
    grid = one.device().read_grid()
    assert grid.grid_w == -1277
    assert grid.phases_w == (-542, -466, -269)
    assert (grid.export_kwh, grid.import_kwh) == (9956.96, 6482.79)


def test_counters_that_run_downwards(bench):
    """Some firmware counts export with a minus."""
    one = bench()
    preset(one, 37119, [0xFFFF, 0xFFFF - 999])
    assert one.device().read_grid().export_kwh == 10.0


def test_a_single_phase_meter(bench):
    """Phases that are not there are not zero."""
    one = bench()
    preset(one, 37125, [0])
    grid = one.device().read_grid()
    assert len(grid.phases_w) == len(grid.phases_a) == 1


@pytest.mark.parametrize(
    ("decode", "words", "value"),
    [
        (i32, (0x7FFF, 0xFFFF), None), (i32, (0x8000, 0), None), (i32, (0xFFFF, 0xFFFF), -1), (i32, (0, 0x8000), 32768),
        (i32, (65535, 63556), -1980), (i32, (0, 0x03E3), 995), (i32, (0xFFFF, 0xFC1E), -994),
        (u32, (0xFFFF, 0xFFFF), None), (u32, (0, 20734), 20734), (u32, (0, 0x1F40), 8000),
        (u16, (0xFFFF,), None), (u16, (40960,), 0xA000), (i16, (0x7FFF,), None), (i16, (0x8000,), None),
        (i16, (0xFEB5,), -331),
    ],
)  # fmt: skip
def test_numbers(decode, words, value):
    """High word first, two's complement, and "no value" is None."""
    assert decode(words, 0) == value


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ((21333, 20018, 12336, 12333, 13131, 21580, 11596, 12544, 0, 0), "SUN2000-3KTL-L1"),
        ((18518, 13104, 12849, 13874, 12592, 14389), "HV3021621085"),
    ],
)
def test_texts(words, value):
    """Two characters to a register."""
    assert text(words) == value


def test_day_and_night():
    """The sun stands where an almanac has it, also without a place in the config."""
    assert sun_height_deg(NOON, 52.4, 4.9) == pytest.approx(54.6, abs=1)
    assert sun_height_deg(NOON.replace(month=12, day=21, hour=12), 52.4, 4.9) == pytest.approx(14, abs=1.5)
    assert not is_night(NOON, {})
    assert is_night(NOON.replace(hour=23), {})
    assert is_night(NOON, {"latitude": -33.9, "longitude": 151.2})
