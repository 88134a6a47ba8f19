"""A key that names the wrong device is told as that key; so is a table that is not there, and a moment that is none."""

from __future__ import annotations

from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from solarctl.errors import UsageError
from solarctl.options import moment
from tests.home import served

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TODAY = date(2026, 7, 1)


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, "solax-cloud", "tuya", tables="") as home:
        yield home


def line_of(house, text):
    return next(n for n, line in enumerate(house.config_path.read_text().splitlines(), 1) if line.startswith(text))


def test_a_device_that_cannot_do_it(house):
    """The run points at the key, and says where the device is; check and the run agree on the line."""
    house.configure('[grid-guard]\nbattery = "grid-relay"\nswitch = "grid-relay"\n')
    told = house.run("grid-guard", "-n")
    key, device = line_of(house, "battery ="), line_of(house, "[devices.grid-relay]")
    assert told.exit == 78
    assert f"line {key}, grid-guard.battery: grid-relay (tuya-switch, line {device}) is not a BatteryMeter" in told.err
    assert "Devices that are: inverter." in told.err
    checked = house.json("check")["problems"]
    assert ("grid-guard.battery", key) in {(one["path"], one["line"]) for one in checked}


def test_a_device_that_is_not_there(house):
    """The key that names it is told, with its line and the nearest name."""
    house.configure('[grid-guard]\nbattery = "invertr"\nswitch = "grid-relay"\n')
    told = house.run("grid-guard", "-n")
    assert told.exit == 78
    assert f"line {line_of(house, 'battery =')}, grid-guard.battery: there is no [devices.invertr]" in told.err
    assert "Did you mean inverter?" in told.err


def test_a_device_named_by_a_person(house):
    """Without a key it is the device's own table that is told."""
    told = house.run("device", "switch", "inverter", "on", "-n")
    assert told.exit == 78
    assert "devices.inverter: inverter (solax-cloud) is not a Switch" in told.err


def test_keys_in_lists_of_tables(house):
    """A planned device is told with its place in the list."""
    load = '[[plan.devices]]\ndevice = "inverter"\npower_w = 1\ncapacity_kwh = 1\n'
    house.configure('[plan]\nforecast = "sun"\ngrid = "inverter"\n' + load)
    told = house.run("apply", "-n")
    assert told.exit == 78
    assert "plan.devices.0.device" in told.err


def test_apply_without_a_plan_table(house):
    """The missing table is told, not each of its keys."""
    told = house.run("apply", "-n")
    assert told.exit == 78
    assert "there is no [plan]" in told.err
    assert "plan.forecast" not in told.err


@pytest.mark.parametrize(
    ("command", "tables", "path"),
    [
        ("grid-guard", '[grid-guard]\nbattery = "inverter"\nswitch = ["r", "r"]\n', "grid-guard.switch"),
        ("precool", '[precool]\nbattery = "b"\nweather = "w"\nthermostats = ["h", "h"]\n', "precool.thermostats"),
        (
            "plan",
            '[plan]\nforecast = "sun"\ngrid = "p1"\n'
            + '[[plan.devices]]\ndevice = "a"\npower_w = 1\ncapacity_kwh = 1\n' * 2,
            "plan.devices",
        ),
        (
            "balance",
            '[balance]\ngrid = "p1"\n' + '[[balance.loads]]\ndevice = "a"\npower_w = 1\n' * 2,
            "balance.loads",
        ),
    ],
)  # fmt: skip
def test_the_same_device_twice(house, command, tables, path):
    """A device named twice in a list is an error, for check and for the run."""
    house.configure(tables)
    told = house.run(command, "-n")
    assert told.exit == 78
    assert "twice" in told.err
    assert any(one["path"] == path and "twice" in one["message"] for one in house.json("check")["problems"])


@pytest.mark.parametrize(("kind", "key"), [("devices", "driver"), ("accounts", "service")])
def test_a_misspelt_driver(house, kind, key):
    """The key, its line, and the nearest name there is."""
    wrong, right = ("tuya-swich", "tuya-switch") if kind == "devices" else ("tuja", "tuya")
    house.write(house.config_path.read_text().replace(f'{key} = "{right}"', f'{key} = "{wrong}"'))
    told = house.run("device", "read", "grid-relay")
    assert told.exit == 78
    assert f"{key}: there is no {key} '{wrong}'" in told.err
    line = line_of(house, f'{key} = "{wrong}"')
    assert f"line {line}, " in told.err
    assert f"Did you mean '{right}'?" in told.err


@pytest.mark.parametrize(
    ("text", "hour"),
    [("13:55", 11), ("13:55:10", 11), ("13:55+00:00", 13), ("2026-07-01T13:55", 11), ("2026-07-01T13:55Z", 13)],
)
def test_moments(text, hour):
    """A bare time is today's in the house's zone."""
    found = moment(text, AMSTERDAM, TODAY).astimezone(UTC)
    assert (found.date(), found.hour, found.minute) == (TODAY, hour, 55)


@pytest.mark.parametrize("text", ["25:00", "14:60", "noon", "", "14", "0001-01-01T00:00+14:00", "9999-12-31", "12:xx"])
def test_no_moments(text):
    """The hint says what to type."""
    with pytest.raises(UsageError) as told:
        moment(text, AMSTERDAM, TODAY)
    assert "13:55" in told.value.hint


def test_a_bare_time_on_the_command_line(house):
    """`--now 14:00` asks about today."""
    house.configure('[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n')
    answer = house.json("grid-guard", "--now", "14:00")
    assert answer["dry_run"]
    assert answer["at"][11:16] == "14:00"
