"""Nobody reads what `balance` prints: the loads follow the sun all the same."""

from __future__ import annotations

import fcntl
import json
import os
import pty

from solarctl.outlet import KEPT, Outlet
from tests.mqtt.steady_house import until

PAGE = 4096


def test_a_reader_that_stalls(house):
    """With the pipe full the heater follows the sun; who reads again finds whole objects."""
    with house.balance("--json") as run:
        fcntl.fcntl(run.process.stdout.fileno(), fcntl.F_SETPIPE_SZ, PAGE)
        house.settled()
        told = len(house.ear.on("regul/status"))
        until(lambda: len(house.ear.on("regul/status")) > told + 5, what="more than the pipe holds")
        house.steady.solar_w = 0.0
        until(lambda: house.heater.percent == 0, seconds=10, what="off with the sun")
        house.steady.solar_w = 1800.0
        house.settled()
        code, out, _err = run.stop()
    rows = [json.loads(line) for line in out.splitlines()]
    assert {row["command"] for row in rows} == {"balance"}
    assert code == rows[-1]["exit"] == 143
    assert "told their safe level" in rows[-1]["because"]
    assert len(out) > PAGE


def test_nobody_ever_reads(house):
    """The pipe is never read at all: the run ends when it is told to, with the loads off."""
    with house.balance("--json") as run:
        fcntl.fcntl(run.process.stdout.fileno(), fcntl.F_SETPIPE_SZ, PAGE)
        house.settled()
        run.process.terminate()
        assert run.process.wait(30) == 143
    assert house.heater.percent == 0


def test_the_last_object_tells_what_the_process_gives(house):
    """SIGTERM: the last object says exit 143 as the process does, and what became of the loads."""
    with house.balance("--json") as run:
        house.settled()
        code, out, _err = run.stop()
    last = json.loads(out.splitlines()[-1])
    assert (code, last["exit"], last["actions"]) == (143, 143, [])


def read_on(reading: int, outlet: Outlet) -> bytes:
    """Read until nothing more comes."""
    got = b""
    while True:
        outlet.flush()
        try:
            got += os.read(reading, PAGE)
        except BlockingIOError:
            return got


def test_lines_are_left_out_whole_and_counted():
    """Long lines into a full pipe: what the reader gets is whole, in order, and says how many are missing."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PAGE)
    os.set_blocking(reading, False)
    outlet = Outlet(os.fdopen(writing, "w", encoding="utf-8"), lambda lines: f"{lines} left out")
    lines = [f"{number} " + "x" * 5000 for number in range(KEPT + 20)]
    for line in lines:
        print(line, file=outlet, flush=True)
    got = read_on(reading, outlet)
    print("again", file=outlet, flush=True)
    found = (got + read_on(reading, outlet)).decode().splitlines()
    kept = len(found) - 2
    assert found == [*lines[:kept], f"{len(lines) - kept} left out", "again"]
    assert KEPT <= kept < len(lines)
    os.close(reading)


def test_a_stopped_terminal():
    """A terminal that takes nothing more (Ctrl-S, a dead window) keeps nobody waiting."""
    leader, follower = pty.openpty()
    outlet = Outlet(os.fdopen(follower, "w", encoding="utf-8"), str)
    assert outlet.isatty()
    for _ in range(KEPT * 3):
        print("x" * 2000, file=outlet, flush=True)
    assert os.read(leader, 100).startswith(b"xxx")
    os.close(leader)
