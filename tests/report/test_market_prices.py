"""Costs by prices that change all day: `record` writes them down, and the report counts with what really held."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from solarctl.control.tariff import Settings, Tariff
from solarctl.history import History
from solarctl.reporting.known_prices import KnownPrices
from solarctl.virtualhome.clock import DrivenClock
from tests.home import Home, served
from tests.report.conftest import CONFIG, DAY, ZONE, readings, write

MARKET = CONFIG.replace("[tariff]", '[devices.market]\ndriver = "energy-charts"\n[tariff]\nprices = "market"')
CHEAP, DEAR = 0.08, 0.52


def _price(at: datetime, price: float) -> dict[str, object]:
    return {"device": "market", "what": "price", "at": at.isoformat(timespec="seconds"), "price": price}


def _a_day(hours_known: float = 24):
    """Yield a day that buys 1 kW all through, and the prices of its quarters: cheap until noon, dear afterwards."""
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=ZONE)
    for index in range(288):
        at = start + timedelta(minutes=5 * index)
        row = readings(at, load=1000.0)
        if index % 3 == 0 and index < hours_known * 12:
            row["readings"].append(_price(at, CHEAP if at.hour < 12 else DEAR))
        yield row


@pytest.fixture
def house(tmp_path):
    """A house whose day is on record, prices and all."""
    home = Home(tmp_path, ())
    home.write(MARKET)
    write(home, DAY, _a_day())
    return home


def test_record_writes_the_price_of_the_quarter(tmp_path):
    """Every run notes what the present quarter costs, as the price device tells it, and seldom asks the market."""
    clock = DrivenClock(datetime(2026, 7, 1, 13, 7, tzinfo=ZONE))
    with served(
        tmp_path, "energy-charts", tables='[tariff]\nimport_price = 0.3\nprices = "market"\n', clock=clock
    ) as home:
        for _ in range(5):
            told = home.json("device", "read", "market")["readings"][0]["price"]
            [row] = home.json("record")["readings"]
            quarter = home.clock.now().astimezone(ZONE)
            assert (row["what"], row["price"]) == ("price", told)
            assert datetime.fromisoformat(row["at"]) == quarter.replace(minute=quarter.minute // 15 * 15)
            home.clock.sleep(15 * 60)
        assert len(home.emulators["energy-charts"].journal) <= 2


def test_a_silent_market_keeps_no_meter_from_being_recorded(tmp_path):
    """The price is missing in that row, 75 says so, and nothing is made up."""
    with served(tmp_path, "energy-charts", tables='[tariff]\nimport_price = 0.3\nprices = "market"\n') as home:
        home.emulators["energy-charts"].faults.set("overloaded")
        told = home.json("record")
        assert (told["exit"], told["readings"]) == (75, [])


def test_the_report_counts_with_what_held(house):
    """24 kWh: half of them at each price. The tariff's own prices do not matter."""
    told = house.json("report", "day", str(DAY))
    assert told["total"]["import_kwh"] == pytest.approx(24)
    assert told["total"]["cost"] == pytest.approx(12 * CHEAP + 12 * DEAR, abs=0.01)


def test_what_was_not_recorded_is_said(tmp_path):
    """Hours without a price are counted by the tariff, and the report tells how many."""
    home = Home(tmp_path, ())
    home.write(MARKET)
    write(home, DAY, _a_day(hours_known=18))
    told = home.run("report", "day", str(DAY), "--csv")
    assert "market's prices of 6 h were not recorded" in told.err
    cost = home.json("report", "day", str(DAY))["total"]["cost"]
    assert cost == pytest.approx(12 * CHEAP + 6 * DEAR + 3 * 0.40 + 3 * 0.20, abs=0.01)  # 17 to 21 is the window


def test_export_and_import_keep_prices(house, tmp_path):
    """A history that has moved to another machine tells the same cost."""
    first = house.json("report", "day", str(DAY))["total"]["cost"]
    zone, clock = ZONE, DrivenClock(datetime(2026, 8, 1, tzinfo=ZONE))
    lines = list(History(house.state_dir, clock, zone).export())
    (tmp_path / "elsewhere").mkdir()
    elsewhere = Home(tmp_path / "elsewhere", ())
    elsewhere.write(MARKET)
    elsewhere.state_dir.mkdir(parents=True, exist_ok=True)
    assert History(elsewhere.state_dir, clock, zone).import_(lines) == len(lines)
    assert elsewhere.json("report", "day", str(DAY))["total"]["cost"] == first == pytest.approx(7.2, abs=0.01)


@pytest.mark.parametrize(
    ("known_h", "enough"), [(24, True), (23, True), (22, False), (0, False)], ids=["all", "nearly", "gaps", "none"]
)
def test_when_the_evening_mail_has_a_cost(known_h, enough):
    """Only where nearly all prices are known is there a cost to tell."""
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=ZONE)
    tariff = Tariff(Settings(prices="market"), ZONE)
    prices = KnownPrices(tariff, [_price(start + timedelta(minutes=15 * index), CHEAP) for index in range(known_h * 4)])
    for index in range(96):
        prices.price_at(start + timedelta(minutes=15 * index))
    assert prices.is_enough is enough


def test_old_history_is_hourly():
    """Means of an hour hold for the whole hour, and no longer."""
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=ZONE)
    rows = [_price(start + timedelta(hours=hour), float(hour)) for hour in range(3)]
    prices = KnownPrices(Tariff(Settings(prices="market", import_price=9.0), ZONE), rows)
    found = [prices.price_at(start + timedelta(minutes=minute)).import_price for minute in (-1, 0, 59, 60, 179, 180)]
    assert found == [9.0, 0.0, 0.0, 1.0, 2.0, 9.0]
