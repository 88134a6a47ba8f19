"""Recorded answers of real inverters, and the numbers they mean."""

from __future__ import annotations

import socket
import time

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


def raw(one, frame: str) -> str:
    """Send bytes as they are and return the answer's, in hex."""
    with socket.create_connection(("127.0.0.1", one.sun.port), timeout=5) as line:
        time.sleep(0.1)  # until the emulator has accepted; its settling time is 0 here
        line.sendall(bytes.fromhex(frame))
        return line.recv(300).hex(" ").upper()


def test_frames_as_they_were_recorded(bench):
    """Request and answer have the bytes of real logs: the model of unit 2, rated power, an unknown register."""
    one = bench(units={2: 1.0, 1: 0.0, 0: 0.0}, settle_s=0)
    one.sun.faults.set("register", {30073: 0, 30074: 0x1F40, 30075: 0, 30076: 0x2260})
    model = raw(one, "00 0F 00 00 00 06 02 03 75 30 00 0F")
    assert model.startswith("00 0F 00 00 00 21 02 03 1E 53 55 4E 32 30 30 30")
    power = raw(one, "00 01 00 00 00 06 01 03 75 79 00 04")
    assert power == "00 01 00 00 00 0B 01 03 08 00 00 1F 40 00 00 22 60"
    assert raw(one, "00 05 00 00 00 06 00 03 91 50 00 02") == "00 05 00 00 00 03 00 83 02"


def test_what_else_the_inverter_refuses(bench):
    """Writes need an installer's log-in, other functions and too many registers are refused."""
    one = bench(settle_s=0)
    assert raw(one, "00 01 00 00 00 06 01 06 B7 3E 00 01").endswith("01 86 80")
    assert raw(one, "00 01 00 00 00 06 01 04 91 50 00 02").endswith("01 84 01")
    assert raw(one, "00 01 00 00 00 06 01 03 91 50 00 FF").endswith("01 83 03")


def test_the_driver_sends_the_recorded_bytes(bench):
    """Registers go over the wire as they are numbered, without an offset."""
    one = bench()
    one.device(unit=1).read_grid()
    assert [hex(request.address) for request in one.sun.journal] == ["0x7d40", "0x9380", "0x90ec", "0x90ed"]
    assert {request.function for request in one.sun.journal} == {3}
