"""`quartz` with a program of the owner's: what it prints, and what it does wrong."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from solarctl.drivers import csv_program
from solarctl.errors import DeviceReplyError
from tests.forecast.observatory import Observatory


@pytest.fixture
def sun(opened) -> Observatory:
    return opened("quartz")


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


@pytest.mark.parametrize(
    ("lines", "slot_min", "expected"),
    [
        (["time,kw", "2026-06-21T10:00:00,1.5", "2026-06-21 10:15:00;2"], 15, (1500, 2000)),
        (["2026-06-21T12:00:00+02:00,1.5", "2026-06-21T12:15:00+02:00,2"], 15, (1500, 2000)),
        (['"2026-06-21T10:00:00",1.5,x', "rubbish", ",", "2026-06-21T10:15:00,2"], 15, (1500, 2000)),
        ([f"2026-06-21T{h}:00:00,{h - 9}" for h in (10, 11, 12)], 30, (1000, 1000, 2000)),  # hours
        ([f"2026-06-21T10:{m:02}:00,{m}" for m in range(30)], 15, (7000, 22000)),  # minutes
        (["2026-06-21T10:00:00,-3", "2026-06-21T10:15:00,2"], 15, (0, 2000)),
    ],
)
def test_what_it_prints(sun, lines, slot_min, expected):
    """Slots in UTC where no zone is said, as long as the stamps are apart, in kW; other lines are passed over."""
    hours = len(expected) * slot_min / 60 - 0.2
    found = sun.read(hours, slot_min, command=python(f"print('''{chr(10).join(lines)}''')"))
    assert found.solar_w[: len(expected)] == pytest.approx(expected)
    assert found.source == "Quartz"


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (python("raise SystemExit('no model')"), "no model"),
        (python("import sys; sys.exit(3)"), "ended with 3"),
        (python("import os; os.kill(os.getpid(), 9)"), "ended with -9"),
        (("/no/such/program",), "cannot be started"),
        (("/etc/passwd",), "cannot be started"),
    ],
)
def test_a_program_that_fails(sun, command, word):
    """It counts as silence: a clear sky, and why."""
    found = sun.read(command=command)
    assert word in found.note
    assert found.source == "clear sky"


@pytest.mark.parametrize("lines", ["", "<html>", "2026-06-21T10:00:00,nan", "2026-06-21T10:00:00", "\0\0\0,1"])
def test_garbage(sun, lines):
    """Not one line that can be read is nonsense, not a dark day."""
    with pytest.raises(DeviceReplyError, match="empty"):
        sun.read(command=python(f"print({lines!r})"))


def test_bytes_that_are_no_text(sun):
    """They harm only their own line."""
    program = "import sys; sys.stdout.buffer.write(b'\\xff\\xfe,1\\n2026-06-21T10:00:00,1.5\\n')"
    assert sun.read(0.2, command=python(program)).solar_w[0] == 1500


def test_more_than_anybody_could_mean(sun, monkeypatch):
    """A program that never stops printing is stopped, long before the memory is full."""
    monkeypatch.setattr(csv_program, "LARGEST", 100_000)
    with pytest.raises(DeviceReplyError, match="prints more than"):
        sun.read(command=python("while True: print('2026-06-21T10:00:00,1.5')"))


@pytest.mark.parametrize("through", ["", "sh"])
def test_a_program_that_hangs(sun, tmp_path, through):
    """It is stopped in time, and so is what it has started."""
    pid = tmp_path / "pid"
    sleeper = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    command = python(sleeper)
    if through:
        command = ("/bin/sh", "-c", f'{sys.executable} -c "{sleeper}"; echo done')
    assert "took longer than" in sun.read(command=command, command_s=0.5).note
    assert not _lives(pid)


def _lives(pid: Path) -> bool:
    for _ in range(100):
        try:
            os.kill(int(pid.read_text()), 0)
        except (ProcessLookupError, FileNotFoundError):
            return False
        state = Path(f"/proc/{pid.read_text()}/stat")
        if state.exists() and state.read_text().split()[2] == "Z":
            return False  # ended; whose child it has become has not looked yet
        time.sleep(0.02)
    return True


def test_what_a_program_says_beside_its_lines(sun):
    """Warnings on stderr, however long, neither stop it nor are taken for lines."""
    program = "import sys; sys.stderr.write('warning\\n' * 200000); print('2026-06-21T10:00:00,1.5')"
    assert sun.read(0.2, command=python(program)).solar_w[0] == 1500
