"""Values that nobody means, in the config, in state.json, on the command line: a sentence comes of them, not a bug."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.house import House as VirtualHouse
from tests.home import Home

CONFIG = """
[site]
timezone = "Europe/Prague"
[accounts.tuya]
service = {service}
[devices.sun2000]
driver = "huawei-sun2000"
host = "{host}"
[devices.sun]
driver = "open-meteo-solar"
[devices.p1]
driver = "homewizard"
host = "127.0.0.1"
[plan]
forecast = "sun"
grid = "p1"
[[plan.devices]]
device = "p1"
power_w = 2000
capacity_kwh = {capacity}
"""
CAR = """
[devices.car]
driver = "easee"
account = "easee"
charger_id = "EH000000"
[easee-balance]
charger = "car"
grid = "p1"
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Home]:
    """A house in which everything may be written."""
    home = Home(tmp_path, ())
    yield home
    home.stop()


def config(service: str = '"tuya"', host: str = "127.0.0.1", capacity: str = "4") -> str:
    return CONFIG.format(service=service, host=host, capacity=capacity)


@pytest.mark.parametrize("host", ["\u202e☃", "a..b", "x" * 300])
def test_a_host_that_is_none(house: Home, host: str) -> None:
    """An inverter's address with letters that no address has is a mistake in config.toml."""
    house.write(config(host=host))
    answer = house.json("device", "read", "sun2000")
    assert (answer["exit"], answer["errors"][0]["kind"]) == (78, "DeviceSetupError")


@pytest.mark.parametrize("capacity", ["1000000000000000000", "1e300"])
def test_a_capacity_that_no_load_has(house: Home, capacity: str) -> None:
    """A tank of a billion kilowatt-hours is refused where it is written."""
    house.write(config(capacity=capacity))
    answer = house.json("apply")
    assert answer["exit"] == 78
    assert "capacity_kwh" in answer["errors"][0]["message"]


@pytest.mark.parametrize("service", ["{ a = 1 }", "[[]]", "{}", "5"])
def test_a_service_that_is_no_text(house: Home, service: str) -> None:
    """The schedule can be printed all the same; `check` names the account."""
    house.write(config(service=service))
    assert house.json("crontab", "print")["exit"] == 0
    assert any(one["path"].startswith("accounts.tuya") for one in house.json("check")["problems"])


@pytest.mark.parametrize("section", ["told", "printed", "crontab"])
@pytest.mark.parametrize("value", [None, 0, "x", [], True])
def test_notes_in_state_that_are_none(house: Home, section: str, value: object) -> None:
    """What was told and printed is bookkeeping: where it is damaged it is forgotten, and tokens are kept."""
    house.write(config())
    house.run("pause", "plan")
    state = house.state() | {section: value, "tokens": {"tuya": {"access_token": "t"}}}
    (house.state_dir / "state.json").write_text(json.dumps(state))
    for argv in (("apply", "-q"), ("status", "--offline"), ("resume",)):
        assert house.run(*argv).exit in (0, 75, 78)
    assert house.state()["tokens"] == {"tuya": {"access_token": "t"}}


@pytest.mark.parametrize("command", ["plan", "apply", "status", "crontab next", "report"])
@pytest.mark.parametrize("now", ["9999-12-31T23:59", "0001-01-01"])
def test_the_calendars_last_days(house: Home, command: str, now: str) -> None:
    """A moment of which there is no tomorrow, or no yesterday, is no moment to ask about."""
    house.write(config())
    answer = house.json(*command.split(), "--now", now)
    assert (answer["exit"], answer["errors"][0]["kind"]) == (2, "UsageError")


@pytest.mark.parametrize("argv", [("why", "--at", ""), ("backup", ""), ("restore", "")])
def test_nothing_is_no_answer(house: Home, argv: tuple[str, ...]) -> None:
    """An empty text is a variable that was not set: it is told."""
    house.write(config())
    assert house.run(*argv).exit == 2


def test_the_first_day_of_all_simulated_ones(tmp_path: Path) -> None:
    """East of Greenwich 1970 begins before the count of seconds does."""
    zone = ZoneInfo("Europe/Prague")
    made = VirtualHouse(timezone=zone, start=datetime(1970, 1, 1, tzinfo=zone))
    made.advance(datetime(1970, 1, 1, 2, tzinfo=zone))
    assert -40 < made.outdoor_c < 50


@pytest.mark.parametrize("argv", [("--every", ""), ("--for", "")])
def test_an_empty_time_is_none(house: Home, argv: tuple[str, str]) -> None:
    """`easee-balance --every "$UNSET"` is told, not taken for the usual."""
    house.write(f'{config()}\n[accounts.easee]\nservice = "easee"\nusername = "me"\npassword = "p"\n{CAR}')
    assert house.run("easee-balance", "-n", *argv).exit == 2
