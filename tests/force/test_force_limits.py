"""What a person may ask for by hand: powers, currents and temperatures that a device can have, till a time to come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.home import Home

CONFIG = """
[site]
timezone = "Europe/Prague"
{site}
[accounts.broker]
service = "mqtt"
host = "127.0.0.1"
port = 9
[accounts.easee]
service = "easee"
username = "me"
password = "not-a-secret"
base_url = "http://127.0.0.1:9"
[accounts.honeywell]
service = "honeywell-tcc"
username = "me"
password = "not-a-secret"
base_url = "http://127.0.0.1:9"
[devices.meter]
driver = "mqtt-meter"
account = "broker"
topic = "meter"
measures = "grid"
[devices.water-heater]
driver = "mqtt-variator"
account = "broker"
topic = "heater"
max_w = 2000
[devices.radiator]
driver = "mqtt-switch"
account = "broker"
topic = "radiator"
[devices.pump]
driver = "mqtt-switch"
account = "broker"
topic = "pump"
[devices.car]
driver = "easee"
account = "easee"
charger_id = "EH000000"
[devices.guest]
driver = "easee"
account = "easee"
charger_id = "EH000001"
[devices.hall]
driver = "honeywell-tcc"
account = "honeywell"
device_id = 1
[easee-balance]
charger = "car"
grid = "meter"
fuse_a = 20
[balance]
grid = "meter"
[[balance.loads]]
device = "water-heater"
[[balance.loads]]
device = "radiator"
power_w = 596
[[balance.loads]]
device = "pump"
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A house whose devices nobody has to reach."""
    house = Home(tmp_path, ())
    house.write(CONFIG.format(site=""))
    yield house
    house.stop()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("force", "water-heater", "99999"), "0 to 2000 W"),
        (("force", "water-heater", "2500"), "0 to 2000 W"),
        (("force", "water-heater", "nan"), "0 to 2000 W"),
        (("force", "water-heater", "inf"), "0 to 2000 W"),
        (("force", "radiator", "1000"), "0 to 596 W"),
        (("force", "pump", "99999"), "0 to 55200 W"),
        (("force", "car", "99999"), "0 to 11040 W"),
        (("device", "power", "water-heater", "99999"), "0 to 2000 W"),
        (("device", "power", "water-heater", "nan"), "nan is no number"),
        (("device", "limit", "car", "25"), "0 to 20 A"),
        (("device", "limit", "guest", "99"), "0<=x<=80"),
        (("device", "limit", "car", "10", "--ttl-min", "inf"), "1<=x<=1440"),
        (("device", "limit", "car", "10", "--ttl-min", "nan"), "nan is no number"),
        (("device", "reserve", "car", "nan"), "nan is no number"),
        (("device", "setpoint", "hall", "720"), "40 to 99°F"),
        (("device", "setpoint", "hall", "21"), "site.temperature_unit"),
        (("device", "setpoint", "hall", "nan"), "nan is no number"),
        (("device", "setpoint", "hall", "78", "--until", "whenever"), "tomorrow 06:00"),
        (("force", "water-heater", "500", "--for", "2h", "--until", "18:00"), "two ways to say the same"),
        (("force", "water-heater", "500", "--for", "soon"), "time span"),
        (("force", "water-heater", "500", "--until", "2001-01-01"), "is past"),
        (("force", "water-heater", "500", "--until", "60d"), "31 days"),
        (("pause", "--until", "yesterday"), "is no time"),
    ],
)
def test_what_no_device_takes_is_refused(home: Home, argv: tuple[str, ...], said: str) -> None:
    """A slip of the finger is exit 2 with the allowed range, and nothing is forced, sent or paused."""
    result = home.run(*argv)
    assert (result.exit, said in result.err) == (2, True), result
    assert not (home.state_dir / "state.json").exists()


@pytest.mark.parametrize(
    "argv",
    [
        ("force", "water-heater", "2000"),
        ("force", "water-heater", "2100", "--for", "+90min"),  # the label says a little more than was measured
        ("force", "radiator", "596", "--until", "tomorrow 06:00"),
        ("force", "pump", "0"),
        ("force", "car", "11000", "--until", "friday"),
        ("pause", "--until", "tomorrow"),
        ("pause", "balance", "--until", "+2h"),
    ],
)
def test_what_a_device_takes(home: Home, argv: tuple[str, ...]) -> None:
    """What it can have is taken, up to a time said in any way."""
    result = home.run(*argv)
    assert result.exit == 0, result
    assert set(home.state()) & {"forced", "pause"}


def test_degrees_are_those_of_the_site(home: Home) -> None:
    """Where temperatures are in Celsius, 78 is a slip."""
    home.write(CONFIG.format(site='temperature_unit = "C"'))
    assert "4 to 37°C" in home.run("device", "setpoint", "hall", "78").err
