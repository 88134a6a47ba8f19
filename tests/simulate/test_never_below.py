"""No life is cheaper than foresight within limits, and that is never cheaper than foresight without."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from solarctl.config import Config
from solarctl.simulation.compare import NOTHING, OURS, SEEDS, run, tasks_of
from solarctl.simulation.timetable import recommended
from tests.simulate.test_simulate import CAR, GUARD, PEAK, SITE, TARIFF

ALL, NOT_SEEDS = (OURS, NOTHING, SEEDS), (OURS, NOTHING)  # the original does not keep what some owners ask for
HOUSES = {
    "relay": (GUARD, ALL),
    "relay in early": (GUARD + "on_below_pct = 40\noff_above_pct = 60\n", NOT_SEEDS),
    "reserve": (TARIFF + '[peak-mode]\nbattery = "home"\nidle_reserve_pct = 20\n', ALL),
    "reserve in peaks": (TARIFF + PEAK, NOT_SEEDS),
    "car": (CAR, ALL),
    "car on three phases": (
        CAR.replace("true", "false") + "battery_gives = { from_pct = 85, down_to_pct = 80 }\n",
        ALL,
    ),
}
FIRST = (date(2026, 1, 19), date(2026, 4, 6), date(2026, 7, 13), date(2026, 10, 5))
DAYS = 3
TOLERANCE = 0.01  # of a day's money: between two states of the grid the straight line counts
CASES = [
    (house, 4 * number + season, first) for number, house in enumerate(HOUSES) for season, first in enumerate(FIRST)
]


@pytest.mark.parametrize(("house", "seed", "first"), CASES, ids=str)
def test_no_life_is_cheaper_than_foresight(house, seed, first, tmp_path):
    """In each season, with other weather: ours, nobody's and, with the same wishes, the original's cost no less."""
    path = tmp_path / "config.toml"
    text, whose = HOUSES[house]
    path.write_text(SITE + text)
    path.chmod(0o600)
    config = Config.load(path)
    tasks = tasks_of(
        config, first=first, days=DAYS, seed=seed, schedule=recommended(config), holidays=frozenset(), recorded=None
    )
    lives = {task.who: run(replace(task, foresees=task.who == OURS)) for task in tasks}
    possible = lives[OURS].possible
    assert possible is not None
    assert possible.limited is not None
    limited, free = sum(possible.limited), sum(possible.free)
    assert free <= limited + TOLERANCE * DAYS
    for who in whose:
        assert lives[who].cost >= limited - TOLERANCE * DAYS, who
