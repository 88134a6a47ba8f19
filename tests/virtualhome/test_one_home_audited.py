"""The demo's summary is what really flowed: every step of both lives is booked a second time, by a book of our own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from solarctl.cli import execute
from solarctl.config import Config
from solarctl.control.tariff import Settings, Tariff
from solarctl.simulation.demo import Day, Player
from solarctl.simulation.demo_folder import furnish
from solarctl.virtualhome.dwelling import all_houses
from solarctl.virtualhome.house import House
from solarctl.virtualhome.rooms import Rooms
from solarctl.virtualhome.scenario import Scenario, Seed
from tests.virtualhome.parts_of_days import part_of, silent


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
    """Half an hour across the peak's beginning, booked a second time; the first life is ours, then the twin's."""
    scenario = part_of("summer-peak", 13.75, 0.5)
    folder = tmp_path_factory.mktemp("audited")
    (folder / "prices.toml").write_text(scenario.config, encoding="utf-8")
    config = Config.load(folder / "prices.toml")
    prices = Tariff(config.table("tariff", Settings), config.timezone)
    booked = Booked(scenario, prices)
    day = Player(replace(scenario, house=booked.house), 3, folder, execute, silent()).play(furnish)
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
    assert sums.load_kwh > 2
    assert sums.dear_import_kwh < sums.import_kwh  # some of it came before the peak


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
