"""SolaxCloud's readings: signs, times, what is no number, and what nothing may break."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import responses

from solarctl.context import Context
from solarctl.drivers.solax_cloud import SolaxCloud
from solarctl.errors import DeviceReplyError
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud as Cloud
from tests.drivers.conftest import KYIV
from tests.drivers.contracts import BatteryMeterContract, GridMeterContract, LoadMeterContract, SolarMeterContract
from tests.drivers.solax.opening import V2, opened, run_of, vendor
from tests.fakes import FakeBudget, FakeClock


@pytest.fixture
def silent(cloud: Cloud, run: Context, api: str) -> SolaxCloud:
    found = opened(cloud, run, api)
    cloud.stop()
    return found


class TestContracts(GridMeterContract, SolarMeterContract, LoadMeterContract, BatteryMeterContract):
    """SolaxCloud as four meters, by both interfaces."""

    @pytest.fixture
    def importing_w(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda power_w: cloud.pin(grid_w=power_w, solar_w=3000, battery_w=0, load_w=3000 + power_w)

    @pytest.fixture
    def producing_w(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda power_w: cloud.pin(solar_w=power_w, grid_w=0, battery_w=500, load_w=500 + power_w)

    @pytest.fixture
    def consuming_w(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda power_w: cloud.pin(load_w=power_w, solar_w=3416, battery_w=17, grid_w=power_w - 3433)

    @pytest.fixture
    def charged_pct(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda soc_pct: cloud.pin(soc_pct=soc_pct)

    @pytest.fixture
    def discharging_w(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda power_w: cloud.pin(battery_w=power_w, solar_w=2000, grid_w=0, load_w=2000 + power_w)


def test_one_request_serves_all_meters(driver: SolaxCloud, cloud: Cloud) -> None:
    """A run asks SolaxCloud once, whatever it reads, and the house's balance holds."""
    cloud.pin(solar_w=3416, battery_w=17, grid_w=-2860, load_w=573)
    grid, solar, load, battery = (
        driver.read_grid(),
        driver.read_solar(),
        driver.read_load(),
        driver.read_battery(),
    )
    assert len(cloud.journal) == 1
    assert battery.battery_w is not None
    assert load.load_w == pytest.approx(grid.grid_w + solar.solar_w + battery.battery_w, abs=3)


def test_one_request_even_when_it_fails(driver: SolaxCloud, cloud: Cloud) -> None:
    """A failed answer is not asked for again by the next meter of the same run."""
    cloud.faults.set("html-200")
    for read in (driver.read_grid, driver.read_battery):
        with pytest.raises(DeviceReplyError):
            read()
    assert len(cloud.journal) == 1


def test_a_long_command_asks_again(cloud: Cloud, clock: FakeClock) -> None:
    """A command that runs for minutes does not live on its first answer."""
    driver = opened(cloud, run_of(clock, budget=FakeBudget()))
    driver.read_grid()
    clock.advance(301)
    driver.read_grid()
    assert len(cloud.journal) == 2


def test_the_time_is_the_uploads(driver: SolaxCloud, cloud: Cloud) -> None:
    """A reading bears the moment of the upload, in the site's zone, by v2's UTC and by v1's wall clock."""
    reading = driver.read_battery()
    assert reading.at == cloud.upload().at.replace(microsecond=0)
    assert reading.at.tzinfo is KYIV


def test_a_frozen_upload_grows_old(cloud: Cloud, clock: FakeClock, api: str) -> None:
    """A dead dongle's last values keep their time, so that rules see how old they are."""
    first = opened(cloud, run_of(clock), api).read_battery()
    cloud.faults.set("frozen-upload")
    clock.advance(3 * 3600)
    again = opened(cloud, run_of(clock), api).read_battery()
    assert again.at == first.at
    assert not again.is_fresh(clock.now(), 20)


@pytest.mark.parametrize(
    "fault", ["null-soc", "missing-soc", "soc-minus-one", "soc-101", "battery-disconnected", "nulls"]
)
def test_no_charge_is_no_number(driver: SolaxCloud, cloud: Cloud, fault: str) -> None:
    """Null, outside 0-100, or no battery: no charge is known, never 0 %."""
    cloud.faults.set(fault)
    assert driver.read_battery().soc_pct is None


@pytest.mark.parametrize("value", ["", "n/a", [], {}, True, "NaN", "1e999", -0.1, 100.5])
def test_odd_charges_are_no_number(driver: SolaxCloud, cloud: Cloud, value: object) -> None:
    """Whatever stands in soc, only a number from 0 to 100 counts."""
    cloud.faults.set("soc-value", value)
    assert driver.read_battery().soc_pct is None


def test_an_empty_battery_is_a_reading(driver: SolaxCloud, cloud: Cloud) -> None:
    """0 % with a good answer is a really empty battery: the grid must come."""
    cloud.pin(soc_pct=0)
    assert driver.read_battery().soc_pct == 0


def test_numbers_as_text(driver: SolaxCloud, cloud: Cloud) -> None:
    """Numbers that come as text are read as numbers."""
    cloud.pin(soc_pct=42, grid_w=-100, solar_w=700, load_w=600, battery_w=0)
    cloud.faults.set("numbers-as-text")
    assert driver.read_battery().soc_pct == 42
    assert driver.read_grid().grid_w == -100


def test_more_keys_do_no_harm(driver: SolaxCloud, cloud: Cloud) -> None:
    """The longer list of newer inverters reads the same."""
    cloud.pin(soc_pct=42)
    cloud.faults.set("extended")
    assert driver.read_battery().soc_pct == 42


def test_missing_powers_are_nonsense(driver: SolaxCloud, cloud: Cloud) -> None:
    """A meter without its value says so instead of 0 W."""
    cloud.faults.set("nulls")
    for read in (driver.read_grid, driver.read_solar, driver.read_load):
        with pytest.raises(DeviceReplyError):
            read()


@pytest.mark.parametrize(
    ("acpower", "battery", "solar_w"), [(285.0, -300.0, 0.0), (1700.0, 300.0, 2000.0)], ids=["night", "day"]
)
@responses.activate
def test_strings_that_are_null(run: Context, acpower: float, battery: float, solar_w: float) -> None:
    """Where no string is told, the panels' power is what the inverter gives and the battery takes."""
    answer = {"acpower": acpower, "batPower": battery, "powerdc1": None, "uploadTime": "2026-06-21 12:00:00"}
    responses.post(V2, json={"success": True, "result": answer, "code": 0})
    assert vendor(run).read_solar().solar_w == solar_w


@pytest.mark.parametrize(
    ("upload", "utc", "expected"),
    [
        ("2026-06-21 12:00:00", "2026-06-21T09:00:00Z", "2026-06-21T09:00:00+00:00"),
        ("2026-06-21 12:00:00", None, "2026-06-21T09:00:00+00:00"),
        ("2026-06-21 12:00:00", "0001-01-01T00:00:00Z", "2026-06-21T09:00:00+00:00"),
        (
            "2026-06-21 12:00:00",
            "2026-06-21T15:00:00Z",
            "2026-06-21T09:00:00+00:00",
        ),  # UTC from the future: not believed
        ("2026-06-21 12:00:00", 1700000000, "2026-06-21T09:00:00+00:00"),
        (None, "2026-06-21T09:00:00Z", "2026-06-21T09:00:00+00:00"),
        ("2026-06-18 12:00:00", "2026-06-18T09:00:00Z", "2026-06-18T09:00:00+00:00"),
        ("2025-10-26 03:30:00", None, "2025-10-26T00:30:00+00:00"),  # the hour that comes twice: the older one
    ],
)
@responses.activate
def test_which_time_is_believed(run: Context, upload: object, utc: object, expected: str) -> None:
    """v2's UTC when it can be true, else the plant's wall clock in the site's zone."""
    answer = {"soc": 50, "uploadTime": upload, "utcDateTime": utc}
    responses.post(V2, json={"success": True, "result": answer})
    assert vendor(run).read_battery().at.astimezone(UTC) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("fault", ["year-0001", "no-dates", "odd-dates"])
def test_without_a_time_there_is_no_reading(driver: SolaxCloud, cloud: Cloud, fault: str) -> None:
    """Values that nobody can date are not used."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceReplyError, match="when"):
        driver.read_battery()
