"""Dynamic prices: quarter-hours, negative prices, what comes on top, and what is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from solarctl.drivers.spot_prices import fee_at, fee_problem
from solarctl.errors import DeviceLoginError, DeviceReplyError, DeviceSetupError, DeviceUnreachable
from solarctl.settings import Secret
from solarctl.virtualhome.emulators import prices as services
from tests.prices.market import KINDS


@pytest.mark.parametrize("name", KINDS)
class TestEveryMarket:
    """What all price services owe the planner."""

    def test_quarter_hours(self, opened, name):
        """The first slot contains now; each slot has its own price; negative prices stay so."""
        market = opened(name)
        found = market.read()
        assert found.start == datetime(2026, 6, 21, 10, 0, tzinfo=UTC)
        assert len(found.prices) == 25
        expected = [services.usual_price(found.start + timedelta(minutes=15 * n)) for n in range(25)]
        assert found.prices == pytest.approx(expected, abs=1e-4)
        assert min(found.prices) < 0
        assert found.price == found.prices[0]

    def test_on_top(self, opened, name):
        """price = (spot + markup) × (1 + tax) + grid_fee."""
        market = opened(name)
        spot = market.read().prices
        paid = market.read(markup=0.02, tax=0.21, grid_fee=0.05).prices
        assert paid == pytest.approx([(one + 0.02) * 1.21 + 0.05 for one in spot], abs=1e-5)

    def test_hours(self, opened, name):
        """An hour costs the mean of its quarters; an hourly market's quarters cost what the hour costs."""
        market = opened(name)
        quarters = market.read().prices
        assert market.read(slot_min=60).prices[0] == pytest.approx(sum(quarters[:4]) / 4, abs=1e-5)

    def test_an_hourly_market(self, opened, name):
        """Four quarters of one hour cost the same."""
        market = opened(name)
        market.service.faults.set("hourly")
        assert len(set(market.read().prices[:4])) == 1

    def test_tomorrow_is_not_known_yet(self, opened, name):
        """Slots without a price are None; in the afternoon they are asked for again."""
        market = opened(name)
        found = market.read(30)
        assert found.prices[0] is not None
        assert found.prices[-1] is None
        market.clock.advance(4 * 3600)
        assert market.read(24).prices[-1] is not None

    def test_tomorrow_is_late(self, opened, name):
        """In the afternoon tomorrow is still missing: today's prices are good, and it is asked for again."""
        market = opened(name)
        market.clock.advance(4 * 3600)
        market.service.faults.set("only-today")
        late = market.read(24).prices
        assert late[0] is not None
        assert late[-1] is None
        market.service.faults.clear()
        market.clock.advance(3600)
        assert market.read(20).prices[-1] is not None

    def test_asked_once(self, opened, name):
        """What is known is not asked for again; tomorrow's is, twice an hour at most."""
        market = opened(name)
        for _ in range(10):
            market.read()
            market.clock.advance(60)
        assert len(market.service.journal) == 1

    def test_silence(self, opened, name):
        """What was told is good although the service is gone; without it, silence is silence."""
        market = opened(name)
        before = market.read().prices
        market.service.faults.set("overloaded")
        market.clock.advance(3600)
        assert market.read(2).prices[:4] == before[4:8]
        for path in market.folder.iterdir():
            path.unlink()
        with pytest.raises(DeviceUnreachable):
            market.read()

    @pytest.mark.parametrize("fault", ["torn", "overloaded", "rate-limit"])
    def test_trouble_on_the_way(self, opened, name, fault):
        """Without an answer there are no prices, and that is silence."""
        market = opened(name)
        market.service.faults.set(fault)
        with pytest.raises(DeviceUnreachable):
            market.read()

    def test_some_prices_are_missing(self, opened, name):
        """What is null is not known; the prices beside it are."""
        market = opened(name)
        market.service.faults.set("null-values")
        found = market.read(24).prices
        assert None in found
        assert any(one is not None for one in found)

    @pytest.mark.parametrize("fault", ["html-200", "empty"])
    def test_nonsense(self, opened, name, fault):
        """A page or an empty answer is nonsense."""
        market = opened(name)
        market.service.faults.set(fault)
        if name == "tibber" and fault == "empty":
            market.service.faults.set("empty")
        with pytest.raises(DeviceReplyError):
            market.read()


def test_tibbers_token(opened):
    """A wrong token is a log-in matter; a home without a subscription is nonsense."""
    market = opened("tibber")
    with pytest.raises(DeviceLoginError):
        market.read(token=Secret("wrong-token"))
    market.service.faults.set("no-subscription")
    with pytest.raises(DeviceReplyError):
        market.read()


@pytest.mark.parametrize(
    ("name", "keys", "word"),
    [("energy-charts", {"zone": "XX"}, "zone XX"), ("tibber", {"home_id": "home-7"}, "there are: home-1")],
)
def test_what_the_config_has_wrong(opened, name, keys, word):
    """A zone or a home that there is not: correct the config (78)."""
    with pytest.raises(DeviceSetupError) as caught:
        opened(name).read(**keys)
    assert word in f"{caught.value} {caught.value.hint}"


def test_one_of_several_homes(opened):
    """The home that is meant is found by its id."""
    assert opened("tibber").read(home_id="home-1").price is not None


FEES = {"07:00": 0.09, "23:00": 0.03}


@pytest.mark.parametrize(
    ("fee", "hour", "expected"),
    [
        (0.05, 3, 0.05),
        (FEES, 6, 0.03),
        (FEES, 7, 0.09),
        (FEES, 23, 0.03),
        (tuple(n / 100 for n in range(24)), 13, 0.13),
    ],
)
def test_grid_fees(fee, hour, expected):
    """A number, by the time from which on it holds, or one for each hour."""
    assert fee_at(fee, datetime(2026, 6, 21, hour, 30)) == expected
    assert fee_problem(fee) == ""


@pytest.mark.parametrize("fee", [(0.1, 0.2), {}, {"7 o'clock": 0.1}])
def test_wrong_grid_fees(fee):
    """What is no fee is told."""
    assert fee_problem(fee)
