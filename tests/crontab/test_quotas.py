"""The recommended schedule asks no vendor for more than it gives, whatever is in the house."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solarctl.config import Config
from solarctl.drivers.lately import PACES, RECORD_SHARE, recorded_min
from solarctl.schedule import printing
from solarctl.schedule.crontab import parse
from solarctl.schedule.linting import lint
from solarctl.schedule.recommended import lines
from solarctl.schedule.thrift import affordable

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)

EXAMPLE = Path(__file__).parents[2] / "config.toml.example"
MORE = """
[devices.room-{0}]
driver = "honeywell-tcc"
account = "honeywell"
device_id = {0}
"""
RELAY = """
[devices.socket-{0}]
driver = "tuya-switch"
account = "tuya"
device_id = "socket{0}"
"""


def everything(thermostats: int, relays: int) -> str:
    """The example with all that solarctl can do, and so many thermostats that are stepped, and relays of Tuya's."""
    rooms = [f"room-{number}" for number in range(2, thermostats + 1)]
    names = ", ".join(f'"{name}"' for name in ["hall", *rooms])
    text = EXAMPLE.read_text().replace('thermostats = ["hall"]', f"thermostats = [{names}]")
    text += "".join(MORE.format(number) for number in range(2, thermostats + 1))
    return text + "".join(RELAY.format(number) for number in range(2, relays + 1))


@pytest.mark.parametrize(("thermostats", "relays"), [(1, 1), (2, 2), (4, 3)])
def test_the_recommended_schedule_passes_its_own_check(house, cron, thermostats, relays):
    """What `crontab install` writes for a house with everything, `crontab check` has no error about."""
    house.write(everything(thermostats, relays))
    for name in ("solax.secret", "tuya.secret", "easee.secret", "tesla.secret", "honeywell.secret", "mail.secret"):
        (house.folder / name).write_text("not-a-secret")
        (house.folder / name).chmod(0o600)
    house.run("crontab", "install")
    answer = house.json("crontab", "check")
    said = [one["message"] for one in answer["problems"]]
    assert answer["exit"] == 0, said
    assert not any("times a day" in one for one in said)


HEAD = """
[site]
timezone = "{zone}"
[accounts.tuya]
service = "tuya"
[accounts.honeywell]
service = "honeywell-tcc"
[accounts.solax]
service = "solax-cloud"
[devices.inverter]
driver = "solax-cloud"
account = "solax"
[devices.sun]
driver = "{sun}"
[devices.weather]
driver = "{weather}"
[tariff]
[[tariff.windows]]
days = "mon-fri"
from = "14:00"
to = "20:00"
[forecast]
device = "sun"
"""


def generated(relays: int, rooms: int, *, guard: bool, steps: bool, zone: str, sun: str, weather: str) -> str:
    """A house with so many relays as planned loads and so many thermostats."""
    text = HEAD.format(zone=zone, sun=sun, weather=weather)
    text += "".join(RELAY.format(number) for number in range(relays)) + "".join(MORE.format(n) for n in range(rooms))
    if relays:
        text += '[plan]\nforecast = "sun"\ngrid = "inverter"\n'
        for number in range(1 if guard else 0, relays):
            text += f'[[plan.devices]]\ndevice = "socket-{number}"\npower_w = 500\ncapacity_kwh = 1\n'
    if guard and relays:
        text += '[grid-guard]\nbattery = "inverter"\nswitch = "socket-0"\n'
    if rooms:
        names = ", ".join(f'"room-{number}"' for number in range(rooms))
        shared = f'battery = "inverter"\nthermostats = [{names}]\n'
        text += f'[precool]\nweather = "weather"\n{shared}'
        text += f"[thermostat-step]\n{shared}steps = [{{ at_pct = 50, add_deg = 2 }}]\n" if steps else ""
    return text


@settings(max_examples=60, deadline=None)
@given(
    relays=st.integers(0, 14),
    rooms=st.integers(0, 24),
    guard=st.booleans(),
    steps=st.booleans(),
    zone=st.sampled_from(("UTC", "America/Phoenix", "Asia/Kolkata")),
    sun=st.sampled_from(("open-meteo-solar", "forecast-solar", "solcast", "quartz")),
    weather=st.sampled_from(("open-meteo", "openweather", "nws")),
)
@example(relays=14, rooms=24, guard=True, steps=True, zone="UTC", sun="solcast", weather="openweather")
def test_what_print_recommends_check_accepts(relays, rooms, **house):
    """However many devices of a cloud with a quota there are: no word of quotas, nor of a line that rests too long."""
    text = generated(relays, rooms, **house)
    config = Config(Path("/etc/solarctl/config.toml"), tomllib.loads(text), text)
    zone = ZoneInfo(house["zone"])
    printed = printing.crontab_lines(
        affordable(lines(config), config), place_of(zone), knows_zones=False, machine=ZoneInfo("UTC")
    )
    found = lint(parse("\n".join(printed)), config, NOON, machine=ZoneInfo("UTC"), knows_zones=False)
    said = [one.message for one in found]
    assert not [one for one in said if "times a day" in one or "rests for" in one], said


def place_of(zone: ZoneInfo) -> printing.Place:
    return printing.Place("/opt/solarctl", ("-c", "/etc/solarctl/config.toml"), zone, str(zone), NOON)


def every(text: str) -> dict[str, int]:
    config = Config(Path("/etc/solarctl/config.toml"), tomllib.loads(text), text)
    return {line.command: line.every_min for line in affordable(lines(config), config)}


def test_only_what_asks_too_often_is_slowed_down():
    """One relay of Tuya as a load: apply runs every three minutes, everything else as ever; without it, each minute."""
    plain = {"guard": False, "steps": True, "zone": "UTC", "sun": "open-meteo-solar", "weather": "open-meteo"}
    text = generated(1, 2, **plain)
    found = every(text)
    assert found == {
        "apply": 3,
        "forecast": 30,
        "plan": 30,
        "precool": 15,
        "record": 5,
        "thermostat-step": 10,
        "token-refresh": 15,
    }
    assert every(text.replace('"tuya-switch"', '"homewizard"').replace('account = "tuya"', ""))["apply"] == 1


def test_too_many_devices_for_any_schedule(house, cron):
    """Where no schedule would do, print says so, and check has an error."""
    text = generated(60, 0, guard=False, steps=False, zone="UTC", sun="open-meteo-solar", weather="open-meteo")
    house.write(text)
    assert "even so the schedule asks tuya about" in house.run("crontab", "print").err
    house.run("crontab", "install")
    answer = house.json("crontab", "check")
    assert answer["exit"] == 78
    assert any("more than what it gives: Tuya" in one["message"] for one in answer["problems"])


@pytest.mark.parametrize(
    ("service", "devices", "minutes"), [("tuya", 1, 15), ("tuya", 12, 50.2), ("honeywell-tcc", 6, 54)]
)
def test_record_asks_the_more_seldom_the_more_there_are(service, devices, minutes):
    """What record asks stays below two fifths of the quota."""
    assert recorded_min(service, devices) == pytest.approx(minutes, abs=0.1)
    assert devices * 1440 / recorded_min(service, devices) <= RECORD_SHARE * PACES[service][1] + 0.1
