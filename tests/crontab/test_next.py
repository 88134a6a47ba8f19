"""`crontab next`: what runs when, and what it would do then."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from solarctl.schedule.crontab import parse
from solarctl.schedule.next_runs import coming
from solarctl.schedule.zones import machine_zone
from tests.home import served


def test_runs_of_the_installed_schedule(house):
    """The runs of what is installed, each with its moment and command, in order and after now."""
    house.run("crontab", "install")
    answer = house.json("crontab", "next", "--hours", "1")
    assert answer["installed"] is True
    assert {run["command"] for run in answer["runs"]} == {"grid-guard", "record"}
    moments = [datetime.fromisoformat(run["at"]) for run in answer["runs"]]
    assert moments == sorted(moments)
    assert len(moments) == 24
    assert moments[0] > datetime.fromisoformat(answer["at"])


def test_without_an_installed_schedule_the_recommended_one_is_shown(house):
    """Where nothing is installed yet, the coming runs are those after an install, and it says so."""
    result = house.run("crontab", "next")
    assert "nothing is installed" in result.err
    assert "grid-guard  every 5 min" in result.out


def test_now_is_where_it_begins(house):
    """--now asks about another moment."""
    answer = house.json("crontab", "next", "--now", "2026-03-29T01:58", "--last", "2")
    assert answer["runs"][0]["at"] == "2026-03-29T03:00+02:00"  # the clocks have jumped


def test_hours_are_this_computers():
    """A line's hours are those of this computer's zone; the moment is told in the site's."""
    now = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Asia/Tokyo"))
    (at, _job), *_ = coming(parse("30 4 * * * /bin/solarctl record").ours, now, 24)
    assert at.astimezone(machine_zone()).strftime("%H:%M") == "04:30"
    assert at.tzinfo == now.tzinfo
    assert at - now < timedelta(hours=24)


def test_a_file_in_place_of_crons(house, tmp_path):
    """--file looks at a crontab that is not installed."""
    path = tmp_path / "mine"
    path.write_text("0 12 * * * /opt/solarctl why -q\n")
    assert [run["command"] for run in house.json("crontab", "next", "--file", str(path))["runs"]] == ["why"]


def test_decide_adds_what_each_run_would_do(tmp_path, cron):
    """--decide asks each line's command what it would do at its next moment, and nothing is changed."""
    tables = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'
    with served(tmp_path, "solax-cloud", "tuya", tables=tables) as home:
        answer = home.json("crontab", "next", "--decide")
        guard = next(run for run in answer["runs"] if run["command"] == "grid-guard")
        assert guard["reason"] in ("hold", "recovered", "low")
        assert "%" in guard["because"]
        assert all(action["outcome"] in ("dry-run", "unchanged") for action in guard["actions"])
        text = home.run("crontab", "next", "--decide").out
        assert guard["because"].split(",")[0].split("%")[0] in text
