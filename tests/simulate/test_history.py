"""`simulate --history`: the house's own sun, load and prices, and what in its history is not the house's."""

from __future__ import annotations

from array import array
from datetime import timedelta

import pytest

from solarctl.config import Config
from solarctl.drivers import catalogue
from solarctl.history import History
from solarctl.house_rows import doubts, house_rows
from solarctl.simulation.recorded import Prices
from tests.fakes import FakeClock
from tests.simulate.test_loads import MARKET
from tests.simulate.test_simulate import NOW, SITE, ZONE, Cli

RADIATOR = '[balance]\ngrid = "p1"\n[[balance.loads]]\ndevice = "radiator"\npower_w = 600\n'
START = NOW.replace(hour=0) - timedelta(days=3)
METERS = """
[accounts.broker]
service = "mqtt"
[devices.house-meter]
driver = "mqtt-meter"
account = "broker"
topic = "house"
measures = "load"
[devices.unsaid]
driver = "mqtt-meter"
account = "broker"
topic = "unsaid"
"""


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def write(cli, hours, extra=lambda _at: ()):
    """Write quarters of an hour of 500 W without sun, and what `extra` adds."""
    history = History(cli.folder / "state", FakeClock(NOW), ZONE)
    for quarter in range(hours * 4):
        at = START + timedelta(minutes=15 * quarter)
        head = {"at": at.isoformat()}
        rows = [
            head | {"device": "p1", "what": "grid", "grid_w": 500.0},
            head | {"device": "p1", "what": "solar", "solar_w": 0.0},
        ]
        history.append({"kind": "readings", "readings": [*rows, *extra(at)]} | head)


def price(at, amount):
    return {"at": at.isoformat(), "device": "market", "what": "price", "price": amount}


def test_recorded_prices_are_played(cli):
    """Two days at 500 W, at 0.10 until noon and 0.40 afterwards: each life costs 6.00, and a note tells it."""
    write(cli, 49, lambda at: [price(at, 0.1 if at.hour < 12 else 0.4)])
    found = cli.json("-c", cli.config(MARKET + RADIATOR), "--history")
    (result,) = found["results"]
    assert result["cost"] == pytest.approx(6.0, abs=0.02)
    assert result["compared"]["nothing"]["cost"] == pytest.approx(6.0, abs=0.02)
    assert "Prices of market are those that `record` wrote." in found["notes"]


def test_where_prices_are_missing_a_market_s_are_made_up(cli):
    """The first day's are recorded, the second day's are not: that is said, and only that day depends on the seed."""
    write(cli, 49, lambda at: [price(at, 0.25)] if at < START + timedelta(days=1) else [])
    path = cli.config(MARKET + RADIATOR)
    found = cli.json("-c", path, "--history")
    assert any("`record` wrote for 24 of 48 h; for the others a market's are made up" in one for one in found["notes"])
    first = cli.json("-c", path, "--history", "--days", "1")["results"][0]["cost"]
    assert first == pytest.approx(3.0, abs=0.01)
    other = cli.json("-c", path, "--history", "--seed", "7")["results"][0]["cost"]
    assert found["results"][0]["cost"] != other


def test_prices_of_another_device_are_not_the_tariff_s(cli):
    """Only the prices of the device that [tariff] names are its prices."""
    write(cli, 25, lambda at: [price(at, 0.25) | {"device": "another"}])
    found = cli.json("-c", cli.config(MARKET + RADIATOR), "--history")
    assert any("not known for other days" in one for one in found["notes"])


@pytest.mark.parametrize(
    ("second", "known"),
    [(-1, None), (0, 0.1), (899, 0.1), (900, 0.2), (1799, 0.2), (1800, None), (9899, 0.3), (9900, None)],
)
def test_a_price_holds_until_the_next_or_as_long_as_others(second, known):
    """Quarters of an hour, a gap, and a later one."""
    prices = Prices(array("d", [0.0, 900.0, 9000.0]), array("d", [0.1, 0.2, 0.3]))
    assert prices.at(second) == known
    assert prices.share(0, 9000) == pytest.approx(0.2)


def config_of(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(SITE + text)
    path.chmod(0o600)
    return Config.load(path)


def row(device, what="load", day=1, **values):
    return {"device": device, "what": what, "at": f"2026-06-0{day}T12:00:00+02:00"} | (values or {"load_w": 100.0})


def test_a_meter_that_does_not_say_what_it_measures_is_no_house_s(tmp_path):
    """An MQTT meter is that of a single load until it says otherwise, here as in its driver."""
    usual = catalogue.load_driver("mqtt-meter").Settings.__dataclass_fields__["measures"].default
    assert usual == "device"
    config = config_of(tmp_path, METERS)
    rows = [row("house-meter"), row("unsaid")]
    assert house_rows(rows, config) == rows[:1]
    assert doubts(rows, rows[:1], config) == []


def test_where_only_such_a_meter_is_known_it_is_asked_for(tmp_path):
    """Without another meter for grid or load, a sentence says what to write."""
    config = config_of(tmp_path, METERS)
    (said,) = doubts([row("unsaid")], [], config)
    assert said.startswith("unsaid: ")
    assert 'say measures = "load"' in said


def test_a_socket_that_is_gone_is_no_house_s_load(tmp_path):
    """What a device drew that config.toml no longer names is left out where a meter tells the load, and said."""
    config = config_of(tmp_path, METERS)
    rows = [row("old-socket"), row("house-meter")]
    kept = house_rows(rows, config)
    assert kept == rows[1:]
    (said,) = doubts(rows, kept, config)
    assert said.startswith("old-socket: ")
    assert "single load" in said


def test_a_meter_that_was_renamed_still_counts(tmp_path):
    """On days on which nothing else tells what the house drew, a device that is gone was its meter; that is said."""
    config = config_of(tmp_path, METERS)
    rows = [row("old-meter", day=1), row("house-meter", day=2), row("old-meter", day=2)]
    kept = house_rows(rows, config)
    assert kept == rows[:2]
    (said,) = doubts(rows, kept, config)
    assert "taken for the house's" in said


def test_a_socket_that_is_gone_does_not_change_what_is_played(cli):
    """500 W at the meter are 12 kWh a day, whatever an old socket drew; the notes name it."""
    write(cli, 25, lambda at: [{"at": at.isoformat(), "device": "old", "what": "load", "load_w": 50.0}])
    p1 = '[devices.p1]\ndriver = "homewizard"\nhost = "127.0.0.1"\n'
    found = cli.json("-c", cli.config(p1 + RADIATOR), "--history")
    assert found["results"][0]["load_kwh"] == pytest.approx(12.0, abs=0.05)
    assert any(one.startswith("old: ") for one in found["notes"])
