"""A market's whole days: 96 quarter-hours, 92 and 100 when clocks are changed, hourly markets, fees by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.emulators.prices import usual_price
from tests.home import served
from tests.prices.market import KINDS, Market

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAYS = [((2026, 6, 22), 96), ((2026, 3, 29), 92), ((2026, 10, 25), 100)]
FEES = {"02:00": 0.5, "03:00": 0.25, "07:00": 0.125}  # at 2 o'clock, which comes twice, or never


def whole_day(market: Market, day: tuple[int, int, int], **keys: object) -> list[float | None]:
    """Return the day's prices, as they are known at two in the afternoon before."""
    begin, end = (datetime(*day, tzinfo=AMSTERDAM) + timedelta(days=n) for n in (0, 1))
    market.move_to(begin - timedelta(hours=10))
    return list(market.between(begin, end, **keys).prices)


def usual(day: tuple[int, int, int], count: int) -> list[float]:
    begin = datetime(*day, tzinfo=AMSTERDAM).astimezone(UTC)
    return [usual_price(begin + timedelta(minutes=15 * n)) for n in range(count)]


@pytest.mark.parametrize(("day", "count"), DAYS)
@pytest.mark.parametrize("name", KINDS)
def test_whole_days(opened, name, day, count):
    """Each quarter has the price that the market tells for it, however long the day is."""
    found = whole_day(opened(name), day)
    assert found == pytest.approx(usual(day, count), abs=1e-4)


@pytest.mark.parametrize(("day", "count"), DAYS)
@pytest.mark.parametrize("name", KINDS)
def test_hourly_markets(opened, name, day, count):
    """Four quarters of an hour cost the same, on the long day too."""
    market = opened(name)
    market.service.faults.set("hourly")
    found = whole_day(market, day)
    assert len(found) == count
    assert all(len(set(found[n : n + 4])) == 1 for n in range(0, count, 4))
    assert None not in found


@pytest.mark.parametrize(("day", "at_two"), [((2026, 6, 22), 4), ((2026, 3, 29), 0), ((2026, 10, 25), 8)])
def test_fees_by_the_clock(opened, day, at_two):
    """The fee of two o'clock holds twice on the long day, and never on the short one."""
    market = opened("energy-charts")
    plain = whole_day(market, day)
    paid = whole_day(market, day, grid_fee=FEES, tax=0.5, markup=0.25)
    fees = [round(a - (b + 0.25) * 1.5, 3) for a, b in zip(paid, plain, strict=True)]
    assert fees.count(0.5) == at_two
    assert (fees[0], fees[-1]) == (0.125, 0.125)  # the last fee holds until the first one


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, -0.04),
        ({"tax": 0.21}, -0.0484),
        ({"markup": 0.02, "tax": 0.21}, -0.0242),
        ({"markup": 0.02, "tax": 0.21, "grid_fee": 0.05}, 0.0258),
        ({"markup": 0.02, "tax": 0.21, "grid_fee": {"00:00": 0.1}}, 0.0758),
        ({"markup": 0.02, "tax": 0.21, "grid_fee": tuple([0.0] * 12 + [0.2] + [0.0] * 11)}, 0.1758),
        ({"rate": 11.5}, -0.46),
        ({"rate": 11.5, "markup": 0.1, "tax": 0.25, "grid_fee": 0.3}, -0.15),
    ],
)
@pytest.mark.parametrize("name", KINDS)
def test_the_formula(opened, name, keys, expected):
    """(spot · rate + markup) · (1 + tax) + grid fee, of a price below zero, at noon by the clock."""
    market = opened(name)
    market.service.price = lambda _at: -0.04
    assert market.read(1, **keys).price == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("market", "warned"),
    [
        ('driver = "energy-charts"\nzone = "SE3"', True),
        ('driver = "awattar"', True),
        ('driver = "energy-charts"\nzone = "SE3"\nrate = 11.2', False),
        ('driver = "tibber"\ntoken = "x"', False),
    ],
)
@pytest.mark.parametrize("currency", ["SEK", "EUR"])
def test_check_knows_the_markets_money(tmp_path, market, warned, currency):
    """EUR that would be taken for another currency are a warning; a rate, or a market in the home's own, is none."""
    tables = f'[devices.market]\n{market}\n[tariff]\ncurrency = "{currency}"\nprices = "market"\n'
    with served(tmp_path, tables=tables) as home:
        found = [one["path"] for one in home.json("check")["problems"]]
    assert ("devices.market.rate" in found) is (warned and currency == "SEK")


def test_prices_that_are_late(opened):
    """At three tomorrow's prices are still missing: None, no error; half an hour later they are asked for again."""
    market = opened("energy-charts")
    market.move_to(datetime(2026, 6, 22, 13, 0, tzinfo=UTC))
    market.service.faults.set("only-today")
    assert market.read(24).prices[-1] is None
    market.service.faults.clear("only-today")
    market.clock.advance(20 * 60)
    assert market.read(24).prices[-1] is None
    market.clock.advance(11 * 60)
    assert market.read(24).prices[-1] is not None
    assert len(market.service.journal) == 2


def test_nobody_asks_for_what_cannot_be_there(opened):
    """Two days of plans each half an hour: prices are asked for when they may have come out, not all night long."""
    market = opened("energy-charts")
    market.move_to(datetime(2026, 6, 21, 18, 0, tzinfo=UTC))
    for _ in range(96):
        assert market.read(4).prices[-1] is not None
        market.read(36)
        market.clock.advance(30 * 60)
    assert len(market.service.journal) <= 5
    market.move_to(datetime(2026, 6, 24, 11, 5, tzinfo=UTC))
    assert market.read(34).prices[-1] is not None
