"""The home with everything: it plays the shipped crontab itself, and its summary is what really flowed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import solarctl
from solarctl.cli import execute
from solarctl.config import Config
from solarctl.control.tariff import Settings, Tariff
from solarctl.schedule.crontab import parse
from solarctl.simulation.demo import Day, Player, Ran
from solarctl.simulation.demo_folder import furnish
from solarctl.simulation.plain_view import PlainView, SummaryView
from solarctl.virtualhome.dwelling import all_houses
from solarctl.virtualhome.everything_houses import leave_alone
from solarctl.virtualhome.house import House
from solarctl.virtualhome.rooms import Rooms
from solarctl.virtualhome.scenario import Scenario, Seed
from solarctl.virtualhome.scenarios import load

ROOT = Path(solarctl.__file__).parents[1]
DAYS = ("summer-peak", "winter", "broken-clouds", "chaos")
DRIVERS = {
    "solax-cloud", "tuya-switch", "tesla-powerwall", "honeywell-tcc", "open-meteo", "open-meteo-solar", "homewizard",
    "huawei-sun2000", "easee", "mqtt-meter", "mqtt-variator", "mqtt-switch",
}  # fmt: skip


def _silent() -> SummaryView:
    return SummaryView(lambda _line: None)


def _part_of(name: str, start_h: float, hours: float) -> Scenario:
    scenario = load(name)
    return replace(scenario, start=scenario.start + timedelta(hours=start_h), hours=hours)


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
    scenario = _part_of("broken-clouds", 13.75, 0.3)
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
    day = Player(_part_of("broken-clouds", 19.95, 0.15), 1, tmp_path, execute, _silent(), keep=True).play(furnish)
    assert [path.name for path in day.kept] == ["mail-1.eml", "mail-1.html", "report.html"]
    assert "Battery" in day.kept[1].read_text(encoding="utf-8")
    page = day.kept[2].read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html")
    assert "<svg" in page


def test_the_log_has_a_line_per_decision(tmp_path):
    """All gauges in a line once an hour, then who decided what; no line is wider than a terminal."""
    lines: list[str] = []
    Player(_part_of("summer-peak", 13.8, 0.25), 1, tmp_path, execute, PlainView(lines.append)).play(furnish)
    assert any(line.startswith("13:50  peak-mode        ") for line in lines)
    assert any("guests" in line and "rooms" in line for line in lines)
    assert "    all day long     solarctl balance -q" in lines
    log = lines[lines.index("    all day long     solarctl balance -q") : lines.index("The day in figures")]
    assert max(map(len, log)) <= 120


# --- whether the summary is right -----------------------------------------------------------------------


@dataclass
class Book:
    """Books every step of one house by itself: energies, and money by the config's own tariff."""

    prices: Tariff
    import_kwh: float = 0.0
    export_kwh: float = 0.0
    dear_kwh: float = 0.0
    solar_kwh: float = 0.0
    load_kwh: float = 0.0
    into_battery_kwh: float = 0.0
    out_of_battery_kwh: float = 0.0
    dark_min: float = 0.0
    cost: float = 0.0
    too_warm_f_h: float = 0.0
    stored_first_kwh: float = 0.0
    power_w: float = 0.0
    _lived_s: float = 0.0

    def step(self, dt_s: float, house: House) -> None:
        """Book the step before this one, whose powers the house still shows."""
        lived_h, self._lived_s = self._lived_s / 3600, dt_s
        if not lived_h:
            return
        kwh = lived_h / 1000
        bought, sold = max(0.0, house.grid_w) * kwh, max(0.0, -house.grid_w) * kwh
        self.import_kwh, self.export_kwh = self.import_kwh + bought, self.export_kwh + sold
        price = self.prices.price_at(house.now - timedelta(seconds=1))
        self.dear_kwh += bought if price.import_price > 0.2 else 0.0
        self.cost += bought * price.import_price - sold * price.export_price
        self.solar_kwh += house.solar_w * kwh
        self.load_kwh += house.load_w * kwh
        self.into_battery_kwh += max(0.0, -house.battery_w) * kwh
        self.out_of_battery_kwh += max(0.0, house.battery_w) * kwh
        self.dark_min += lived_h * 60 if house.dark else 0.0
        for rooms in (part for part in house.parts if isinstance(part, Rooms)):
            temperatures = [room.air_c * 1.8 + 32 for room in rooms]
            over = [max(0.0, one - 78.0 - 1.08) for one in temperatures]  # a thermostat swings 0.6 K about its setpoint
            self.too_warm_f_h += sum(over) / len(over) * lived_h


class Booked:
    """A scenario's houses, each with a book in it."""

    def __init__(self, scenario: Scenario, prices: Tariff) -> None:
        self._build = scenario.house
        self._prices = prices
        self.lives: list[list[tuple[House, Book]]] = []

    def house(self, begin: datetime, seed: Seed) -> House:
        made = self._build(begin, seed)
        found = []
        for one in all_houses(made):
            stored = one.battery.stored_kwh if one.battery else 0.0
            book = Book(self._prices, stored_first_kwh=stored)
            one.parts.append(book)
            found.append((one, book))
        self.lives.append(found)
        return made


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Day, list[list[tuple[House, Book]]]]:
    """An hour and a half across the peak's beginning, booked a second time; the first life is ours, then the twin's."""
    scenario = _part_of("summer-peak", 13.25, 1.5)
    folder = tmp_path_factory.mktemp("audited")
    (folder / "prices.toml").write_text(scenario.config, encoding="utf-8")
    config = Config.load(folder / "prices.toml")
    prices = Tariff(config.table("tariff", Settings), config.timezone)
    booked = Booked(scenario, prices)
    day = Player(replace(scenario, house=booked.house), 3, folder, execute, _silent()).play(furnish)
    for life in booked.lives:
        for house, book in life:
            book.step(0.0, house)
    return day, booked.lives


def _sum(life: list[tuple[House, Book]], what: str) -> float:
    return sum(getattr(book, what) for _house, book in life)


@pytest.mark.parametrize("which", [0, 1], ids=["with solarctl", "left alone"])
def test_energies_and_money_are_what_flowed(audited, which):
    """Energies, cost by window and comfort in the summary are those of a second book, in both lives."""
    day, lives = audited
    assert len(lives) == 2
    column = ("with solarctl", "left alone")[which]
    sums = day.energies if which == 0 else day.without[column]
    life = lives[which]
    assert sums.import_kwh == pytest.approx(_sum(life, "import_kwh"), abs=1e-6)
    assert sums.export_kwh == pytest.approx(_sum(life, "export_kwh"), abs=1e-6)
    assert sums.dear_import_kwh == pytest.approx(_sum(life, "dear_kwh"), abs=1e-6)
    assert sums.solar_kwh == pytest.approx(_sum(life, "solar_kwh"), abs=1e-6)
    assert sums.load_kwh == pytest.approx(_sum(life, "load_kwh"), abs=1e-6)
    assert sums.dark_min == pytest.approx(_sum(life, "dark_min"), abs=1e-6)
    assert day.figures[column]["cost"] == pytest.approx(_sum(life, "cost"), abs=1e-6)
    assert day.figures[column]["too_warm_f_h"] == pytest.approx(_sum(life, "too_warm_f_h"), abs=1e-6)
    assert sums.load_kwh > 5


def test_the_books_balance(audited):
    """In each house of each life: what came from grid, sun and battery is what was used; batteries lose a little."""
    _day, lives = audited
    for life in lives:
        for house, book in life:
            came_kwh = book.import_kwh - book.export_kwh + book.solar_kwh
            came_kwh += book.out_of_battery_kwh - book.into_battery_kwh
            assert came_kwh == pytest.approx(book.load_kwh, abs=1e-6)
            battery = house.battery
            assert battery is not None
            gained = book.into_battery_kwh * battery.one_way - book.out_of_battery_kwh / battery.one_way
            assert battery.stored_kwh - book.stored_first_kwh == pytest.approx(gained, abs=1e-6)


def test_both_lives_have_the_same_weather_and_people(audited):
    """The twin is the same home: as much sun on the roofs, as warm outdoors, the same prices."""
    _day, lives = audited
    for (ours, _), (theirs, _) in zip(*lives):
        assert ours.now == theirs.now
        moments = [ours.now - timedelta(minutes=5 * number) for number in range(18)]
        assert [ours.sky.at(one) for one in moments] == [theirs.sky.at(one) for one in moments]
        offered_kwh = [one.total.solar_kwh + one.total.curtailed_kwh for one in (ours, theirs)]
        assert offered_kwh[0] == pytest.approx(offered_kwh[1], abs=1e-6)
        assert ours.dear == theirs.dear


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
    day = Player(load(name), 0, tmp_path, execute, _silent()).play(furnish)
    assert dict(day.exits) == {0: 4136}
    assert day.energies.dark_min == 0
    assert day.figures["with solarctl"]["cost"] < day.figures["left alone"]["cost"]


@pytest.mark.slow
def test_a_day_of_chaos_has_no_bug(tmp_path):
    """Whatever fails, no run ends in a bug or a config error, and no dark minute could have been prevented."""
    day = Player(load("chaos"), 0, tmp_path, execute, _silent()).play(furnish, chaos=True)
    assert day.troubles > 5
    assert not {1, 2, 78} & set(day.exits)
    assert day.preventable_min == 0
