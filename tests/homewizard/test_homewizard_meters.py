"""HomeWizard's meters, sockets and batteries as solarctl reads and switches them."""

from __future__ import annotations

from typing import Any

import pytest

from solarctl.errors import DeviceRefused
from tests.drivers.contracts import (
    BatteryMeterContract,
    GridMeterContract,
    LoadMeterContract,
    SolarMeterContract,
    SwitchContract,
)


def died(shelf: Any, name: str, **keys: Any) -> Any:
    driver = shelf.open(name, **keys)
    shelf.made.faults.set("dead")
    return driver


@pytest.mark.parametrize("v2", [False, True])
class TestP1(GridMeterContract):
    """The P1 meter, by both versions."""

    @pytest.fixture
    def driver(self, shelf, v2):
        return shelf.open("p1", v2=v2)

    @pytest.fixture
    def importing_w(self, shelf):
        return lambda power_w: shelf.steady(grid_w=power_w)

    @pytest.fixture
    def silent(self, shelf, v2):
        return died(shelf, "p1", v2=v2)

    def test_counters(self, driver):
        """The lifetime counters come along."""
        reading = driver.read_grid()
        assert reading.import_kwh == pytest.approx(10830.511)
        assert reading.export_kwh == pytest.approx(4321.333)

    def test_three_phases(self, shelf, driver):
        """Each phase's power and current, exporting ones negative; they add up to the whole."""
        shelf.steady(grid_w=-2300.0)
        shelf.made.faults.set("three-phases")
        found = driver.read_grid()
        assert found.grid_w == -2300
        assert found.phases_w == (-1150, -690, -460)
        assert found.phases_a == (-5, -3, -2)

    def test_registers_instead_of_totals(self, shelf, driver):
        """An old meter tells registers only; their sum is the total."""
        shelf.made.faults.set("registers-only")
        assert driver.read_grid().import_kwh == pytest.approx(10830.511, abs=0.002)


class TestSolarMeter(SolarMeterContract):
    """A kWh meter on the panels counts production as negative; we do not."""

    @pytest.fixture
    def driver(self, shelf):
        return shelf.open("solar-meter")

    @pytest.fixture
    def producing_w(self, shelf):
        return lambda power_w: shelf.steady(solar_w=power_w)

    @pytest.fixture
    def silent(self, shelf):
        return died(shelf, "solar-meter")


class TestLoadMeter(LoadMeterContract):
    """The same meter in front of the house's loads."""

    @pytest.fixture
    def driver(self, shelf):
        shelf.made.devices["solar-meter"].production = False
        return shelf.open("solar-meter", measures="load")

    @pytest.fixture
    def consuming_w(self, shelf):
        return lambda power_w: shelf.steady(load_w=power_w)

    @pytest.fixture
    def silent(self, shelf):
        return died(shelf, "solar-meter", measures="load")


class TestBattery(BatteryMeterContract):
    """The plug-in battery, over TLS; it counts charging as positive, we do not."""

    @pytest.fixture
    def driver(self, shelf):
        return shelf.open("plug-in-battery")

    @pytest.fixture
    def charged_pct(self, shelf):
        def charge(pct: float) -> None:
            shelf.house.battery.soc_pct = pct

        return charge

    @pytest.fixture
    def discharging_w(self, shelf):
        return lambda power_w: shelf.steady(battery_w=power_w)

    @pytest.fixture
    def silent(self, shelf):
        return died(shelf, "plug-in-battery")


class TestSocket(SwitchContract):
    """An Energy Socket."""

    @pytest.fixture
    def driver(self, shelf):
        return shelf.open("boiler-socket")

    @pytest.fixture
    def is_on(self, shelf):
        return lambda: shelf.made.sockets["boiler-socket"].on

    @pytest.fixture
    def writes(self, shelf):
        return lambda: shelf.made.devices["boiler-socket"].writes

    @pytest.fixture
    def silent(self, shelf):
        return died(shelf, "boiler-socket")

    def test_what_the_appliance_draws(self, driver):
        """After switching, power and energy are those of now, not of before."""
        driver.switch(True)
        assert driver.read_switch().power_w == pytest.approx(2000)
        assert driver.read_device().energy_kwh == pytest.approx(12.345)

    def test_three_questions_to_look(self, shelf, driver):
        """Who is it, is it on, what does it draw: nothing is asked twice in a run."""
        driver.read_switch()
        driver.read_device()
        paths = [request.path for request in shelf.made.asked("boiler-socket")]
        assert paths == ["/api", "/api/v1/state", "/api/v1/data"]

    def test_a_locked_socket(self, shelf, driver):
        """A socket that is locked on says so, and refuses to go off."""
        shelf.made.faults.set("locked")
        assert driver.read_switch().locked
        with pytest.raises(DeviceRefused, match="locked"):
            driver.switch(False)

    def test_an_acknowledged_switch_that_did_not_move(self, shelf, driver):
        """Only what is read back counts."""
        shelf.made.faults.set("ignores-writes")
        with pytest.raises(DeviceRefused, match="did not"):
            driver.switch(True)


def test_a_counter_that_starts_again(shelf):
    """After a factory reset the counter is as the device tells it: what it means is for who books energy."""
    socket = shelf.open("boiler-socket")
    before = socket.read_device().energy_kwh
    shelf.made.devices["boiler-socket"].faults.set("counter-reset")
    after = shelf.open("boiler-socket").read_device().energy_kwh
    assert before > 12
    assert after < 0.01


def test_a_socket_with_nothing_in_it(shelf):
    """It is on, and draws nothing: both are told."""
    shelf.made.devices["boiler-socket"].faults.set("unplugged")
    socket = shelf.open("boiler-socket")
    socket.switch(True)
    shelf.clock.advance(120)
    shelf.house.advance(shelf.clock.now())
    assert shelf.open("boiler-socket").read_switch().on is True
    assert shelf.open("boiler-socket").read_device().load_w == 0
