"""The Tuya emulator's gate: signatures, clocks and tokens as Tuya checks them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import Message

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.tuya import LAMP_ID, Tuya
from solarctl.virtualhome.http_emulator import Request
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
