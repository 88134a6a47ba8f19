"""The Tuya emulator's faults do what they say."""

from __future__ import annotations

import http.client
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.tuya import Tuya
from solarctl.virtualhome.house import House
from tests.virtualhome.conftest import TuyaClient


def _status_reply(client: TuyaClient) -> Any:
    return client.raw("GET", f"{client.device}/status")


def _error(client: TuyaClient) -> object:
    return _status_reply(client).json().get("code")


def _bad_command(client: TuyaClient) -> object:
    return client.switch("on")["code"]


def _switch_value(client: TuyaClient) -> object:
    return client.status().get("switch_1", "missing")


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
