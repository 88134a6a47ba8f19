"""Tuya's emulator over the wire: signatures, tokens, devices, and each fault by name."""

from __future__ import annotations

import http.client
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message
from typing import Any

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulator import Request
from solarctl.virtualhome.emulators.tuya import LAMP_ID, Tuya
from solarctl.virtualhome.house import House
from solarctl.virtualhome.tuya_cloud import sign
from tests.virtualhome.conftest import TuyaClient

# the reference's vectors
CLIENT, SECRET = "p1a2b3c4d5e6f7g8h9j0", "0123456789abcdef0123456789abcdef"
TOKEN, T = "a1b2c3d4e5f60718293a4b5c6d7e8f90", "1700000000000"
NONCE, DEVICE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "bf0123456789abcdefghij"
COMMAND = b'{"commands": [{"code": "switch_1", "value": true}]}'
COMPACT = b'{"commands":[{"code":"switch_1","value":true}]}'
IOT = f"/v1.0/iot-03/devices/{DEVICE}"
VECTORS = {
    "A": (
        "GET",
        "/v1.0/token?grant_type=1",
        b"",
        {},
        "ECCEC2DC18B4C81621E637ED22780A29385B324464C76E43566CEE14B3EB6C73",
    ),
    "A-n": (
        "GET",
        "/v1.0/token?grant_type=1",
        b"",
        {"nonce": NONCE},
        "C152EB9C93B1D5922347D3929D2D89254E19EFD03A8917A862D13588BB649F0D",
    ),
    "B": ("POST", f"{IOT}/commands", COMMAND, {}, "E0FC34E2629CDEEA1DE26CEBE5AB7D073C1DD53B9D29BAD0E374EFE905919EEC"),
    "B-n": (
        "POST",
        f"{IOT}/commands",
        COMPACT,
        {"nonce": NONCE},
        "74BFA74C8433140866ED953F097972741F68156066C0BA32BD47D706F538A374",
    ),
    "R": (
        "GET",
        "/v1.0/token/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        b"",
        {},
        "6F980AFBB5B4EF34A861DD5524CA05D2076F0331502AF04F00D03347C8AA3962",
    ),
    "B-h": (
        "POST",
        f"{IOT}/commands",
        COMMAND,
        {"Signature-Headers": "Content-type", "Content-type": "application/json"},
        "F5EDF6B1CB5273AACFFF80B0F8AB9EB41BC5F47CC1EE8AB1AA86014049CFE6A7",
    ),
    "C": (
        "POST",
        f"/v1.0/devices/{DEVICE}/commands",
        COMMAND,
        {},
        "64877118FEAA4D031935574AD837655D2369D12B9B6EA8D3DBFCD6FBF9923B8F",
    ),
    "D": ("GET", f"{IOT}/status", b"", {}, "83F87EAFEA870C1F6D257B487DB499DD7AB2EC8142E046BCD54125BC2062A8BC"),
    "E": (
        "GET",
        "/v1.0/iot-01/associated-users/devices?size=50&last_row_key=abc",
        b"",
        {},
        "BC78C5E81D791DC57D544C5F25FB5B0A086BC9D7100D484B2E0A96F7A9A222BF",
    ),
    "F": (
        "GET",
        "/v1.0/iot-03/devices/status?device_ids=bf0123456789abcdefghij%2Cbf9876543210jihgfedcba",
        b"",
        {},
        "5A9ABAC83F2FEEED30946AC36D1AD7BE15AD5E3CE7172F6BE3292EFE4664D0A4",
    ),
}


def _request(method: str, target: str, body: bytes, headers: dict[str, str]) -> Request:
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return Request(datetime.now(UTC), method, target.partition("?")[0], {}, message, body, target)


@pytest.mark.parametrize("name", VECTORS)
def test_the_verifier_knows_the_golden_vectors(name: str) -> None:
    """The signature over received bytes equals the reference's."""
    method, target, body, headers, expected = VECTORS[name]
    token = "" if "/token" in target else TOKEN
    assert sign(_request(method, target, body, {"t": T} | headers), CLIENT, SECRET, token) == expected


@pytest.mark.parametrize(
    ("target", "token", "expected"),
    [
        ("/v1.0/token?grant_type=1", "", "9E48A3E93B302EEECC803C7241985D0A34EB944F40FB573C7B5C2A82158AF13E"),
        (
            "/v2.0/apps/schema/users?page_no=1&page_size=50",
            "3f4eda2bdec17232f67c0b188af3eec1",
            "AE4481C692AA80B25F3A7E12C3A5FD9BBF6251539DD78E565A1A72A508A88784",
        ),
    ],
)
def test_the_verifier_knows_the_vendors_own_example(target: str, token: str, expected: str) -> None:
    """With nonce and signed headers, as Tuya's documentation prints it."""
    headers = {
        "t": "1588925778000",
        "nonce": "5138cc3a9033d69856923fd07b491173",
        "Signature-Headers": "area_id:call_id",
        "area_id": "29a33e8796834b1efa6",
        "call_id": "8afdb70ab2ed11eb85290242ac130003",
    }
    request = _request("GET", target, b"", headers)
    assert sign(request, "1KAD46OrT9HafiKdsXeg", "4OHBOnWOqaEC1mWXOpVL3yV50s0qGSRC", token) == expected


# --- the gate ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"drop": "sign"}, 1105),
        ({"drop": "t"}, 1105),
        ({"drop": "sign_method"}, 1105),
        ({"drop": "access_token"}, 1002),
        ({"client_id": "somebody"}, 1005),
        ({"t": "1700000000000"}, 1013),
        ({"t": "now"}, 1013),
        ({"sign": "0" * 64}, 1004),
        ({"signed_target": "/v1.0/else"}, 1004),
        ({"sign_method": "MD5"}, 1004),
    ],
)
def test_the_gate_refuses(client: TuyaClient, change: dict[str, str], code: int) -> None:
    """In the order headers, client, time, signature, token."""
    reply = client.call("GET", f"{client.device}/status", **change)
    assert (reply["success"], reply["code"]) == (False, code)
    assert reply["t"] == int(client.emulator.clock.now().timestamp() * 1000)


def test_five_minutes_of_skew_are_let_through(client: TuyaClient) -> None:
    """Beyond that the time is invalid."""
    client.skew_ms = 299_000
    assert client.call("GET", f"{client.device}/status")["success"] is True
    client.skew_ms = -301_000
    assert client.call("GET", f"{client.device}/status")["code"] == 1013


def test_queries_are_signed_sorted_and_decoded(client: TuyaClient) -> None:
    """The wire may be percent-encoded and unsorted; the signature is neither."""
    relay = client.emulator.relay.device_id
    reply = client.call(
        "GET",
        f"/v1.0/iot-03/devices/status?device_ids={relay}%2C{LAMP_ID}",
        signed_target=f"/v1.0/iot-03/devices/status?device_ids={relay},{LAMP_ID}",
    )
    assert [row["id"] for row in reply["result"]] == [relay, LAMP_ID]
    reply = client.call(
        "GET",
        "/v1.0/iot-01/associated-users/devices?size=1&last_row_key=",
        signed_target="/v1.0/iot-01/associated-users/devices?last_row_key=&size=1",
    )
    assert reply["result"]["has_more"] is True


# --- tokens --------------------------------------------------------------------------------------------


def test_a_living_token_is_given_again_with_what_is_left(client: TuyaClient, clock: DrivenClock) -> None:
    """grant_type=1 does not rotate."""
    clock.sleep(1000)
    again = client.call("GET", "/v1.0/token?grant_type=1")["result"]
    assert again["access_token"] == client.token
    assert again["expire_time"] == 6200
    assert again["uid"].startswith("bay")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refresh_rotates_and_kills_both(client: TuyaClient, method: str) -> None:
    """The old access token is invalid at once, and the refresh token works once."""
    path = f"/v1.0/token/{client.refresh_token}"
    new = client.call(method, path)["result"]
    assert new["expire_time"] == 7200
    assert client.call("GET", f"{client.device}/status")["code"] == 1010
    assert client.call(method, path)["code"] == 1010
    client.token = new["access_token"]
    assert client.call("GET", f"{client.device}/status")["success"] is True


def test_a_token_expires(client: TuyaClient, clock: DrivenClock) -> None:
    """After 7200 s it says so, and a new login gives another."""
    clock.sleep(7200)
    reply = client.call("GET", f"{client.device}/status")
    assert (reply["code"], reply["msg"]) == (1010, "token is expired")
    old = client.token
    client.login()
    assert client.token != old


def test_another_program_kills_our_token(client: TuyaClient) -> None:
    """Its refresh invalidates what we hold."""
    client.emulator.rotate_elsewhere()
    assert client.call("GET", f"{client.device}/status")["msg"] == "token invalid"


def test_a_wrong_grant_type(tuya: Tuya) -> None:
    """1003."""
    assert TuyaClient(tuya).call("GET", "/v1.0/token?grant_type=9")["code"] == 1003


# --- devices -------------------------------------------------------------------------------------------


def test_the_relay_brings_the_grid_in(client: TuyaClient, house: House, clock: DrivenClock) -> None:
    """The acknowledgement comes at once, the report 1.5 s later; the house is on the grid."""
    assert client.status()["switch_1"] is False
    assert not house.grid.connected
    assert client.switch(True)["result"] is True
    assert client.status()["switch_1"] is False
    clock.sleep(1.5)
    assert client.status()["switch_1"] is True
    assert house.grid.connected
    assert house.grid_w > 0
    assert client.emulator.counters()["switches"] == 1
    client.switch(True)
    assert client.emulator.counters()["switches"] == 1
    assert client.emulator.counters()["writes"] == 2


def test_the_button_on_the_relay(client: TuyaClient, house: House) -> None:
    """Somebody switches by hand: house and cloud know."""
    client.emulator.press(True)
    assert house.grid.connected
    assert client.status()["switch_1"] is True


def test_details_and_lists(client: TuyaClient) -> None:
    """Every way to look at a device tells the same."""
    relay = client.emulator.relay.device_id
    detail = client.call("GET", f"/v1.0/devices/{relay}")["result"]
    assert detail["online"] is True
    assert detail["category"] == "cz"
    assert {"code": "switch_1", "value": False} in detail["status"]
    assert "status" not in client.call("GET", client.device)["result"]
    legacy = client.call("GET", f"/v1.0/devices/{relay}/status")["result"]
    assert legacy == client.call("GET", f"{client.device}/status")["result"]
    ids = [relay, LAMP_ID]
    first = client.call("GET", "/v1.0/iot-01/associated-users/devices?size=1")["result"]
    assert [row["id"] for row in first["devices"]] == ids[:1]
    rest = client.call("GET", f"/v1.0/iot-01/associated-users/devices?last_row_key={first['last_row_key']}&size=1")
    assert [row["id"] for row in rest["result"]["devices"]] == ids[1:]
    assert [row["id"] for row in client.call("GET", "/v1.0/users/eu1/devices")["result"]] == ids
    listed = client.call("GET", "/v1.3/iot-03/devices?page_size=200&source_id=eu1&source_type=tuyaUser")["result"]
    assert [row["id"] for row in listed["list"]] == ids
    things = client.call("GET", "/v2.0/cloud/thing/device?page_size=20")["result"]
    assert [(row["id"], row["isOnline"]) for row in things] == [(one, True) for one in ids]


def test_functions_and_specification(client: TuyaClient) -> None:
    """`values` is a JSON text; only v1.1 numbers the data points; meters are no functions."""
    functions = client.call("GET", f"{client.device}/functions")["result"]["functions"]
    by_code = {row["code"]: row for row in functions}
    assert by_code["switch_1"]["type"] == "Boolean"
    assert by_code["countdown_1"]["values"] == '{"unit": "s", "min": 0, "max": 86400, "scale": 0, "step": 1}'
    assert "cur_power" not in by_code
    relay = client.emulator.relay.device_id
    for path in (f"{client.device}/specification", f"/v1.0/devices/{relay}/specifications"):
        specification = client.call("GET", path)["result"]
        assert "cur_power" in {row["code"] for row in specification["status"]}
        assert "dp_id" not in specification["functions"][0]
    assert client.call("GET", f"/v1.1/devices/{relay}/specifications")["result"]["functions"][0]["dp_id"] == 1


@pytest.mark.parametrize(
    ("code", "value", "error"),
    [
        ("switch_1", "true", 1104),
        ("switch_1", 1, 1104),
        ("switch", True, 2008),
        ("cur_power", 5, 2008),
        ("countdown_1", True, 1104),
        ("countdown_1", 90_000, 2008),
        ("relay_status", "sometimes", 2008),
    ],
)
def test_commands_that_the_cloud_does_not_take(client: TuyaClient, code: str, value: object, error: int) -> None:
    """Wrong codes and values 2008, wrong types 1104."""
    assert client.switch(value, code)["code"] == error
    assert client.emulator.counters()["writes"] == 0


def test_other_data_points_can_be_set(client: TuyaClient, clock: DrivenClock) -> None:
    """Enums, numbers and Booleans of any device, several at once."""
    assert client.switch("power_on", "relay_status")["result"] is True
    lamp = f"/v1.0/iot-03/devices/{LAMP_ID}"
    commands = [{"code": "switch_led", "value": True}, {"code": "bright_value", "value": 320}]
    assert client.call("POST", f"{lamp}/commands", {"commands": commands})["result"] is True
    clock.sleep(2)
    assert client.status()["relay_status"] == "power_on"
    rows = client.call("GET", f"{lamp}/status")["result"]
    assert {"code": "bright_value", "value": 320} in rows
    issue = f"/v2.0/cloud/thing/{LAMP_ID}/shadow/properties"
    assert client.call("POST", f"{issue}/issue", {"properties": '{"bright_value": 40}'})["success"] is True
    clock.sleep(2)
    shadow = {row["code"]: row["value"] for row in client.call("GET", issue)["result"]["properties"]}
    assert shadow["bright_value"] == 40


def test_a_countdown_flips_the_relay_when_it_ends(client: TuyaClient, house: House, clock: DrivenClock) -> None:
    """And 0 calls it off."""
    client.switch(True)
    client.switch(600, "countdown_1")
    clock.sleep(599)
    assert client.status()["switch_1"] is True
    clock.sleep(2)
    assert client.status()["switch_1"] is False
    assert not house.grid.connected
    client.switch(600, "countdown_1")
    client.switch(0, "countdown_1")
    clock.sleep(700)
    assert client.status()["switch_1"] is False


def test_the_relay_meters_what_comes_in(client: TuyaClient, house: House, clock: DrivenClock) -> None:
    """cur_power is in tenths of a watt."""
    client.switch(True)
    clock.sleep(120)
    assert client.status()["cur_power"] == pytest.approx(house.grid_w * 10, abs=1)
    assert client.status()["cur_voltage"] == 2300


def test_a_device_with_another_switch_code(house: House, clock: DrivenClock) -> None:
    """Some know only `switch`."""
    emulator = Tuya(house, clock, switch_code="switch").start()
    try:
        client = TuyaClient(emulator)
        client.login()
        assert client.switch(True)["code"] == 2008
        assert client.switch(True, "switch")["result"] is True
        assert house.grid.connected
    finally:
        emulator.stop()


def test_the_log_tells_what_the_relay_reported(client: TuyaClient, clock: DrivenClock) -> None:
    """Newest first, values as JSON texts."""
    for on in (True, False):
        client.switch(on)
        clock.sleep(10)
    path = f"/v1.0/devices/{client.emulator.relay.device_id}/logs?end_time=0&size=10&start_time=0&type=7"
    logs = client.call("GET", path)["result"]["logs"]
    assert [(row["code"], row["value"]) for row in logs] == [("switch_1", "false"), ("switch_1", "true")]


def test_without_power_in_the_street_the_relay_is_gone(client: TuyaClient, house: House) -> None:
    """It lives on the grid's side."""
    house.grid.live = False
    detail = client.call("GET", f"/v1.0/devices/{client.emulator.relay.device_id}")["result"]
    assert detail["online"] is False


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("commands", {}, 1100),
        ("commands", {"commands": "nonsense"}, 1109),
        ("commands", {"commands": [True]}, 1109),
        ("else", {}, 1108),
    ],
)
def test_bad_calls(client: TuyaClient, path: str, value: object, code: int) -> None:
    """Empty, illegal and unknown."""
    assert client.call("POST", f"{client.device}/{path}", value)["code"] == code


def test_a_trial_quota_ends(house: House, clock: DrivenClock) -> None:
    """28841004 from then on."""
    emulator = Tuya(house, clock, quota_calls=2).start()
    try:
        client = TuyaClient(emulator)
        client.login()
        assert client.call("GET", f"{client.device}/status")["success"] is True
        assert client.call("GET", f"{client.device}/status")["code"] == 28841004
    finally:
        emulator.stop()


# --- faults --------------------------------------------------------------------------------------------


def _status_reply(client: TuyaClient) -> Any:
    return client.raw("GET", f"{client.device}/status")


def _error(client: TuyaClient) -> object:
    return _status_reply(client).json().get("code")


def _bad_command(client: TuyaClient) -> object:
    return client.switch("on")["code"]


def _switch_value(client: TuyaClient) -> object:
    return client.status().get("switch_1", "missing")


def _switched_after(client: TuyaClient, seconds: float) -> tuple[bool, bool]:
    """Return whether the relay moved and whether the cloud says so, `seconds` after a command."""
    assert client.switch(True)["result"] is True
    clock = client.emulator.clock
    clock.sleep(seconds)
    return client.emulator.home.grid.connected, bool(client.status()["switch_1"]) and clock is not None


def _moved(client: TuyaClient) -> tuple[object, object]:
    """Return the relay's and the cloud's state 10 s after a command."""
    relay = client.emulator.relay
    client.switch(True)
    client.emulator.clock.sleep(10)
    seen = client.status()["switch_1"]
    return relay.actual["switch_1"], seen


def _online(client: TuyaClient) -> object:
    return client.call("GET", f"/v1.0/devices/{client.emulator.relay.device_id}")["result"]["online"]


SAYS: list[tuple[str, Any, Callable[[TuyaClient], object], object]] = [
    ("account-error", 28841002, _error, 28841002),
    ("account-error", 1106, lambda c: c.call("GET", "/v1.0/token?grant_type=1")["code"], 1106),
    ("business-error", 28841105, _error, 28841105),
    ("token-error", 1114, lambda c: c.call("GET", "/v1.0/token?grant_type=1")["code"], 1114),
    ("refresh-fails", 1011, lambda c: c.call("GET", f"/v1.0/token/{c.refresh_token}")["code"], 1011),
    ("empty-token", True, lambda c: c.call("GET", "/v1.0/token?grant_type=1")["result"]["access_token"], ""),
    ("early-death", True, _error, 1010),
    ("early-death", 4680, _error, None),
    ("skewed-clock", 400, _error, 1013),
    ("missing-tid", True, lambda c: "tid" in _status_reply(c).json(), False),
    ("missing-t", True, lambda c: "t" in _status_reply(c).json(), False),
    ("string-code", True, _bad_command, "1104"),
    ("no-result", True, lambda c: "result" in _status_reply(c).json(), False),
    ("delayed-command", 20, _moved, (False, False)),
    ("slow-report", 20, _moved, (True, False)),
    ("ignored-command", True, _moved, (False, False)),
    ("false-command", True, lambda c: c.switch(True)["result"], False),
    ("command-error", True, lambda c: c.switch(True)["code"], 1103),
    ("offline", True, lambda c: (_online(c), c.switch(True)["code"], _moved(c)), (False, 2001, (False, False))),
    (
        "offline-but-true",
        True,
        lambda c: (_online(c), c.switch(True)["result"], _moved(c)),
        (False, True, (False,) * 2),
    ),
    (
        "offline-unnoticed",
        True,
        lambda c: (_online(c), c.switch(True)["result"], _moved(c)),
        (True, True, (False,) * 2),
    ),
    (
        "legacy-refused",
        True,
        lambda c: c.call("POST", c.device.replace("iot-03/", "") + "/commands", {"commands": []})["code"],
        2008,
    ),
    ("iot03-refused", True, _error, 2003),
    ("unknown-device", True, _error, 1106),
    ("null-value", True, _switch_value, None),
    ("text-value", True, _switch_value, "false"),
    ("no-switch", True, _switch_value, "missing"),
    ("status-empty", True, lambda c: c.status(), {}),
    ("http-500", True, lambda c: _status_reply(c).status, 500),
    ("http-502", True, lambda c: (_status_reply(c).status, b"Bad Gateway" in _status_reply(c).body), (502, True)),
    ("http-429", 30, lambda c: _status_reply(c).headers["Retry-After"], "30"),
    ("html-200", True, lambda c: _status_reply(c).body[:6], b"<html>"),
    ("empty-body", True, lambda c: _status_reply(c).body, b""),
    ("half-json", True, lambda c: _status_reply(c).body[-1:] == b"}", False),
    ("slow", 0.01, _error, None),
]


@pytest.mark.parametrize(("fault", "value", "look", "expected"), SAYS, ids=[f"{row[0]}-{row[1]}" for row in SAYS])
def test_faults_do_what_they_say(
    client: TuyaClient, fault: str, value: Any, look: Callable[[TuyaClient], object], expected: object
) -> None:
    """While it is on, the cloud behaves so; when it is cleared, all is well again."""
    client.emulator.faults.set(fault, value)
    assert look(client) == expected
    client.emulator.faults.clear()
    client.login()
    client.emulator.clock.sleep(60)
    client.switch(False)
    client.switch(True)
    client.emulator.clock.sleep(10)
    assert client.status()["switch_1"] is True
    assert _online(client) is True


def test_skewed_t_is_only_shown(client: TuyaClient, clock: DrivenClock) -> None:
    """The server accepts our time, and shows another."""
    client.emulator.faults.set("skewed-t", 3600)
    reply = _status_reply(client).json()
    assert reply["success"] is True
    assert reply["t"] == int((clock.now().timestamp() + 3600) * 1000)


def test_tokens_die_early_after_the_value(client: TuyaClient, clock: DrivenClock) -> None:
    """Promised 7200 s, dead after 78 minutes."""
    client.emulator.faults.set("early-death", 4680)
    clock.sleep(4600)
    assert _error(client) is None
    clock.sleep(100)
    assert _error(client) == 1010


def test_a_torn_line_breaks_in_the_middle(client: TuyaClient) -> None:
    """Less comes than was announced."""
    client.emulator.faults.set("torn")
    with pytest.raises(http.client.IncompleteRead):
        _status_reply(client)


def test_a_relay_that_comes_back_reports_what_happened_meanwhile(client: TuyaClient, house: House) -> None:
    """Pressed while offline: the cloud learns it later."""
    client.emulator.faults.set("offline")
    assert client.status()["switch_1"] is False
    client.emulator.relay.act("switch_1", True)
    assert house.grid.connected
    assert client.status()["switch_1"] is False
    client.emulator.faults.clear()
    assert client.status()["switch_1"] is True


def test_every_fault_is_tried() -> None:
    """A fault without a test is a promise without a hand."""
    assert {row[0] for row in SAYS} | {"torn", "skewed-t"} == set(Tuya.FAULTS)


def test_the_config_is_toml_and_the_secret_is_in_a_file(tuya: Tuya) -> None:
    """`config` and `secrets` belong together."""
    config = tomllib.loads(tuya.config())
    assert config["accounts"]["tuya"]["base_url"] == tuya.url
    assert config["devices"]["grid-relay"]["device_id"] == tuya.relay.device_id
    assert tuya.secrets()[config["accounts"]["tuya"]["client_secret"]["file"]].strip() == tuya.client_secret
    assert tuya.client_secret not in tuya.config()
