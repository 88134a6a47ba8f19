"""Old files are read, never run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from solarctl.errors import UsageError
from solarctl.onboarding.imported import assigned, merged, read_file

CONFIG = """
NOTIFICATION_EMAILS = ["a@example.com", "b@example.com"]
THERMOSTAT_IDS = [123456, 123457]
FIRST_THRESHOLD = 55
SECOND_THRESHOLD = 35
THIRD_THRESHOLD = 20
PRECOOL_TEMP = 68
PRECOOL_THRESHOLD = 85
FORECAST_THRESHOLD = 100
LAT = 33.45
LON = -112.07
SUMMER_FIRST_MONTH = 5
SUMMER_LAST_MONTH = 10
SUMMER_PEAK_START = 14
SUMMER_PEAK_END = 20
WINTER_MORNING_PEAK_START = 5
WINTER_MORNING_PEAK_END = 9
WINTER_EVENING_PEAK_START = 17
WINTER_EVENING_PEAK_END = 21
TESLA_ENERGY_SITE_ID = 123456789012
TESLA_STATUS_URL = f"https://example.com/{TESLA_ENERGY_SITE_ID}"
__import__("os").system("touch executed")
"""


def file(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_config_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thermostats, site, mail, position, hours and thresholds become answers; nothing in the file is executed."""
    monkeypatch.chdir(tmp_path)
    answers = read_file(file(tmp_path, "config.py", CONFIG)).answers
    assert not (tmp_path / "executed").exists()
    assert answers["honeywell"]["thermostats"] == [123456, 123457]
    assert answers["tesla"]["site_id"] == 123456789012
    assert answers["mail"]["to"] == "a@example.com, b@example.com"
    assert answers["site"] == {"latitude": 33.45, "longitude": -112.07}
    assert [(w["name"], w["from"], w["to"]) for w in answers["tariff"]["windows"]] == [
        ("summer", "14:00", "20:00"),
        ("winter morning", "05:00", "09:00"),
        ("winter evening", "17:00", "21:00"),
    ]
    assert answers["tariff"]["windows"][1]["months"] == [1, 2, 3, 4, 11, 12]
    assert answers["rules"]["precool"] == {"setpoint_deg": 68, "battery_at_most_pct": 85, "high_at_least_deg": 100}
    assert answers["rules"]["thermostat-step"]["steps"][0] == {"at_pct": 55, "add_deg": 2}


def test_the_placeholder_position_is_not_taken(tmp_path: Path) -> None:
    """New York is where the original file lies, not the house."""
    text = CONFIG.replace("33.45", "40.71").replace("-112.07", "-74.00")
    found = read_file(file(tmp_path, "config.py", text))
    assert "site" not in found.answers
    assert any("New York" in note for note in found.notes)


def test_credentials_py(tmp_path: Path) -> None:
    """Log-ins of mail and portal."""
    text = "gmail_user = 'me@gmail.com'\ngmail_pwrd = 'abcd efgh'\nhoneywell_user = 'me@x.org'\nhoneywell_pwrd = 'pw'\n"
    answers = read_file(file(tmp_path, "credentials.py", text)).answers
    assert answers["honeywell"] == {"username": "me@x.org", "password": "pw"}
    assert (answers["mail"]["username"], answers["mail"]["host"]) == ("me@gmail.com", "smtp.gmail.com")


def test_tesla_token(tmp_path: Path) -> None:
    """The refresh token is taken; that the access token ran out in 2021 is said."""
    token = {"access_token": "a", "refresh_token": "r", "expires_in": 3888000, "created_at": 1622683443}
    found = read_file(file(tmp_path, "tesla.token", json.dumps(token)))
    assert found.answers == {"tesla": {"api": "owner", "refresh_token": "r"}}
    assert "18 July 2021" in found.notes[0]


def test_teslapy_cache(tmp_path: Path) -> None:
    """The first account's refresh token is taken, and the others are named."""
    cache = {
        "me@x.org": {"url": "https://auth.tesla.com/", "sso": {"refresh_token": "one"}},
        "you@x.org": {"sso": {"refresh_token": "two"}},
    }
    found = read_file(file(tmp_path, "cache.json", json.dumps(cache)))
    assert found.answers["tesla"]["refresh_token"] == "one"
    assert "not that of you@x.org" in found.notes[0]


@pytest.mark.parametrize(("text", "reached"), [("2", 2), ("-n 0\n", 0), ("3\n", 3)])
def test_battery_status(tmp_path: Path, text: str, reached: int) -> None:
    """The steps reached today; also where sh's echo wrote its own option."""
    assert read_file(file(tmp_path, "battery.status", text)).memory["thermostat-step"]["reached"] == reached


def test_easee_load_balancer(tmp_path: Path) -> None:
    """Charger, log-in and inverter of the second seed."""
    text = "CHARGER_ID = 'EH1'\nUSERNAME = 'me'\nPASSWORD = 'pw'\nINVERTER_IP = '192.168.1.6'\nINVERTER_PORT = 502\n"
    answers = read_file(file(tmp_path, "EaseeLoadBalancer.py", text)).answers
    assert answers["easee"] == {"charger_id": "EH1", "username": "me", "password": "pw"}
    assert answers["huawei"] == {"host": "192.168.1.6", "port": 502}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", "hello"),
        ("x.py", "def f(:"),
        ("x.py", "A = 1"),
        ("x.json", "[1]"),
        ("x.toml", "a = 1"),
        ("b", "9"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, text: str) -> None:
    """Nobody guesses."""
    with pytest.raises(UsageError):
        read_file(file(tmp_path, name, text))


def test_a_missing_file(tmp_path: Path) -> None:
    """A mistyped path is a mistake on the command line."""
    with pytest.raises(UsageError, match="cannot be read"):
        read_file(tmp_path / "nowhere.py")


def test_only_plain_values_are_assigned() -> None:
    """Calls, f-strings and imports are passed over."""
    text = "import os\nA = os.environ['HOME']\nB = f'{1}'\nC: int = 3\nD = [C, (1, 'x')]\nE = -4.5"
    assert assigned(text) == {"C": 3, "D": [3, (1, "x")], "E": -4.5}


def test_later_answers_win() -> None:
    """A file of answers is laid over what was imported, key by key."""
    assert merged({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}, "b": 4}) == {"a": {"x": 1, "y": 3}, "b": 4}


SCRIPT = """
import requests
BASE_URL = "https://openapi.tuyaeu.com"
SOLAX = "https://www.solaxcloud.com/proxyApp/proxy/api/getRealtimeInfo.do"
token_id = "20240101123456789012345"
sn = "SWABCDEFGH"
client_id = "abcdefgh"
secret = "0123456789abcdef"
device_id = "bf01"
access_token = open("token.txt").read()
if requests.get(SOLAX).json()["result"]["soc"] < 15:
    print("on")
"""


def test_relay_scripts(tmp_path: Path) -> None:
    """The scripts of the relay project: both clouds' log-ins, the dongle, the relay, and Tuya's region."""
    found = read_file(file(tmp_path, "script.py", SCRIPT))
    assert found.answers == {
        "solax": {"token": "20240101123456789012345", "serial": "SWABCDEFGH"},
        "tuya": {"client_id": "abcdefgh", "client_secret": "0123456789abcdef", "device_id": "bf01", "region": "eu"},
    }
    assert "renews them itself" in found.notes[0]
    tokens = "# tuya\nACCESS_ID = 'abc'\nACCESS_KEY = 'def'\nURL = 'https://openapi-weaz.tuyaeu.com'\n"
    assert read_file(file(tmp_path, "get_token.py", tokens)).answers["tuya"] == {
        "client_id": "abc",
        "client_secret": "def",
        "region": "eu-w",
    }


def test_scripts_of_others_are_not_taken(tmp_path: Path) -> None:
    """A client id alone does not make a file Tuya's."""
    with pytest.raises(UsageError, match="no importer knows"):
        read_file(file(tmp_path, "script.py", "client_id = 'abc'\nsecret = 'def'\n"))


EASEE = """
CHARGER_ID = 'EH123456'
SITE_ID = 12345
CIRCUIT_ID = 54321
USERNAME = 'me@x.org'
PASSWORD = 'pw'
INVERTER_IP = '192.168.1.6'
INVERTER_PORT = 502           #<------- should be 502
TOKEN = "Bearer "
"""
BALANCER = """
[cloudForecast]
key = xxx
location = Chambery
spring = 60
[mqtt]
broker_ip = 10.3.141.1
port = 1883
topic_cons = smeter/pzem/CONSOMMATION
topic_prod = smeter/pzem/PRODUCTION
topic_force = None
[equipments]
ecs = water_heater
[ecs]
topic_set_power = regul/vload/ECS/cmd
min_percent = 4
"""
HOMEWIZARD = """{
  "devices": [
    {"device_name": "meter", "device_type": "HWE-P1", "ip_address": "192.168.1.20"},
    {"device_name": "boiler", "device_type": "HWE-SKT", "ip_address": "192.168.1.21", "max_power_usage": 2000,
     "energy_capacity": 4000, "priority": 1, "daily_need": true},
    {"device_name": "battery", "device_type": "HWE-BAT", "ip_address": "192.168.1.23", "max_power_usage": 800,
     "energy_capacity": 2700, "user_info": {"name": "local/me", "token": "ABCDEF"}}],
  "solar panels": [
    {"name": "east", "quartz_parameters": {"latitude": 52.1, "longitude": 5.1, "capacity_kwp": 2, "orientation": 90}},
    {"name": "west", "quartz_parameters": {"latitude": 52.1, "longitude": 5.1, "capacity_kwp": 8, "tilt": 20}}]
}"""
TOKEN = """{"access_token": "qts-0123", "token_type": "bearer", "expires_in": 3888000, "refresh_token": "0123ABC",
"created_at": 1622683443}"""

ROOFS = [
    {"peak_kw": 2.0, "tilt_deg": 35.0, "azimuth_deg": 90.0},
    {"peak_kw": 8.0, "tilt_deg": 20.0, "azimuth_deg": 180.0},
]
TUYA = "# Tuya\nclient_id = 'c'\nsecret = 's'\n"
PORTAL = "honeywell_user = 'me'\nhoneywell_pwrd = 'pw'"


@pytest.mark.parametrize(
    ("name", "text", "step", "expected"),
    [
        ("refresh_token.py", TUYA, "tuya", {"client_id": "c", "client_secret": "s"}),
        ("EaseeLoadBalancer.py", EASEE, "huawei", {"host": "192.168.1.6", "port": 502}),
        ("EaseeLoadBalancer.py", EASEE, "easee", {"charger_id": "EH123456", "username": "me@x.org", "password": "pw"}),
        ("config.ini", BALANCER, "mqtt", {"host": "10.3.141.1", "port": 1883}),
        ("credentials.py", PORTAL, "honeywell", {"username": "me", "password": "pw"}),
        ("tesla.token", TOKEN, "tesla", {"refresh_token": "0123ABC"}),
        ("config_devices.json", HOMEWIZARD, "sun", {"latitude": 52.1, "planes": ROOFS}),
    ],
)
def test_files_as_the_five_projects_have_them(
    tmp_path: Path, name: str, text: str, step: str, expected: dict[str, object]
) -> None:
    """Every one of the five projects' settings is read, by the names that it gives them."""
    found = read_file(file(tmp_path, name, text)).answers[step]
    assert {key: found[key] for key in expected} == expected


def test_the_balancers_loads_and_topics(tmp_path: Path) -> None:
    """Meters, the dimmer and its least percent, and a hint for the clouds."""
    found = read_file(file(tmp_path, "config.ini.sample", BALANCER))
    devices = found.answers["mqtt"]["devices"]
    assert devices["house-meter"]["topic"] == "smeter/pzem/CONSOMMATION"
    assert (devices["ecs"]["topic"], devices["ecs"]["min_percent"]) == ("regul/vload/ECS/cmd", 4)
    assert [load["device"] for load in found.answers["rules"]["balance"]["loads"]] == ["ecs"]
    assert any("clouds" in note for note in found.notes)
