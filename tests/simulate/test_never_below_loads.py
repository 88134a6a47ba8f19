"""With tanks and bicycles, too, no life is cheaper than foresight within limits, nor that than foresight without."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from solarctl.config import Config
from solarctl.simulation.compare import OURS, run, tasks_of
from solarctl.simulation.timetable import recommended, replanned
from tests.simulate.test_loads import MARKET
from tests.simulate.test_simulate import SITE, TARIFF

TANK = """
[balance]
grid = "p1"
[[balance.loads]]
device = "water-heater"
meter = "heater-meter"
max_w = 2400
guarantee = { kwh = 4.0, by = "06:00" }
"""
RELAY = """
[balance]
grid = "p1"
[[balance.loads]]
device = "tank"
power_w = 1500
guarantee = { kwh = 4.0, by = "06:00" }
"""
RADIATOR = '[[balance.loads]]\ndevice = "radiator"\npower_w = 600\n[simulate]\nsurplus_heat_value = 0.1\n'
BOILER = """
[plan]
forecast = "sun"
grid = "p1"
[[plan.devices]]
device = "boiler"
power_w = 2000
capacity_kwh = 4.0
"""
BIKE = BOILER.replace("boiler", "bike").replace("2000", "200").replace("4.0", "0.5")
BATTERY = ('grid = "p1"', 'grid = "p1"\nbattery = "home"')
TOLD = ('grid = "p1"', 'grid = "p1"\nbattery = "home"\ncommand_battery = true')
HOUSES = {
    "tank": TARIFF + TANK,
    "relay": TARIFF + RELAY,
    "tank and radiator": TANK + RADIATOR,
    "tank beside a battery": TARIFF + TANK.replace(*BATTERY),
    "boiler": TARIFF + BOILER,
    "bicycle": TARIFF + BIKE,
    "boiler beside a battery": TARIFF + BOILER.replace(*BATTERY),
    "boiler beside a battery that is told": MARKET + BOILER.replace(*TOLD),
    "boiler that stays on for an hour": TARIFF + BOILER.replace(*BATTERY) + "min_on_min = 60\nmin_off_min = 30\n",
}
HOUSES["boiler and bicycle"] = HOUSES["boiler beside a battery"] + BIKE[BIKE.index("[[") :]
FIRST = (date(2026, 1, 19), date(2026, 4, 6), date(2026, 7, 13), date(2026, 10, 5))
DAYS = 2
TOLERANCE = 0.01  # of a day's money: between two states of the grid the straight line counts
SLOW = {  # to be planned again and again
    "boiler",
    "bicycle",
    "boiler and bicycle",
    "boiler beside a battery that is told",
    "boiler that stays on for an hour",
    "boiler beside a battery",
}
CASES = [
    pytest.param(house, season, first, marks=pytest.mark.slow if season or house in SLOW else ())
    for house in HOUSES
    for season, first in enumerate(FIRST)
    if house not in SLOW or season in (0, 2)
]


@pytest.mark.parametrize(("house", "seed", "first"), CASES)
def test_no_life_is_cheaper_than_foresight(house, seed, first, tmp_path):
    """In each season, with other weather: ours, nobody's, the original's and one with a right forecast."""
    path = tmp_path / "config.toml"
    path.write_text(SITE + HOUSES[house])
    path.chmod(0o600)
    config = Config.load(path)
    schedule = replanned(recommended(config), 180)
    tasks = tasks_of(config, first=first, days=DAYS, seed=seed, schedule=schedule, holidays=frozenset(), recorded=None)
    lives = {task.who: run(replace(task, foresees=task.who == OURS)) for task in tasks}
    possible = lives[OURS].possible
    assert possible is not None
    assert possible.limited is not None
    limited, free = sum(possible.limited), sum(possible.free)
    assert free <= limited + TOLERANCE * DAYS
    for who, life in lives.items():
        assert life.cost >= limited - TOLERANCE * DAYS, who
        assert life.cost >= free - possible.gap - TOLERANCE * DAYS, who
