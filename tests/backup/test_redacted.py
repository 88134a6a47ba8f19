"""The bundle for a bug report tells what happened and nothing about who and where."""

from __future__ import annotations

import json
import shutil
import tarfile
import tomllib
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from solarctl.redaction import STRUCK, Redaction, is_everyday
from tests.home import Home

PLANTED = {
    "password": "hunter2-Zebra!",
    "token file": "tok_9f8e7d6c5b4a",
    "mail": "anna.example@mail.example",
    "serial": "SW7H3K9Q2M",
    "host": "inverter.anna.lan",
    "ip": "192.168.77.41",
    "latitude": "52.37403",
    "longitude": "4.88969",
    "site id": "987654321012",
    "topic": "annas-house/meter",
    "client": "p7x9c3v5b1n8m2",
    "cookie": "ASPXAUTH-0F3C9A77",
    "stored token": "eyJhbGciOi.eyJzdWIiOiI.c2lnbmF0dXJl",
    "refresh token": "refresh-me-please",
    "comment": "Dam Square 1",
}
CONFIG = f"""
# {PLANTED["comment"]}
[site]
timezone = "Europe/Amsterdam"
latitude = {PLANTED["latitude"]}
longitude = {PLANTED["longitude"]}
[accounts.solax]
service = "solax-cloud"
token = {{ file = "solax.secret" }}
[accounts.easee]
service = "easee"
username = "{PLANTED["mail"]}"
password = "{PLANTED["password"]}"
[accounts.tuya]
service = "tuya"
region = "eu"
client_id = "{PLANTED["client"]}"
client_secret = {{ env = "NOT_SET" }}
[accounts.broker]
service = "mqtt"
host = "{PLANTED["host"]}"
[devices.inverter]
driver = "solax-cloud"
account = "solax"
serial = "{PLANTED["serial"]}"
[devices.p1]
driver = "homewizard"
host = "{PLANTED["ip"]}"
[devices.powerwall]
driver = "tesla-powerwall"
account = "easee"
site_id = {PLANTED["site id"]}
[devices.meter]
driver = "mqtt-meter"
account = "broker"
topic = "{PLANTED["topic"]}"
field = "power"
measures = "load"
[devices.relay]
driver = "tuya-switch"
account = "tuya"
device_id = "x"
[grid-guard]
battery = "inverter"
switch = "relay"
on_below_pct = 17
"""

SECRETIVE = """
[site]
timezone = "Europe/Amsterdam"
[accounts.solax]
service = "solax-cloud"
token = {{ file = "solax.secret" }}
[accounts.easee]
service = "easee"
username = "me"
password = {password}
[devices.inverter]
driver = "solax-cloud"
account = "solax"
serial = "x"
"""


@pytest.fixture
def bundle(tmp_path):
    """The members of a redacted bundle of a house that is full of private things."""
    home = Home(tmp_path, ())
    home.write(CONFIG)
    (tmp_path / "solax.secret").write_text(PLANTED["token file"] + "\n")
    (tmp_path / "solax.secret").chmod(0o600)
    home.run("pause", "grid-guard")
    state = home.state()
    state["tokens"]["easee"] = {
        "access": PLANTED["stored token"],
        "refresh": PLANTED["refresh token"],
        "lifetime_s": 3600,
    }
    state["accounts"]["easee"] = {"cookie": PLANTED["cookie"], "until": "2026-07-01T12:00:00+02:00"}
    state["devices"]["p1"] = {"serial": PLANTED["serial"], "learned": PLANTED["ip"]}
    (home.state_dir / "state.json").write_text(json.dumps(state))
    (home.state_dir / "history").mkdir(exist_ok=True)
    message = f"https://{PLANTED['host']}/api?token={PLANTED['token file']} and {PLANTED['ip']}:80 are silent"
    hint = f"Ask {PLANTED['mail']} about {PLANTED['serial']} near {PLANTED['latitude']},{PLANTED['longitude']}"
    row = {
        "kind": "decision",
        "command": "grid-guard",
        "at": "2026-07-01T12:00:00+02:00",
        "reason": "no-reading",
        "because": "No usable reading.",
        "dry_run": False,
        "exit": 75,
        "readings": [{"device": "inverter", "what": "battery", "at": "2026-07-01T12:00:00+02:00", "soc_pct": 12.0}],
        "actions": [],
        "errors": [
            {
                "kind": "DeviceUnreachable",
                "device": "inverter",
                "message": message,
                "hint": hint,
            }
        ],
    }
    (home.state_dir / "history" / "2026-07-01.jsonl").write_text(json.dumps(row) + "\n")
    (home.state_dir / "bug.txt").write_text(f"Traceback: {PLANTED['password']} in {tmp_path}/x at {PLANTED['cookie']}")
    file = tmp_path / "bundle.tar.gz"
    assert home.run("backup", str(file), "--redacted").exit == 0
    with tarfile.open(file) as archive:
        return {info.name: archive.extractfile(info).read().decode() for info in archive}


@pytest.mark.parametrize("what", PLANTED)
def test_nothing_private_is_in_it(bundle, what):
    """No planted secret, token, name, address or coordinate is in any part of the bundle."""
    for name, text in bundle.items():
        assert PLANTED[what] not in text, f"{what} is in {name}"
        assert PLANTED[what].lower() not in text.lower(), f"{what} is in {name}"


def test_coordinates_are_whole_degrees(bundle):
    """Where the house is can be told to a degree: enough for the sun, too little for a visit."""
    site = tomllib.loads(bundle["config.toml"])["site"]
    assert (site["latitude"], site["longitude"]) == (52, 5)
    assert all(text not in part for part in bundle.values() for text in ("52.37", "4.88", "4.89"))


def test_what_helps_is_kept(bundle):
    """Rules, drivers, decisions, readings and versions are there, because they are what a bug is about."""
    config = tomllib.loads(bundle["config.toml"])
    assert config["grid-guard"] == {"battery": "inverter", "switch": "relay", "on_below_pct": 17}
    assert config["devices"]["meter"]["driver"] == "mqtt-meter"
    assert config["devices"]["inverter"]["serial"] == STRUCK
    row = json.loads(bundle["decisions.jsonl"].splitlines()[0])
    assert (row["reason"], row["exit"], row["readings"][0]["soc_pct"]) == ("no-reading", 75, 12.0)
    assert "are silent" in row["errors"][0]["message"]
    assert json.loads(bundle["versions.json"])["solarctl"]
    assert json.loads(bundle["state.json"])["accounts"]["easee"]["until"] == "2026-07-01T12:00:00+02:00"
    assert json.loads(bundle["state.json"])["tokens"]["easee"] == {"lifetime_s": 3600}


@pytest.mark.parametrize(
    "text",
    [
        "me@example.com",
        "http://10.0.0.3:8080/x?y=z",
        "10.0.0.3",
        "aa:bb:cc:dd:ee:ff",
        "fe80::1ff:fe23:4567:890a",
        "p1meter-a1b2c3.local",
        "eyJ0eXAiOiJKV1QiLCJhbGciOi",
        "123456789012",
        "48.8566",
        "/home/anna/solar",
    ],
)
def test_sentences_lose_addresses(text):
    """Whatever looks like an address, a token, a serial or a coordinate is struck out of a sentence."""
    assert text not in Redaction((), ()).text(f"It said {text}, twice.")


@pytest.mark.parametrize(
    "text",
    [
        "Battery at 12 %, below 15 %.",
        "The peak ends at 20:00:00 on 2026-07-01.",
        "3.25 kWh at 0.241 EUR",
        "exit 75 after 0.41 s",
    ],
)
def test_sentences_keep_their_numbers(text):
    """What a rule says stays readable."""
    assert Redaction((), ()).text(text) == text


@pytest.mark.parametrize(
    ("private", "text"),
    [
        ("peak", "Before the peak begins, peak-mode fills the battery."),
        ("meter", "p1: the meter is silent."),
        ("on", "Switched on."),
        ("ann", "The car's annual need."),  # only a part of a word
        ("Water heater", "The water heater is full."),
    ],
)
def test_everyday_words_are_kept(private, text):
    """What a house calls a window or a topic strikes no everyday word and no part of a word out of what is told."""
    assert Redaction([private], ()).text(text) == text


def test_keys_and_everyday_values_are_kept(tmp_path):
    """A window called "peak" leaves the keys that begin like it, and is told itself; a private name is not."""
    redaction = Redaction(["peak", "Uncle Bob's tariff"], ("relay",))
    windows = [{"name": "peak", "peak": True, "peak_kw": 5.2}, {"name": "Uncle Bob's tariff"}]
    assert redaction.value({"windows": windows, "code": "switch_1", "law": "phase"}) == {
        "windows": [{"name": "peak", "peak": True, "peak_kw": 5.2}, {"name": STRUCK}],
        "code": "switch_1",
        "law": "phase",
    }
    assert "Bob" not in redaction.text("UNCLE BOB'S TARIFF begins")


SECRET = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=5, max_size=24).filter(
    lambda text: not is_everyday(text.strip()) and len(set(text.strip())) > 4 and text == text.strip()
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(password=SECRET, token=SECRET, stored=SECRET, cookie=SECRET)
@example(password="peak-power 7x", token="on/off?&=%", stored='back\\slash"quote', cookie="grid-guard")
def test_no_secret_survives(tmp_path, password, token, stored, cookie):
    """Whatever a secret looks like and wherever it turns up, it is in no part of the bundle, in no letters."""
    home = Home(tmp_path, ())
    home.write(SECRETIVE.format(password=json.dumps(password, ensure_ascii=False)))
    (tmp_path / "solax.secret").write_text(token + "\n", encoding="utf-8")
    (tmp_path / "solax.secret").chmod(0o600)
    shutil.rmtree(home.state_dir, ignore_errors=True)
    home.run("pause", "grid-guard")
    state = home.state()
    state["tokens"]["easee"] = {"access_token": stored, "lifetime_s": 3600}
    state["accounts"]["easee"] = {"cookies": {"session": cookie}, "trouble": "refused"}
    state["memory"] = {"grid-guard": {"said": f"{cookie} and {password}", password: 1}}
    (home.state_dir / "state.json").write_text(json.dumps(state))
    secrets = (password, token, stored, cookie)
    said = " ".join([*secrets, *(quote(one, safe="") for one in secrets), *(repr(one) for one in secrets)])
    row = {"kind": "decision", "command": "grid-guard", "at": "2026-07-01T12:00:00+02:00", "reason": "hold"}
    row |= {"because": said, "actions": [], "errors": [{"kind": "Bug", "message": said, "hint": said}]}
    (home.state_dir / "history").mkdir(exist_ok=True)
    (home.state_dir / "history" / "2026-07-01.jsonl").write_text(json.dumps(row) + "\n")
    (home.state_dir / "bug.txt").write_text(said, encoding="utf-8")
    file = tmp_path / "bundle.tar.gz"
    file.unlink(missing_ok=True)
    assert home.run("backup", str(file), "--redacted").exit == 0
    with tarfile.open(file) as archive:
        told = {info.name: archive.extractfile(info).read().decode() for info in archive}
    plain = [json.loads(told["state.json"]), tomllib.loads(told["config.toml"]), told["bug.txt"]]
    plain += [json.loads(line) for line in told["decisions.jsonl"].splitlines()]
    shown = "\n".join([*told.values(), *texts_in(plain)])
    for one in secrets:
        # passwords that are words of the bundle itself: the contents' list has the one, JSON the other
        if one.lower() not in ("grid-guard", "false"):
            assert one.lower() not in shown.lower()


def texts_in(value):
    """Return every text within a value, keys too."""
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in texts_in(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []
