"""A driver of somebody's own beside config.toml: it is found, and its mistakes are its device's, not ours."""

from __future__ import annotations

import itertools

import pytest

from tests.home import served

DRIVER = """
from dataclasses import dataclass
from datetime import datetime, timezone

from solarctl.readings import LoadReading, SwitchReading


class Boiler:
    @dataclass(frozen=True)
    class Settings:
        pin: int = 4

    def __init__(self, name, settings, context):
        self.answers = {"on": True}
        CONSTRUCTED

    def read_switch(self):
        return SwitchReading(at=datetime.now(timezone.utc), on=self.answers["KEY"])

    def switch(self, on):
        self.answers["KEY"]
        return True

    def read_device(self):
        return DEVICE
"""
GOOD = "LoadReading(at=datetime.now(timezone.utc), load_w=5.0)"
NUMBERS = itertools.count()  # a module is imported once in a process


@pytest.fixture
def own(tmp_path):
    """Give a home with the driver written as wanted, and the driver's name."""
    with served(tmp_path, "tuya", tables="") as home:

        def written(*, key="on", device=GOOD, constructed="pass"):
            package = f"their_house_{next(NUMBERS)}"
            (home.folder / package).mkdir()
            text = DRIVER.replace("KEY", key).replace("CONSTRUCTED", constructed).replace("DEVICE", device)
            (home.folder / package / "boiler.py").write_text(text)
            name = f"{package}.boiler:Boiler"
            home.configure(f'[devices.boiler]\ndriver = "{name}"\n')
            return home, name

        yield written


def test_it_is_found_beside_the_config(own):
    """`device list` knows what it can do, `device switch` switches it, `record` reads it."""
    home, name = own()
    rows = {row["device"]: row for row in home.json("device", "list")["devices"]}
    assert rows["boiler"] == {"device": "boiler", "driver": name, "capabilities": ["Switch", "DeviceMeter"]}
    assert home.run("device", "switch", "boiler", "off").exit == 0
    assert "boiler" in {row["device"] for row in home.json("record")["readings"]}


def test_a_key_that_is_missing(own):
    """What fails inside is said of that device with the driver's name and line; the others are read all the same."""
    home, name = own(key="onn")
    found = home.json("record")
    assert found["exit"] == 76
    [error] = found["errors"]
    assert error["device"] == "boiler"
    assert error["message"] == f"{name} failed (KeyError: 'onn')"
    assert error["hint"].startswith("Look at boiler.py, line ")
    assert {"grid-relay", "boiler"} <= {row["device"] for row in found["readings"]}
    status = home.json("status")
    assert "bug" not in str(status)


def test_switching_that_fails(own):
    """An action that fails inside the driver is a failed action of its device."""
    home, name = own(key="onn")
    result = home.run("device", "switch", "boiler", "off")
    assert result.exit == 76
    assert f"{name} failed (KeyError: 'onn')" in result.err
    assert "bug in solarctl" not in result.err


def test_no_reading(own):
    """A method that gives nothing is said so."""
    home, name = own(device="None")
    [error] = home.json("record")["errors"]
    assert error["message"] == f"{name} failed (read_device gives NoneType, no reading)"


def test_a_constructor_that_fails(own):
    """It is a mistake in the set-up of that device; the others are read."""
    home, name = own(constructed="1 / 0")
    found = home.json("record")
    assert found["exit"] == 78
    assert f"{name} failed (ZeroDivisionError: division by zero)" in found["errors"][0]["message"]
    assert "grid-relay" in {row["device"] for row in found["readings"]}
