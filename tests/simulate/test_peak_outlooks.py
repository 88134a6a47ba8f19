"""A simulated `peak-mode` with a forecast: told what errs, learning day by day, asked when something can change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from solarctl.config import Config
from solarctl.simulation.compare import NOTHING, OURS, SEEDS, SURE, Task, run, tasks_of
from solarctl.simulation.heat_outlook import HeatOutlook
from solarctl.simulation.timetable import recommended
from solarctl.virtualhome.house import House
from tests.simulate.test_simulate import SITE, TARIFF

FORECAST = """
[peak-mode]
battery = "home"
offpeak_reserve_pct = 80
idle_reserve_pct = 20
ready_h = 4
forecast = "sun"
[simulate]
load_kwh = 12000
sun_error_pct = 40
"""


def tasks(folder: Path, days: int) -> dict[str, Task]:
    path = folder / "config.toml"
    path.write_text(SITE + TARIFF + FORECAST)
    path.chmod(0o600)
    config = Config.load(path)
    found = tasks_of(
        config,
        first=date(2026, 9, 18),
        days=days,
        seed=3,
        schedule=recommended(config),
        holidays=frozenset(),
        recorded=None,
    )
    return {one.who: replace(one, foresees=False) for one in found}


def test_it_learns_and_then_looks_ahead(tmp_path):
    """No forecast to go by for three peak days, one from then on; asked each time it would live the same."""
    ours = tasks(tmp_path, 9)[OURS]
    swift, attentive = run(ours), run(replace(ours, attentive=True))
    reasons = swift.tallies["peak-mode"]["reasons"]
    assert reasons["no-forecast"] > 0
    assert reasons["forecast"] > 100
    assert (swift.costs, swift.tallies) == (attentive.costs, attentive.tallies)


def test_a_right_forecast_is_a_life_of_its_own(tmp_path):
    """The regret is split: there is a life with a forecast that does not err, as for `plan`; the original has none."""
    lives = tasks(tmp_path, 9)
    assert set(lives) == {OURS, NOTHING, SEEDS, SURE}
    ours, sure, original = (run(lives[who]) for who in (OURS, SURE, SEEDS))
    assert ours.costs != sure.costs
    assert "forecast" not in original.tallies["peak-mode"]["reasons"]


@pytest.mark.parametrize("unit", ["F", "C"])
def test_heat_is_told_the_same_to_everybody(unit):
    """Who asks for a day's high, when and how often, makes no difference; nor does the seed where nothing errs."""
    house = House()
    house.advance(datetime.fromisoformat("2026-07-06T00:00:00+00:00"))
    day = date(2026, 7, 8)
    one, other, sure = (
        HeatOutlook(house, unit, 3, 1.5),
        HeatOutlook(house, unit, 3, 1.5),
        HeatOutlook(house, unit, 9, 0.0),
    )
    one.high_deg(date(2026, 7, 7))
    assert one.high_deg(day) == other.high_deg(day) != sure.high_deg(day)
    assert sure.high_deg(day) == HeatOutlook(house, unit, 3, 0.0).high_deg(day)
