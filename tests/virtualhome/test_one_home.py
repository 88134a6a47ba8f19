"""The home with everything: it plays the shipped crontab itself, and its summary is what really flowed."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import solarctl
from solarctl.cli import execute
from solarctl.config import Config
from solarctl.schedule.crontab import parse
from solarctl.simulation.demo import Day, Player, Ran
from solarctl.simulation.demo_folder import furnish
from solarctl.simulation.plain_view import PlainView, SummaryView
from solarctl.virtualhome.dwelling import all_houses
from solarctl.virtualhome.everything_houses import leave_alone
from solarctl.virtualhome.scenarios import load
from tests.virtualhome.parts_of_days import FROM_OUTSIDE, Blames, part_of, silent

ROOT = Path(solarctl.__file__).parents[1]
DAYS = ("summer-peak", "winter", "broken-clouds", "chaos")
DRIVERS = {
    "solax-cloud", "tuya-switch", "tesla-powerwall", "honeywell-tcc", "open-meteo", "open-meteo-solar", "homewizard",
    "huawei-sun2000", "easee", "mqtt-meter", "mqtt-variator", "mqtt-switch",
}  # fmt: skip


# --- what it is -----------------------------------------------------------------------------------------


def test_the_shipped_crontab_is_the_example():
    """The file in the package is crontab.example to the byte."""
    example = (ROOT / "crontab.example").read_bytes()
    assert (ROOT / "solarctl" / "schedule" / "crontab.example").read_bytes() == example


@pytest.mark.parametrize("name", DAYS)
def test_each_day_plays_the_example_in_the_same_home(name):
    """All lines of crontab.example, and `balance` as its service; the rules are the same each day."""
    scenario = load(name)
    assert scenario.crontab == (ROOT / "crontab.example").read_text(encoding="utf-8")
    assert [words[0] for words in scenario.services] == ["balance"]
    assert scenario.config.startswith(load("summer-peak").config)
    assert len(list(all_houses(scenario.house(scenario.start, 0)))) == 3


def test_everything_is_in_it(tmp_path):
    """Each kind of device that solarctl knows by a vendor's protocol hangs in the one home, and a mail server."""
    home = load("summer-peak").open(_clock(), 0)
    with home:
        config = Config.load(furnish(tmp_path, home))
    assert {config.find(f"devices.{name}.driver") for name in config.names("devices")} == DRIVERS
    assert config.find("mail") is not None


def _clock() -> Any:
    from solarctl.virtualhome.clock import DrivenClock

    return DrivenClock(load("summer-peak").start)


# --- what it does ---------------------------------------------------------------------------------------


class _Watched(SummaryView):
    """Keeps what ran, and how many connections were open."""

    def __init__(self) -> None:
        super().__init__(lambda _line: None)
        self.seen: list[Ran] = []
        self.open: list[int] = []

    def ran(self, ran: Ran) -> None:
        self.seen.append(ran)
        self.open.append(len(os.listdir("/proc/self/fd")))


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> tuple[Day, _Watched]:
    """A quarter of an hour around the peak's beginning, under clouds that come and go."""
    view = _Watched()
    scenario = part_of("broken-clouds", 13.75, 0.3)
    return Player(scenario, 1, tmp_path_factory.mktemp("quarter"), execute, view).play(furnish), view


def test_every_run_is_fine_where_nothing_fails(quarter):
    """Clouds in the sky are no trouble: each run of each line exits 0, and each line has its runs."""
    day, view = quarter
    assert dict(day.exits) == {0: len(view.seen)}
    daily = {job.name for job in parse(day.scenario.crontab).ours} - {"eod-status", "precool"}
    assert {ran.command for ran in view.seen} >= daily


def test_connections_end_with_their_run(quarter):
    """A day of runs in one process does not collect open connections: select() takes no more than 1024."""
    _day, view = quarter
    assert max(view.open[-10:]) <= max(view.open[:10]) + 10


def test_the_service_steers_the_water_heater(quarter):
    """`balance` has lived along with the cron lines and sent its commands over MQTT."""
    day, _view = quarter
    assert day.counters["mqtt-home"]["writes"] > 3


def test_the_evening_leaves_mail_and_report(tmp_path):
    """The evening mail and the report's page are there as files."""
    day = Player(part_of("broken-clouds", 19.95, 0.15), 1, tmp_path, execute, silent(), keep=True).play(furnish)
    assert [path.name for path in day.kept] == ["mail-1.eml", "mail-1.html", "report.html"]
    assert "Battery" in day.kept[1].read_text(encoding="utf-8")
    page = day.kept[2].read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html")
    assert "<svg" in page


def test_the_log_has_a_line_per_decision(tmp_path):
    """All gauges in a line once an hour, then who decided what; no line is wider than a terminal."""
    lines: list[str] = []
    Player(part_of("summer-peak", 13.8, 0.25), 1, tmp_path, execute, PlainView(lines.append)).play(furnish)
    assert any(line.startswith("13:50  peak-mode        ") for line in lines)
    assert any("guests" in line and "rooms" in line for line in lines)
    assert any(line.startswith("    all day long     solarctl balance -q") for line in lines)
    assert "The day in figures, all three houses together" in lines
    assert max(map(len, lines)) <= 120


def test_left_alone_means_what_it_says():
    """Nobody steers: heaters on their own thermostats, the guests' grid in, the battery at its own reserve."""
    scenario = load("summer-peak")
    house = scenario.house(scenario.start, 0)
    leave_alone(house)
    house.advance(scenario.start + timedelta(hours=1))
    main, guests, workshop = all_houses(house)
    assert main.battery is not None
    assert main.battery.reserve_pct == 20
    assert guests.grid.connected
    assert workshop.load_w > 200


# --- whole days -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["summer-peak", "winter", "broken-clouds"])
def test_a_whole_day_has_no_trouble(name, tmp_path):
    """Every one of its 4136 runs exits 0, nobody is without supply, and the energy costs less than left alone."""
    day = Player(load(name), 0, tmp_path, execute, silent()).play(furnish)
    assert dict(day.exits) == {0: 4136}
    assert day.energies.dark_min == 0
    assert day.figures["with solarctl"]["cost"] < day.figures["left alone"]["cost"]


@pytest.mark.slow
def test_a_day_of_chaos_has_no_bug(tmp_path):
    """Whatever fails, no run ends in a bug, 78 is what a cloud said, and no dark minute could have been prevented."""
    blames = Blames()
    day = Player(load("chaos"), 0, tmp_path, execute, blames).play(furnish, chaos=True)
    assert day.troubles > 5
    assert not {1, 2} & set(day.exits)
    assert blames.kinds <= FROM_OUTSIDE
    assert day.preventable_min == 0
