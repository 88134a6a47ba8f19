"""The first line of what `simulate` tells: money saved by not serving the car is not praised."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from solarctl.simulation.compare import NOTHING, OURS, SEEDS, Life, Task
from solarctl.simulation.foresight import Possible
from solarctl.simulation.results import Result
from solarctl.simulation.story import story
from solarctl.virtualhome.energies import Energies


def _life(who: str, cost: float, at_home_kwh: float, wants_kwh: float, on_the_road_kwh: float = 0.0) -> Life:
    task = Task(Path("config.toml"), 0, who, date(2026, 6, 1), 1, 0, (), frozenset())
    life = Life(task, [cost], [date(2026, 6, 1)], Energies(), [0.0], possible=Possible([0.5], [0.5]))
    life.car_kwh, life.still_wanted_kwh, life.elsewhere_kwh, life.car_starts = (
        at_home_kwh,
        wants_kwh,
        on_the_road_kwh,
        4,
    )
    return life


def _told(ours: Life, alone: Life) -> str:
    lives = {OURS: ours, NOTHING: alone, SEEDS: _life(SEEDS, 3.0, 10.0, 0.0)}
    return story([Result("config.toml", "easee-balance", "USD", lives)], ())


@pytest.mark.parametrize(
    ("ours", "words"),
    [
        (_life(OURS, 2.0, 0.0, 32.0), "but the car stays empty: 0 kWh at home instead of 32 kWh"),
        (_life(OURS, 2.0, 10.0, 22.0), "but the car gets less: 10 kWh at home instead of 32 kWh"),
        (_life(OURS, 2.0, 2.0, 0.0, 30.0), "but the car gets less: 2 kWh at home instead of 32 kWh"),
        (_life(OURS, 2.0, 30.0, 2.0), ""),
        (_life(OURS, 2.0, 32.0, 0.0), ""),
    ],
)
def test_a_car_that_is_not_served_stands_in_the_first_sentence(ours: Life, words: str) -> None:
    """With the figures of the car left alone, and the keys that decide it; one that got its energy is not named."""
    told = _told(ours, _life(NOTHING, 2.87, 32.0, 0.0))
    first = told.splitlines()[1]
    assert first.startswith("  solarctl saves 0.87 USD")
    assert words in first
    assert ("easee-balance.mode" in first) is bool(words)
    assert "; left alone 32 kWh at home in 4 charges and 0 kWh elsewhere, and still wants 0 kWh." in told
