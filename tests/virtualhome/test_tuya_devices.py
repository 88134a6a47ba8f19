"""The Tuya emulator's devices: relays, data points, countdowns, quotas."""

from __future__ import annotations

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.tuya import LAMP_ID, Tuya
from solarctl.virtualhome.house import House
from tests.virtualhome.conftest import TuyaClient


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
