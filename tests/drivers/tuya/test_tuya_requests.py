"""Tuya's relays offer what they promise, and cost few requests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from solarctl.drivers.tuya import TuyaSwitch
from solarctl.drivers.tuya_account import TuyaAccount
from solarctl.virtualhome.emulators.tuya import RELAY_ID, Tuya
from solarctl.virtualhome.house import House
from tests.drivers.contracts import DataPointsContract, SwitchContract, TokenHolderContract
from tests.drivers.tuya.runs import Runs
from tests.fakes import FakeBudget


@pytest.fixture
def driver(runs: Runs) -> TuyaSwitch:
    return runs.relay(budget=FakeBudget())


@pytest.fixture
def silent(runs: Runs, cloud: Tuya) -> TuyaSwitch:
    cloud.stop()
    return runs.relay()


class TestRelay(SwitchContract, DataPointsContract):
    """A relay as a switch, and its raw data points."""

    @pytest.fixture
    def is_on(self, home: House) -> Callable[[], bool]:
        return lambda: home.grid.connected

    @pytest.fixture
    def writes(self, cloud: Tuya) -> Callable[[], int]:
        return lambda: cloud.api.writes

    @pytest.fixture
    def data_point(self) -> tuple[str, object]:
        return "relay_status", "power_on"


class TestTokens(TokenHolderContract):
    """The cloud project as a holder of tokens."""

    @pytest.fixture
    def holder(self, runs: Runs) -> TuyaAccount:
        return runs.account(runs.context(budget=FakeBudget()))

    @pytest.fixture
    def reopened(self, runs: Runs) -> Callable[[], TuyaAccount]:
        return runs.account

    @pytest.fixture
    def service_silent(self, cloud: Tuya) -> Callable[[], None]:
        return lambda: cloud.faults.set("torn")


def test_a_steady_run_costs_one_request(runs: Runs) -> None:
    """With a token at hand, looking at the relay is one request; the first run ever needs one more for the token."""
    runs.relay().read_switch()
    assert len(runs.asked()) == 2
    before = len(runs.asked())
    runs.relay().read_switch()
    assert runs.asked(before) == [f"GET /v1.0/devices/{RELAY_ID}"]


def test_opening_costs_nothing(runs: Runs) -> None:
    """Constructors ask nobody."""
    runs.relay()
    assert runs.asked() == []


def test_switching_costs_a_command_and_a_look(runs: Runs) -> None:
    """A relay that obeys is looked at until its report has come, not longer."""
    runs.relay().read_switch()
    before = len(runs.asked())
    assert runs.relay().switch(True) is True
    assert runs.asked(before) == [
        f"POST /v1.0/iot-03/devices/{RELAY_ID}/commands",
        f"GET /v1.0/devices/{RELAY_ID}",
        f"GET /v1.0/devices/{RELAY_ID}",
    ]
    assert sum(runs.clock.slept) == 2
