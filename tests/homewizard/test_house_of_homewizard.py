"""A house of HomeWizard devices: what each of them is, is known, and no socket passes for the house."""

from __future__ import annotations

import re

import pytest

from tests.home import served

PLAN = """
[devices.sun]
driver = "open-meteo-solar"
latitude = 52.1
longitude = 5.1
[[devices.sun.planes]]
peak_kw = 4
tilt_deg = 30
azimuth_deg = 180
[plan]
forecast = "sun"
grid = "p1"
battery = "plug-in-battery"
[[plan.devices]]
device = "boiler-socket"
power_w = 2000
capacity_kwh = 6
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    crontab = tmp_path / "crontab"
    crontab.write_text("")
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(crontab))
    with served(tmp_path, "homewizard", tables="") as home:
        yield home


def written(home, change=lambda text: text, tables=PLAN):
    """Write the config without the meter on the panels, changed by `change`."""
    home.configure(tables)
    text = home.config_path.read_text()
    home.write(change(re.sub(r"\[devices\.solar-meter\].*?(?=\n\[)", "", text, flags=re.DOTALL)))


def told(home, *argv):
    return [f"{one['path']}: {one['message']}" for one in home.json("check", *argv)["problems"]]


def test_a_socket_is_not_the_house(home):
    """Two thousand watts of a boiler are no house's load: the meters are not compared, the report has none."""
    written(home)
    home.emulators["homewizard"].press("boiler-socket", on=True)
    assert not [one for one in told(home, "--online") if "add up" in one]
    assert home.run("record").exit == 0
    meters = home.run("report", "day").out + home.run("report", "day", "--json").out
    assert "boiler-socket" not in meters


def test_what_each_can_do(home):
    """Before contact a device may still be several things; afterwards it is what it said it was."""
    written(home)
    before = {row["device"]: row["capabilities"] for row in home.json("device", "list")["devices"]}
    assert not {"LoadMeter", "SolarMeter"} & {one for name in before if name != "sun" for one in before[name]}
    home.run("record")
    after = {row["device"]: row["capabilities"] for row in home.json("device", "list")["devices"]}
    assert after["p1"] == ["GridMeter", "BatteryMode", "BatteryPermissions"]
    assert after["boiler-socket"] == ["DeviceMeter", "Switch"]
    assert after["plug-in-battery"] == ["BatteryMeter"]


def test_a_meter_has_no_switch(home):
    """Who switches a meter reads that it has no switch, and which devices have one; nothing has failed."""
    written(home)
    home.run("record")
    result = home.run("device", "switch", "p1", "off", "-n")
    assert result.exit == 78
    assert "p1: it is a P1 meter and has no switch" in result.err
    assert "boiler-socket, bike-socket" in result.err
    assert "failed" not in result.out


@pytest.mark.parametrize(
    ("key", "wrong", "words"),
    [
        ("grid", "boiler-socket", "plan.grid: boiler-socket: it is an Energy Socket and measures device, not grid"),
        ("battery", "p1", "plan.battery: p1: it is a P1 meter and measures grid, not battery"),
    ],
)
def test_the_wrong_kind_of_meter(home, key, wrong, words):
    """`check --online` says always that a meter is of the wrong kind, `check` once the kind is known."""
    written(home, lambda text: re.sub(rf"^{key} = .*$", f'{key} = "{wrong}"', text, flags=re.MULTILINE))
    assert words in told(home, "--online")
    assert words in told(home)


def test_a_battery_without_a_token(home):
    """A plug-in battery without a token is found before it is asked."""
    written(home, lambda text: re.sub(r"^token = .*$", "", text, flags=re.MULTILINE))
    assert [one for one in told(home) if one.startswith("plan.battery: plug-in-battery: it has no token")]


def test_a_meter_for_something_else(home):
    """What `measures` says is known without any contact."""
    home.configure(PLAN.replace('grid = "p1"', 'grid = "solar-meter"'))
    assert "plan.grid: solar-meter: it measures solar, not grid" in told(home)


@pytest.mark.parametrize(("load", "problems"), [(True, 1), (False, 0)])
def test_only_meters_of_one_house_are_added_up(home, load, problems):
    """With one grid meter a kWh meter that measures the house is held against it; without there is nothing to hold."""
    measures = 'measures = "load"' if load else 'measures = "device"'
    home.configure(PLAN)
    home.write(home.config_path.read_text().replace('measures = "solar"', measures))
    home.emulators["homewizard"].press("boiler-socket", on=True)
    assert len([one for one in told(home, "--online") if "add up" in one]) == problems
