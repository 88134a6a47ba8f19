"""A house with dead devices: the others are read all the same, at the same time, and nobody waits for each in turn."""

from __future__ import annotations

import pytest

from solarctl.errors import DeviceUnreachable
from tests.home import served

TABLES = '[devices.gone]\ndriver = "homewizard"\nbase_url = "http://127.0.0.1:1"\n'


@pytest.fixture
def home(tmp_path):
    with served(tmp_path, "homewizard", tables=TABLES) as made:
        yield made


def said(home, command):
    """Return which devices told something, and how long it took on the run's clock."""
    before = home.clock.monotonic()
    found = home.json(command)
    rows = found["devices" if command == "status" else "readings"]
    return {row["device"] for row in rows if row["at"]}, home.clock.monotonic() - before, found


@pytest.mark.parametrize("command", ["status", "record"])
def test_dead_devices(home, command):
    """Most are dead: the one that lives is read, each trouble is told once, and the run stays within its time."""
    home.run("record")
    made = home.emulators["homewizard"]
    made.faults.set("dead", tuple(name for name in made.devices if name != "p1"))
    found, took_s, whole = said(home, command)
    assert found == {"p1"}
    assert whole["exit"] == 75
    troubles = [error["device"] for error in whole["errors"]]
    assert sorted(troubles) == sorted({*made.devices, "gone"} - {"p1"})
    assert took_s < 20


def test_a_dead_device_is_waited_for_once(home):
    """However many questions there are to it: a socket that is gone is asked twice, as any question is, and no more."""
    made = home.emulators["homewizard"]
    home.run("record")
    before = len(made.asked("boiler-socket"))
    made.faults.set("dead", "boiler-socket")
    home.run("status")
    assert len(made.asked("boiler-socket")) - before == 2


def test_rows_come_in_the_configs_order(home):
    """Whoever answers first: the order is that of the config."""
    devices = [row["device"] for row in home.json("status")["devices"]]
    order = ["p1", "boiler-socket", "bike-socket", "solar-meter", "plug-in-battery", "gone"]
    assert sorted(devices, key=order.index) == devices


def test_supply_comes_first(shelf):
    """A relay that was silent when it was looked at is tried once more when it has to be switched."""
    driver = shelf.open("boiler-socket")
    shelf.made.faults.set("dead", times=2)  # a question and its repetition
    with pytest.raises(DeviceUnreachable):
        driver.read_switch()
    assert driver.switch(True)
    assert shelf.made.sockets["boiler-socket"].on
