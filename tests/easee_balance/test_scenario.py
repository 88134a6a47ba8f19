"""The demo's day with a car: the real command line, the real drivers, cron once a minute."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solarctl.cli import execute
from solarctl.simulation.demo import Player
from solarctl.simulation.demo_folder import furnish
from solarctl.simulation.plain_view import SummaryView
from solarctl.virtualhome.scenarios import load


def play(folder, *, chaos=False, **changes):
    scenario = replace(load("car-arrives"), **changes)
    player = Player(scenario, 3, folder, execute, SummaryView(lambda _line: None), dry_run=False)
    return player.play(furnish, chaos=chaos)


@pytest.mark.slow
def test_the_car_comes_home_and_drives_on_sun(tmp_path):
    """The car gets its energy, the house buys next to nothing, nothing goes wrong all day."""
    day = play(tmp_path)
    assert set(day.exits) == {0}
    assert day.figures["with solarctl"]["car_kwh"] > 25
    assert day.figures["with solarctl"]["car_starts"] <= 6
    assert day.energies.import_kwh < 0.3 * day.without["as fast as it can"].import_kwh


@pytest.mark.slow
def test_a_bad_day_says_what_is_wrong(tmp_path):
    """Sixteen troubles of inverter and cloud: each run ends with a known code, and the sun is used all the same."""
    day = play(tmp_path, chaos=True)
    assert set(day.exits) <= {0, 69, 75, 76}
    assert day.exits[0] > 1300
    assert day.figures["with solarctl"]["car_kwh"] > 20
    assert day.energies.import_kwh < 0.3 * day.without["as fast as it can"].import_kwh


def test_the_first_hours_are_quiet(tmp_path):
    """Without a car nothing is written."""
    day = play(tmp_path, hours=0.5)
    assert set(day.exits) == {0}
    assert day.counters["easee"]["writes"] == 0
