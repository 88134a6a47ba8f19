"""A rule whose answer is certain is not asked in a simulation; the course is the same to the last digit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from solarctl.config import Config
from solarctl.simulation.compare import OURS, run, tasks_of
from solarctl.simulation.timetable import recommended, replanned

ONE_HOME = Path(__file__).parents[2] / "benchmarks" / "simulate" / "one_home.toml"
RELAY = """
[site]
timezone = "Europe/Amsterdam"
latitude = 52.3
longitude = 4.8
temperature_unit = "C"
[grid-guard]
battery = "inverter"
switch = "relay"
[balance]
load = "house"
solar = "panels"
[[balance.loads]]
device = "heater"
meter = "heater-meter"
max_w = 2000
guarantee = { kwh = 6.0, two_day_kwh = 11.0, by = "05:50" }
[[balance.loads]]
device = "pump"
power_w = 400
min_on_s = 300
[plan]
forecast = "sun"
grid = "street"
day_start = "06:10"
[[plan.devices]]
device = "boiler"
power_w = 2000
capacity_kwh = 4.0
deadline = "22:00"
[[plan.devices]]
device = "bike"
power_w = 150
capacity_kwh = 0.5
daily_need = false
"""
PRICED = """
[tariff]
[[tariff.windows]]
from = "16:00"
to = "20:30"
import_price = 0.4
"""


def task_of(path, first, days, replan_min):
    config = Config.load(path)
    schedule = replanned(recommended(config), replan_min)
    (ours,) = [
        one
        for one in tasks_of(
            config, first=first, days=days, seed=1, schedule=schedule, holidays=frozenset(), recorded=None
        )
        if one.who == OURS
    ]
    return ours


def assert_same_course(task):
    swift, attentive = run(task), run(replace(task, attentive=True))
    assert swift.costs == attentive.costs
    assert swift.energies == attentive.energies
    assert swift.dark_min == attentive.dark_min
    assert swift.tallies == attentive.tallies  # runs, writes and reasons, rule by rule


@pytest.mark.parametrize(
    "first",
    [date(2026, 3, 28), date(2026, 6, 12), date(2026, 10, 24), date(2026, 12, 12)],  # two of them change the clocks
)
def test_one_home_with_everything(first):
    """Car, tanks, battery, rooms and sockets on one meter: two days of each season."""
    assert_same_course(task_of(ONE_HOME, first, 2, 0))


def test_with_plans():
    """A plan every four hours wakes what waits for it."""
    assert_same_course(task_of(ONE_HOME, date(2026, 4, 10), 1, 240))


@pytest.mark.parametrize("tariff", ["", PRICED])
@pytest.mark.parametrize("first", [date(2026, 2, 20), date(2026, 6, 20)])
def test_behind_a_relay(tmp_path, first, tariff):
    """A relay, seconds' delays, guarantees with and without prices, days of needs that begin at odd times."""
    path = tmp_path / "config.toml"
    path.write_text(RELAY + tariff)
    path.chmod(0o600)
    assert_same_course(task_of(path, first, 3, 0))
