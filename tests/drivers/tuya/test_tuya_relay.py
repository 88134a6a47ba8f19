"""The relay itself: its code, its addresses, offline, and what it really did."""

from __future__ import annotations

import pytest

from solarctl.errors import (
    DeviceError,
    DeviceRefused,
    DeviceReplyError,
    DeviceUnreachable,
)
from solarctl.virtualhome.emulators.tuya import LAMP_ID, RELAY_ID, Tuya
from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import Request, Response
from tests.drivers.tuya.runs import Runs
from tests.fakes import FakeBudget, FakeClock


@pytest.mark.parametrize("code", ["switch_1", "switch", "switch_on", "switch_2"])
def test_the_code_is_found_out(home: House, clock: FakeClock, code: str) -> None:
    """The relay's data point need not be configured, and is looked for once only."""
    cloud = Tuya(home, clock, switch_code=code).start()
    try:
        runs = Runs(cloud, clock)
        assert runs.relay().switch(True) is True
        assert home.grid.connected
        assert runs.store.get("devices", "grid-relay")["code"] == code
        before = len(runs.asked())
        runs.relay().switch(False)
        assert runs.asked(before)[0].startswith("POST")
    finally:
        cloud.stop()


def test_the_code_from_the_functions(runs: Runs, cloud: Tuya, home: House) -> None:
    """A device that reports no status yet still tells its functions."""
    cloud.faults.set("status-empty", times=1)
    assert runs.relay().switch(True) is True
    assert f"GET /v1.0/iot-03/devices/{RELAY_ID}/functions" in runs.asked()
    assert home.grid.connected


def test_a_configured_code_is_kept_to(runs: Runs, home: House) -> None:
    """A wrong code in the config is an error; no other data point is switched in its place."""
    with pytest.raises(DeviceRefused) as caught:
        runs.relay("switch_9").switch(True)
    assert "code" in caught.value.hint
    assert not home.grid.connected
    with pytest.raises(DeviceReplyError, match="switch_1"):
        runs.relay("switch_9").read_switch()


def test_a_learned_code_that_is_wrong(runs: Runs, home: House) -> None:
    """What was learned of another device is learned again."""
    runs.store.put("devices", "grid-relay", {"code": "switch_7"})
    assert runs.relay().switch(True) is True
    assert runs.store.get("devices", "grid-relay")["code"] == "switch_1"


@pytest.mark.parametrize("code", ["", "switch_1"])
def test_the_older_address(runs: Runs, cloud: Tuya, home: House, code: str) -> None:
    """A device that takes commands only at the older address is served there, at once from the second time on."""
    cloud.faults.set("iot03-refused")
    assert runs.relay(code).switch(True) is True
    before = len(runs.asked())
    assert runs.relay(code).switch(False) is True
    assert runs.asked(before)[0] == f"POST /v1.0/devices/{RELAY_ID}/commands"
    cloud.faults.clear()
    cloud.faults.set("legacy-refused")
    assert runs.relay(code).switch(True) is True


class Mute(Tuya):
    """A cloud that takes commands and tells nothing before the first one, or nothing after it."""

    def __init__(self, home: House, clock: FakeClock, *, mute: str) -> None:
        super().__init__(home, clock)
        self.mute = mute

    def handle(self, request: Request) -> Response:
        if request.method == "GET" and "token" not in request.path:
            commanded = any(one.method == "POST" for one in self.journal)
            if commanded is (self.mute == "after"):
                return Response.html("<html>Bad Gateway</html>", 502)
        return super().handle(request)


@pytest.mark.parametrize(("mute", "confirmed"), [("before", True), ("after", False)])
def test_supply_comes_before_knowledge(home: House, clock: FakeClock, mute: str, confirmed: bool) -> None:
    """Nobody tells which data point the relay is, or whether it moved: the command is sent, its outcome maybe open."""
    cloud = Mute(home, clock, mute=mute).start()
    try:
        assert Runs(cloud, clock).relay(budget=FakeBudget()).switch(True) is confirmed
        home.advance(clock.now())
        assert home.grid.connected
    finally:
        cloud.stop()


@pytest.mark.parametrize("fault", ["offline", "offline-but-true"])
def test_offline(runs: Runs, cloud: Tuya, fault: str) -> None:
    """A relay without power or network is unreachable, whatever its last values say, also when the cloud says yes."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceUnreachable, match="offline"):
        runs.relay().read_switch()
    with pytest.raises(DeviceUnreachable, match="offline"):
        runs.relay("switch_1").switch(True)


@pytest.mark.parametrize("fault", ["ignored-command", "offline-unnoticed"])
def test_accepted_is_not_switched(runs: Runs, cloud: Tuya, fault: str) -> None:
    """A command that the cloud took and the relay did not is refused, after fifteen seconds of looking."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceRefused, match="still reports off"):
        runs.relay().switch(True)
    assert sum(runs.clock.slept) == 15


def test_a_slow_report(runs: Runs, cloud: Tuya) -> None:
    """A report that takes ten seconds is waited for."""
    cloud.faults.set("slow-report", 10)
    assert runs.relay().switch(True) is True


def test_no_time_left_to_look(runs: Runs, home: House) -> None:
    """With the budget spent the command is still pending, not refused; the next run looks."""
    runs.relay().read_switch()
    relay = runs.relay(budget=FakeBudget(0.9, runs.clock))
    assert relay.switch(True) is False


def test_a_command_is_tried_again_when_tuya_is_busy(runs: Runs, cloud: Tuya, home: House) -> None:
    """ "Command issue error" once is no reason to leave the house without the grid."""
    cloud.faults.set("command-error", 1103, times=1)
    assert runs.relay().switch(True) is True
    assert home.grid.connected


def test_the_cloud_says_false(runs: Runs, cloud: Tuya) -> None:
    """Success with result false is a no."""
    cloud.faults.set("false-command")
    with pytest.raises(DeviceRefused):
        runs.relay().switch(True)


@pytest.mark.parametrize("fault", ["null-value", "no-switch", "status-empty"])
def test_no_position(runs: Runs, cloud: Tuya, fault: str) -> None:
    """A position that is missing or null is no position, never off."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceReplyError):
        runs.relay("switch_1").read_switch()


def test_any_data_point(runs: Runs, cloud: Tuya) -> None:
    """Numbers and texts are set as they are, on any device of the project."""
    lamp = runs.relay(device_id=LAMP_ID, budget=FakeBudget())
    assert lamp.set_data_point("bright_value", 300) is True
    assert lamp.set_data_point("work_mode", "colour") is True
    with pytest.raises(DeviceError):
        lamp.set_data_point("bright_value", "very")
    with pytest.raises(DeviceRefused):
        lamp.set_data_point("no_such_code", 1)
