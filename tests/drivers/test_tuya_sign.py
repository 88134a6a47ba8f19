"""Tuya's signature against golden vectors: computed independently, checked against two other clients and the docs."""

from __future__ import annotations

from typing import Any

import pytest

from solarctl.drivers.tuya_sign import sign

CLIENT_ID, SECRET = "p1a2b3c4d5e6f7g8h9j0", "0123456789abcdef0123456789abcdef"
TOKEN, T = "a1b2c3d4e5f60718293a4b5c6d7e8f90", "1700000000000"
NONCE, DEVICE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "bf0123456789abcdefghij"
SPACED = b'{"commands": [{"code": "switch_1", "value": true}]}'
COMPACT = b'{"commands":[{"code":"switch_1","value":true}]}'
COMMANDS = f"/v1.0/iot-03/devices/{DEVICE}/commands"

VECTORS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "A": (
        "GET",
        "/v1.0/token",
        {"query": {"grant_type": "1"}},
        "ECCEC2DC18B4C81621E637ED22780A29385B324464C76E43566CEE14B3EB6C73",
    ),
    "A-n": (
        "GET",
        "/v1.0/token",
        {"query": {"grant_type": "1"}, "nonce": NONCE},
        "C152EB9C93B1D5922347D3929D2D89254E19EFD03A8917A862D13588BB649F0D",
    ),
    "R": (
        "GET",
        "/v1.0/token/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        {},
        "6F980AFBB5B4EF34A861DD5524CA05D2076F0331502AF04F00D03347C8AA3962",
    ),
    "B": (
        "POST",
        COMMANDS,
        {"body": SPACED, "access_token": TOKEN},
        "E0FC34E2629CDEEA1DE26CEBE5AB7D073C1DD53B9D29BAD0E374EFE905919EEC",
    ),
    "B-n": (
        "POST",
        COMMANDS,
        {"body": COMPACT, "access_token": TOKEN, "nonce": NONCE},
        "74BFA74C8433140866ED953F097972741F68156066C0BA32BD47D706F538A374",
    ),
    "B-h": (
        "POST",
        COMMANDS,
        {"body": SPACED, "access_token": TOKEN, "signed_headers": [("Content-type", "application/json")]},
        "F5EDF6B1CB5273AACFFF80B0F8AB9EB41BC5F47CC1EE8AB1AA86014049CFE6A7",
    ),
    "C": (
        "POST",
        f"/v1.0/devices/{DEVICE}/commands",
        {"body": SPACED, "access_token": TOKEN},
        "64877118FEAA4D031935574AD837655D2369D12B9B6EA8D3DBFCD6FBF9923B8F",
    ),
    "D": (
        "GET",
        f"/v1.0/iot-03/devices/{DEVICE}/status",
        {"access_token": TOKEN},
        "83F87EAFEA870C1F6D257B487DB499DD7AB2EC8142E046BCD54125BC2062A8BC",
    ),
    "E": (
        "GET",
        "/v1.0/iot-01/associated-users/devices",
        {"query": {"size": "50", "last_row_key": "abc"}, "access_token": TOKEN},
        "BC78C5E81D791DC57D544C5F25FB5B0A086BC9D7100D484B2E0A96F7A9A222BF",
    ),
    "F": (
        "GET",
        "/v1.0/iot-03/devices/status",
        {"query": {"device_ids": f"{DEVICE},bf9876543210jihgfedcba"}, "access_token": TOKEN},
        "5A9ABAC83F2FEEED30946AC36D1AD7BE15AD5E3CE7172F6BE3292EFE4664D0A4",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_golden_vectors(name: str) -> None:
    """Each vector's request gets exactly its signature."""
    method, path, parts, expected = VECTORS[name]
    assert sign(CLIENT_ID, SECRET, T, method, path, **parts) == expected


DOC = {"client_id": "1KAD46OrT9HafiKdsXeg", "secret": "4OHBOnWOqaEC1mWXOpVL3yV50s0qGSRC", "t": "1588925778000"}
DOC_NONCE = "5138cc3a9033d69856923fd07b491173"
DOC_HEADERS = [("area_id", "29a33e8796834b1efa6"), ("call_id", "8afdb70ab2ed11eb85290242ac130003")]


@pytest.mark.parametrize(
    ("path", "query", "access_token", "headers", "expected"),
    [
        (
            "/v1.0/token",
            {"grant_type": "1"},
            "",
            DOC_HEADERS,
            "9E48A3E93B302EEECC803C7241985D0A34EB944F40FB573C7B5C2A82158AF13E",
        ),
        (
            "/v2.0/apps/schema/users",
            {"page_no": "1", "page_size": "50"},
            "3f4eda2bdec17232f67c0b188af3eec1",
            DOC_HEADERS,
            "AE4481C692AA80B25F3A7E12C3A5FD9BBF6251539DD78E565A1A72A508A88784",
        ),
        (
            "/v1.0/token",
            {"grant_type": "1"},
            "",
            [],
            "3206F74CBFC2869794FD3013C44F18166BE22AB1FB5FF66F513212264F67F681",
        ),
    ],
    ids=["token", "business", "token without signed headers"],
)
def test_the_vendors_example(path: str, query: dict[str, str], access_token: str, headers: Any, expected: str) -> None:
    """The example in Tuya's documentation gets the signature printed there."""
    found = sign(
        **DOC, method="GET", path=path, query=query, access_token=access_token, nonce=DOC_NONCE, signed_headers=headers
    )
    assert found == expected
