"""The home with everything plays the example crontab itself, and every scenario of the contract is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import solarctl
from solarctl.cli import execute
from solarctl.schedule.crontab import parse
from solarctl.simulation.demo import Player
from solarctl.simulation.demo_folder import furnish
from solarctl.simulation.plain_view import SummaryView
from solarctl.virtualhome.everything import CRONTAB
from solarctl.virtualhome.scenarios import load, names

EXAMPLE = Path(solarctl.__file__).parents[1] / "crontab.example"


def test_it_is_the_example_line_by_line():
    """What the scenario plays is what crontab.example says."""
    played = [(job.schedule, job.argv) for job in parse(CRONTAB).ours]
    assert played == [(job.schedule, job.argv) for job in parse(EXAMPLE.read_text(encoding="utf-8")).ours]


@pytest.mark.parametrize("name", ["summer-peak", "winter", "broken-clouds", "chaos", "everything"])
def test_the_scenario_is_there(name):
    """Each name leads to a scenario that bears it."""
    assert name in names()
    assert load(name).name == name


def test_an_hour_of_everything(tmp_path):
    """Real commands against every emulator at once: nothing is a bug, and all of them ran."""
    scenario = load("everything")
    noon = replace(scenario, start=scenario.start + timedelta(hours=13, minutes=50), hours=0.25)
    day = Player(noon, 1, tmp_path, execute, SummaryView(lambda _line: None)).play(furnish)
    assert set(day.exits) <= {0, 75}
    assert day.exits[0] > 25
    assert {"tesla", "easee", "smtp"} <= set(day.counters)
    assert day.preventable_min == 0
    assert day.figures["with solarctl"]["cost"] != 0


def test_the_evening_leaves_mail_and_report(tmp_path):
    """With --keep, the evening mail and the report's page are there as files."""
    scenario = load("broken-clouds")
    evening = replace(scenario, start=scenario.start + timedelta(hours=19, minutes=55), hours=0.2)
    view = SummaryView(lambda _line: None)
    day = Player(evening, 1, tmp_path, execute, view, keep=True).play(furnish)
    assert [path.name for path in day.kept] == ["mail-1.eml", "mail-1.html", "report.html"]
    assert "Battery" in day.kept[1].read_text(encoding="utf-8")
    page = day.kept[2].read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html")
    assert "<svg" in page
