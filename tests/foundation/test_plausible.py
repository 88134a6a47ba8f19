"""Numbers in the wrong unit are warned of; a house's own numbers are not."""

from __future__ import annotations

import pytest

from tests.home import served

RULE = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'
HOUSE = """
[tariff]
currency = "CURRENCY"
import_price = PRICE
[devices.sun]
driver = "open-meteo-solar"
latitude = 50
longitude = 14
planes = [{ tilt_deg = 30, azimuth_deg = 180, peak_kw = PEAK }]
[plan]
forecast = "sun"
grid = "inverter"
battery = "inverter"
battery_capacity_kwh = CAPACITY
battery_max_w = MOST
[[plan.devices]]
device = "grid-relay"
power_w = 1000
capacity_kwh = LOAD
"""
RIGHT = {"CURRENCY": "EUR", "PRICE": "0.3", "PEAK": "6", "CAPACITY": "2.7", "MOST": "800", "LOAD": "4"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    crontab = tmp_path / "crontab"
    crontab.write_text("")
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(crontab))
    with served(tmp_path, "solax-cloud", "tuya", tables=RULE) as home:
        yield home


def warned(home, **changed):
    text = HOUSE
    for word, value in (RIGHT | changed).items():
        text = text.replace(word, value)
    home.configure(text)
    rows = home.json("check")["problems"]
    words = ("hardly a house's", "is a lot")
    found = {row["path"]: row for row in rows if any(word in row["message"] for word in words)}
    assert all(row["severity"] == "warning" and row["line"] for row in found.values())
    return found


def test_a_house(home):
    """Nothing is said of what a house has, nor of a price in a currency of small units."""
    assert warned(home) == {}
    assert warned(home, CURRENCY="CZK", PRICE="7") == {}


@pytest.mark.parametrize(
    ("changed", "path", "message"),
    [
        ({"PEAK": "6000"}, "devices.sun.planes.0.peak_kw", "6000 kW is hardly a house's"),
        ({"CAPACITY": "2700"}, "plan.battery_capacity_kwh", "2700 kWh is hardly a house's"),
        ({"LOAD": "4000"}, "plan.devices.0.capacity_kwh", "4000 kWh is hardly a house's"),
        ({"MOST": "0.8"}, "plan.battery_max_w", "0.8 W is hardly a house's"),
        ({"PRICE": "30"}, "tariff.import_price", "30 EUR for a kWh is a lot"),
    ],
)
def test_the_wrong_unit(home, changed, path, message):
    """W for kW, Wh for kWh, kW for W and cents for euros are warned of, each at its line."""
    assert {path: row["message"] for path, row in warned(home, **changed).items()} == {path: message}
