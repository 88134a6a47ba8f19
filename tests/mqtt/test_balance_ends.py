"""The end of `balance --for`: the run is over in time, and a guard looks after the loads until a successor comes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from solarctl.balancing.lease import Lease
from solarctl.clock import SystemClock
from solarctl.state import StateFile
from tests.mqtt.steady_house import until

OF_ITS_OWN = 2  # sockets that the MQTT client wakes itself with, before there is any connection


def guard_pid(house) -> int | None:
    """The process that looks after the loads, if there is one."""
    try:
        words = (house.folder / "state" / "locks" / "use.balance-guard").read_text().split()
    except OSError:
        return None
    return int(words[0]) if words else None


def availability(house) -> str:
    return house.ear.on("regul/status/availability")[-1]


@pytest.fixture
def guarded(house):
    """A house that a run has left to its guard; whatever a test does, no process stays behind."""
    with house.balance("--for", "4", "--json") as run:
        house.settled()
        code, out, err = run.end()
        assert (code, err) == (0, "")
        house.rows = [json.loads(line) for line in out.splitlines()]
    assert house.heater.power_w > 1300, "the loads are as they were when the run is over"
    until(lambda: guard_pid(house), what="a guard")
    house.guard = guard_pid(house)
    yield house
    until(lambda: guard_pid(house) is None or not Path(f"/proc/{house.guard}").exists(), what="the guard is gone")


@pytest.mark.slow  # fifteen seconds are waited for a successor
def test_nobody_takes_the_lease(guarded):
    """Without a successor the run ends with 0 and without waiting; the guard brings the loads to 0 after 15 s."""
    assert len(guarded.rows) >= 3
    wanted = {"command", "at", "reason", "because", "exit", "readings", "actions", "errors", "loads"}
    assert wanted <= guarded.rows[-1].keys()
    action = guarded.rows[-1]["actions"][0]
    assert action == {"device": "water-heater", "action": "power", "to": action["to"], "outcome": "unchanged"}
    assert availability(guarded) == "online"
    until(lambda: guarded.heater.percent == 0, what="off")
    until(lambda: availability(guarded) == "offline", what="offline")
    until(lambda: not (guarded.folder / "state" / "locks" / "balance.lease").exists(), what="the lease is given back")
    memory = json.loads((guarded.folder / "state" / "state.json").read_text())["memory"]["balance"]
    assert not memory["loads"]["water-heater"]["on"]


def test_a_successor_ends_the_guard(guarded):
    """A run that starts after the first has ended goes on from where it stood, and the guard says nothing."""
    heard = len(guarded.emulator.vload.heard)
    with guarded.balance() as second:
        until(lambda: not Path(f"/proc/{guarded.guard}").exists(), what="the guard is gone")
        until(lambda: len(guarded.emulator.vload.heard) > heard, what="the successor speaks")
        guarded.settled()
        assert all(float(one) > 0 for one in guarded.emulator.vload.heard[heard:])
        assert availability(guarded) == "online"
        assert second.stop()[0] == 143


def test_a_signal_to_the_guard(guarded):
    """Whoever ends the guard (systemd ends what a unit has left behind) switches the loads off at once."""
    os.kill(guarded.guard, signal.SIGTERM)
    until(lambda: guarded.heater.percent == 0, seconds=8, what="off")
    until(lambda: availability(guarded) == "offline", what="offline")


def test_the_guard_is_killed(guarded):
    """Its last will says offline, and the next run begins as after any power cut."""
    until(lambda: sockets(guarded) > OF_ITS_OWN, what="the guard is on the broker")
    time.sleep(0.5)  # and has said hello, with its last will; nobody else hears that
    os.kill(guarded.guard, signal.SIGKILL)
    until(lambda: availability(guarded) == "offline", what="the last will")
    with guarded.balance() as second:
        guarded.settled()
        until(lambda: availability(guarded) == "online", what="back")
        assert second.stop()[0] == 143


def sockets(house) -> int:
    """How many sockets the guard holds."""
    links = Path(f"/proc/{house.guard}/fd")
    return sum(os.readlink(one).startswith("socket:") for one in links.iterdir() if one.is_symlink())


def test_a_guard_that_comes_too_late(house):
    """A guard finds that a successor has the lease already: it touches nothing."""
    clock = SystemClock()
    lease = Lease(StateFile(house.folder / "state", clock), clock)
    lease.take(None)
    words = [sys.executable, "-m", "solarctl.balancing.guard", str(house.folder / "config.toml")]
    done = subprocess.run([*words, str(house.folder / "state"), "another-token", "0.2"], timeout=60)
    time.sleep(0.3)
    assert done.returncode == 0
    assert not house.emulator.vload.heard
    assert not lease.is_lost()
    lease.release()
