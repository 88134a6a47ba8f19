"""Slips of the pen in config.toml are told as what was meant."""

from __future__ import annotations

import pytest

from tests.home import served

RULE = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'
PLAN = '[plan]\nforecast = "sun"\ngrid = "inverter"\n'
SUN = '[devices.sun]\ndriver = "open-meteo-solar"\n'


@pytest.fixture
def home(tmp_path, monkeypatch):
    crontab = tmp_path / "crontab"
    crontab.write_text("")
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(crontab))
    with served(tmp_path, "solax-cloud", "tuya", tables=RULE) as home:
        yield home


def problems(home, tables):
    home.configure(tables)
    return {one["path"]: one for one in reversed(home.json("check")["problems"])}  # the first of each, errors before


def test_a_decimal_comma(home):
    """A number with a comma is no TOML; the point is named, with the number as it is to be written."""
    home.configure(RULE + "[tariff]\nimport_price = 0,11\n")
    result = home.run("check")
    assert result.exit == 78
    assert "Numbers have a decimal point, not a comma: write 0.11." in result.err


def test_one_bracket_too_few(home):
    """[plan.devices] is told to be [[plan.devices]]."""
    found = problems(home, PLAN + '[plan.devices]\ndevice = "grid-relay"\npower_w = 1000\ncapacity_kwh = 2\n')
    assert found["plan.devices"]["message"] == "must be a list of tables"
    assert found["plan.devices"]["hint"] == "Write [[plan.devices]], with two brackets."


@pytest.mark.parametrize(("written", "meant"), [("device", "devices"), ("account", "accounts"), ("Device", "devices")])
def test_a_missing_s(home, written, meant):
    """[device.sun] is told to be [devices.sun], with its line."""
    found = problems(home, RULE + f"[{written}.sun]\nx = 1\n")[written]
    assert found["hint"] == f"Write [{meant}.sun]."
    lines = home.config_path.read_text().splitlines()
    assert lines[found["line"] - 1] == f"[{written}.sun]"


def test_an_empty_address(home):
    """An empty base_url is no missing host."""
    found = problems(home, RULE + '[devices.p1]\ndriver = "homewizard"\nbase_url = ""\n')
    assert "devices.p1.host" not in found
    assert found["devices.p1"]["message"] == "has no address: say host, such as the one that the app shows"


def test_a_table_with_a_mistake_uses_what_it_names(home):
    """One mistake in a table adds no warning that nobody uses its devices; what nobody names is warned of still."""
    lamp = '[devices.lamp]\ndriver = "tuya-switch"\naccount = "tuya"\ndevice_id = "x"\n'
    home.configure(RULE + 'typo = 1\n[peak-mode]\nbattery = "inverter"\n' + lamp)
    found = [p["path"] for p in home.json("check")["problems"] if "no command uses it" in p["message"]]
    assert found == ["devices.lamp"]
