"""One crontab, two houses: each config is held against its own lines, and no block is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from solarctl.schedule.crontab import parse
from solarctl.schedule.whose import named_config
from tests.crontab.conftest import RULES
from tests.home import Home

FORECAST = '[devices.sun]\ndriver = "open-meteo-solar"\n[forecast]\nforecast = "sun"\n'


@pytest.fixture
def second(tmp_path, house) -> Home:
    """A second house in the same crontab, with a config and a state folder of its own."""
    folder = tmp_path / "second"
    folder.mkdir()
    found = Home(folder, ())
    found.write(f'[site]\ntimezone = "Europe/Prague"\n{RULES}')
    return found


@pytest.mark.parametrize(
    ("line", "config"),
    [
        ("solarctl plan -c /a/b.toml -q", "/a/b.toml"),
        ("solarctl plan -c/a/b.toml", "/a/b.toml"),
        ("solarctl plan --config /a/b.toml", "/a/b.toml"),
        ("solarctl plan --config=/a/b.toml", "/a/b.toml"),
        ("SOLARCTL_CONFIG=/a/b.toml solarctl plan", "/a/b.toml"),
        ("solarctl plan -c b.toml", str(Path.home() / "b.toml")),
        ("solarctl plan -q", None),
    ],
)
def test_the_config_that_a_line_names(line, config):
    """By option or variable, from the home folder, where cron starts."""
    found = named_config(parse(f"* * * * * {line}").jobs[0])
    assert found == (Path(config) if config else None)


def test_the_config_of_a_variable_of_the_crontab():
    """A variable holds for the lines below it."""
    jobs = parse("* * * * * solarctl plan\nSOLARCTL_CONFIG=/a/b.toml\n* * * * * solarctl plan\n").jobs
    assert [named_config(job) for job in jobs] == [None, Path("/a/b.toml")]


def test_lines_of_another_config_are_not_held_against_this_one(house, second, cron):
    """A line for a table that only the other config has is no mistake here; and this one has no lines."""
    house.write(house.config_path.read_text() + FORECAST)
    house.run("crontab", "install")
    assert house.json("crontab", "check")["problems"] == []
    answer = second.json("crontab", "check")
    assert answer["exit"] == 0
    (problem,) = answer["problems"]
    assert problem["message"] == f"nothing runs solarctl with {second.config_path}"
    assert not any("has no table" in one["message"] for one in second.json("check")["problems"])


def test_a_second_config_does_not_replace_the_first_ones_block(house, second, cron):
    """Installing for another config is refused, with what to type for both; so is removing by it."""
    house.run("crontab", "install")
    before = (cron / "stored").read_bytes()
    for command in ("install", "remove"):
        result = second.run("crontab", command)
        assert result.exit != 0
        assert str(house.config_path) in result.err
        assert "crontab print -c" in result.err
    assert (cron / "stored").read_bytes() == before


def test_both_can_run(house, second, cron):
    """The second one's lines outside the block are its own, and the first one says nothing about them."""
    house.run("crontab", "install")
    printed = second.run("crontab", "print").out
    (cron / "stored").write_text((cron / "stored").read_text() + printed)
    for one in (house, second):
        assert one.json("crontab", "check")["problems"] == []
    assert "of your own" not in house.run("crontab", "install").err


def test_the_block_of_a_config_that_is_gone_is_replaced(house, second, cron):
    """After the config was moved, its old lines are nobody's."""
    house.run("crontab", "install")
    shutil.move(house.config_path, second.config_path)
    assert second.run("crontab", "install").exit == 0
    assert str(second.config_path) in (cron / "stored").read_text()
