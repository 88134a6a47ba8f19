"""The Powerwall's readings through Tesla's cloud, and its conditions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl.capabilities import BatteryConditions, BatteryMode, BatteryReserve, EnergyHistory
from solarctl.drivers.tesla_powerwall import TeslaPowerwall
from solarctl.errors import DeviceUnreachable
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from tests.fakes import FakeClock
from tests.tesla.conftest import PlainHome
from tests.tesla.home_meters import HomeMetersContract


class TestContracts(HomeMetersContract):
    """What all meters owe."""

    @pytest.fixture
    def driver(self, powerwall: TeslaPowerwall) -> TeslaPowerwall:
        return powerwall

    @pytest.fixture
    def silent(self, cloud: TeslaCloud, powerwall: TeslaPowerwall) -> TeslaPowerwall:
        powerwall.read_reserve()  # a token is there
        cloud.stop()
        powerwall._context.shared.clear()  # and no connection is open
        return powerwall


def test_it_is_what_the_catalogue_says(powerwall: TeslaPowerwall) -> None:
    """Reserve, mode, conditions and history are offered too."""
    for capability in (BatteryReserve, BatteryMode, BatteryConditions, EnergyHistory):
        assert isinstance(powerwall, capability)


def test_one_request_serves_all_meters(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Four meters are one live_status; reserve and mode are one site_info."""
    powerwall.read_grid(), powerwall.read_solar(), powerwall.read_load(), powerwall.read_battery()
    assert [one.path.rpartition("/")[2] for one in cloud.data_requests()] == ["live_status"]
    powerwall.read_reserve(), powerwall.read_reserve()
    assert [one.path.rpartition("/")[2] for one in cloud.data_requests()] == ["live_status", "site_info"]


def test_a_long_command_asks_again(powerwall: TeslaPowerwall, home: PlainHome, clock: FakeClock) -> None:
    """An answer serves one moment, not a whole long run."""
    powerwall.read_battery()
    home.soc_pct = 40.0
    clock.advance(30)
    assert powerwall.read_battery().soc_pct == 40.0


def test_the_time_is_tesla_s(powerwall: TeslaPowerwall, cloud: TeslaCloud, clock: FakeClock) -> None:
    """Live values bear the timestamp that Tesla gives them, and the run's moment where it gives none."""
    cloud.faults.set("stale", 45)
    assert clock.now() - powerwall.read_battery().at == timedelta(minutes=45)


def test_without_timestamp(powerwall: TeslaPowerwall, cloud: TeslaCloud, clock: FakeClock) -> None:
    """A missing timestamp is no reason to throw values away."""
    cloud.faults.set("no-timestamp")
    assert powerwall.read_battery().at == clock.now()


@pytest.mark.parametrize("fault", ["glitch", "null-values", "solar-only"])
def test_no_charge_is_no_number(powerwall: TeslaPowerwall, cloud: TeslaCloud, fault: str) -> None:
    """A calibration's charge, null, and a site without battery are "not known", never 0 %."""
    cloud.faults.set(fault)
    assert powerwall.read_battery().soc_pct is None


def test_an_empty_battery_is_a_reading(powerwall: TeslaPowerwall, home: PlainHome, cloud: TeslaCloud) -> None:
    """Below 1 % with power flowing, or off the grid, it is really empty."""
    home.soc_pct, home.battery_w = 0.4, 200.0
    assert powerwall.read_battery().soc_pct == 0.4


def test_an_empty_battery_off_the_grid(powerwall: TeslaPowerwall, home: PlainHome, cloud: TeslaCloud) -> None:
    """Off the grid an idle, empty battery is believed."""
    home.soc_pct, home.battery_w, cloud.site.island = 0.4, 0.0, "off_grid_unintentional"
    assert powerwall.read_battery().soc_pct == 0.4


@pytest.mark.parametrize("fault", ["null-response", "text-response", "list-response"])
def test_a_stale_site(powerwall: TeslaPowerwall, cloud: TeslaCloud, fault: str) -> None:
    """A `response` that is null, a text or a list is a site without news: try again later."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceUnreachable):
        powerwall.read_battery()
    with pytest.raises(DeviceUnreachable):
        powerwall.read_reserve()


def test_null_powers_are_missing(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A null power is no reading."""
    cloud.faults.set("null-values")
    with pytest.raises(DeviceUnreachable, match="grid_power"):
        powerwall.read_grid()


def test_numbers_as_text(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Numbers that come as text are read as numbers."""
    cloud.faults.set("text-values")
    assert (powerwall.read_grid().grid_w, powerwall.read_battery().soc_pct) == (-800.0, 62.0)
    assert powerwall.read_reserve().reserve_pct == 20.0


def test_reserve_zero_is_a_value(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A reserve of 0 % is a setting, not "unset"."""
    cloud.site.set_reserve(0)
    assert powerwall.read_reserve().reserve_pct == 0.0


@pytest.mark.parametrize(
    ("island", "grid", "off_grid", "outage"),
    [
        ("on_grid", "Active", False, False),
        ("off_grid", "Inactive", True, True),
        ("off_grid_intentional", "Active", True, False),
        ("off_grid_unintentional", "Inactive", True, True),
        ("on_grid", "Inactive", True, True),
        ("island_status_unknown", "Active", False, False),
        ("island_status_unknown", "Unknown", True, False),
    ],
)
def test_on_the_grid(
    powerwall: TeslaPowerwall, cloud: TeslaCloud, island: str, grid: str, off_grid: bool, outage: bool
) -> None:
    """What is not surely on the grid counts as off it."""
    cloud.site.island, cloud.site.grid_status = island, grid
    found = powerwall.read_conditions(powerwall.read_reserve())
    assert (found.off_grid, found.outage) == (off_grid, outage)
    assert (found.reserve_pct, found.storm, found.soc_pct) == (20.0, False, 62.0)


def test_conditions_that_are_not_told(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Without island and grid status nobody may act."""
    cloud.faults.set("no-island-status")
    with pytest.raises(DeviceUnreachable, match="on the grid"):
        powerwall.read_conditions(powerwall.read_reserve())


def test_storm_watch(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """Storm watch is told."""
    cloud.site.storm = True
    assert powerwall.read_conditions(powerwall.read_reserve()).storm is True
