"""A run that fails before it decides was started by cron all the same: history has it, and nobody calls it missed."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from solarctl.commands import grid_guard
from solarctl.virtualhome.clock import DrivenClock
from tests.crontab.conftest import RULES

PRAGUE = ZoneInfo("Europe/Prague")
NOON = datetime(2026, 7, 15, 12, tzinfo=PRAGUE)
BROKEN = f'[site]\ntimezone = "Europe/Prague"\n{RULES}on_below_percent = 12\n'


@pytest.fixture
def house(house):
    """The house at noon, with its recommended schedule."""
    house.clock = DrivenClock(NOON)
    house.run("crontab", "install")
    return house


def rows(house) -> list[dict]:
    [journal] = (house.state_dir / "history").glob("*.jsonl")
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_a_run_that_fails_is_not_missed(house):
    """An hour of runs that end with 78: nothing is missed, and `why` says what each one ended with."""
    house.write(BROKEN)
    for _ in range(12):
        house.clock.sleep(300)
        assert house.run("grid-guard", "-q").exit == 78
    assert [one for one in house.json("status", "--offline")["missed"] if one["command"] == "grid-guard"] == []
    said = house.run("why", "grid-guard", "--last", "1").out
    assert "[no decision]  exit 78" in said
    assert "on_below_percent" in said
    (newest,) = house.json("why", "grid-guard", "--last", "1")["decisions"]
    assert (newest["reason"], newest["exit"], newest["actions"]) == (None, 78, [])
    assert newest["errors"][0]["kind"] == "ConfigError"
    assert "on_below_percent" in house.run("report", "day", "--html").out


def test_a_run_that_finds_another_at_work_is_not_missed(house):
    """Busy is 75, and stands in history."""
    from solarctl.state import StateFile

    with StateFile(house.state_dir, house.clock, timezone=PRAGUE).lock_run("grid-guard"):
        assert house.run("grid-guard").exit == 75
    (row,) = rows(house)
    assert (row["command"], row["exit"], row["errors"][0]["kind"]) == ("grid-guard", 75, "BusyError")


def test_a_bug_is_on_record(house, monkeypatch):
    """Whatever ends a run."""
    monkeypatch.setattr(grid_guard, "decide", None)
    assert house.run("grid-guard").exit == 1
    assert rows(house)[-1]["exit"] == 1


def test_what_is_tried_is_not_recorded(house):
    """A dry run leaves no trace, and a run that decided leaves one."""
    house.write(BROKEN)
    house.run("grid-guard", "-n")
    assert not (house.state_dir / "history").exists()
    house.write(f'[site]\ntimezone = "Europe/Prague"\n{RULES}')
    house.run("grid-guard")
    assert len(rows(house)) == 1


def test_history_stays_small(house):
    """A config with a hundred mistakes is no novel each five minutes."""
    house.write(BROKEN + "".join(f"nonsense_{n} = {n}\n" for n in range(100)))
    assert house.run("grid-guard").exit == 78
    assert len(json.dumps(rows(house))) < 1000
