"""What every driver owes the rules, capability by capability; a driver's tests inherit these and bring the device.

A subclass gives fixtures: `driver` (opened on a device that works) and `silent` (the same driver, its device dead),
and those its contract asks for. Signs and units are the house's: power flowing in is positive.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from solarctl.capabilities import BatteryMeter, DataPoints, GridMeter, LoadMeter, SolarMeter, Switch, TokenHolder
from solarctl.errors import DeviceUnreachable
from solarctl.readings import Reading


def is_well_made(reading: Reading) -> None:
    """Check what all readings share: an aware moment, and numbers or None."""
    assert reading.at.tzinfo is not None
    assert reading.at.utcoffset() is not None
    for name, value in reading.values().items():
        assert value is None or isinstance(value, (bool, int, float, str, tuple)), (name, value)


class GridMeterContract:
    """Fixtures: `driver`, `importing_w` (brings the device to import so much), `silent`."""

    def test_it_is_a_grid_meter(self, driver: Any) -> None:
        """The class offers what its row in the catalogue promises."""
        assert isinstance(driver, GridMeter)

    @pytest.mark.parametrize("power_w", [640.0, -2860.0])
    def test_import_is_positive(self, driver: Any, importing_w: Callable[[float], None], power_w: float) -> None:
        """Import reads positive, export negative."""
        importing_w(power_w)
        reading = driver.read_grid()
        is_well_made(reading)
        assert reading.grid_w == pytest.approx(power_w, abs=1)

    def test_a_silent_device_is_unreachable(self, silent: Any) -> None:
        """Silence is DeviceUnreachable, never 0 W."""
        with pytest.raises(DeviceUnreachable):
            silent.read_grid()


class SolarMeterContract:
    """Fixtures: `driver`, `producing_w`, `silent`."""

    def test_it_is_a_solar_meter(self, driver: Any) -> None:
        """The class offers what its row in the catalogue promises."""
        assert isinstance(driver, SolarMeter)

    @pytest.mark.parametrize("power_w", [0.0, 3416.0])
    def test_production_is_positive(self, driver: Any, producing_w: Callable[[float], None], power_w: float) -> None:
        """Production reads positive, and a dark night 0."""
        producing_w(power_w)
        reading = driver.read_solar()
        is_well_made(reading)
        assert reading.solar_w == pytest.approx(power_w, abs=1)

    def test_silent_solar(self, silent: Any) -> None:
        """Silence is DeviceUnreachable, never 0 W."""
        with pytest.raises(DeviceUnreachable):
            silent.read_solar()


class LoadMeterContract:
    """Fixtures: `driver`, `consuming_w`, `silent`."""

    def test_it_is_a_load_meter(self, driver: Any) -> None:
        """The class offers what its row in the catalogue promises."""
        assert isinstance(driver, LoadMeter)

    def test_consumption_is_positive(self, driver: Any, consuming_w: Callable[[float], None]) -> None:
        """What the house uses reads positive."""
        consuming_w(573.0)
        reading = driver.read_load()
        is_well_made(reading)
        assert reading.load_w == pytest.approx(573, abs=1)

    def test_silent_load(self, silent: Any) -> None:
        """Silence is DeviceUnreachable, never 0 W."""
        with pytest.raises(DeviceUnreachable):
            silent.read_load()


class BatteryMeterContract:
    """Fixtures: `driver`, `charged_pct`, `discharging_w`, `silent`."""

    def test_it_is_a_battery_meter(self, driver: Any) -> None:
        """The class offers what its row in the catalogue promises."""
        assert isinstance(driver, BatteryMeter)

    @pytest.mark.parametrize("soc_pct", [1.0, 50.0, 100.0])
    def test_charge_is_percent(self, driver: Any, charged_pct: Callable[[float], None], soc_pct: float) -> None:
        """A half-full battery reads 50, whatever the vendor counts in."""
        charged_pct(soc_pct)
        reading = driver.read_battery()
        is_well_made(reading)
        assert reading.soc_pct == pytest.approx(soc_pct, abs=0.5)

    @pytest.mark.parametrize("power_w", [310.0, -1200.0])
    def test_charging_is_negative(self, driver: Any, discharging_w: Callable[[float], None], power_w: float) -> None:
        """Discharging reads positive, charging negative."""
        discharging_w(power_w)
        assert driver.read_battery().battery_w == pytest.approx(power_w, abs=1)

    def test_silent_battery(self, silent: Any) -> None:
        """Silence is DeviceUnreachable, never an empty battery."""
        with pytest.raises(DeviceUnreachable):
            silent.read_battery()


class SwitchContract:
    """Fixtures: `driver`, `is_on` (what the device really is), `writes` (how often it was written), `silent`."""

    def test_it_is_a_switch(self, driver: Any) -> None:
        """The class offers what its row in the catalogue promises."""
        assert isinstance(driver, Switch)

    def test_it_switches_and_sees_it(self, driver: Any, is_on: Callable[[], bool]) -> None:
        """A confirmed switch has really moved, both ways, and reads so."""
        for target in (True, False, True):
            assert driver.switch(target) is True
            assert is_on() is target
            reading = driver.read_switch()
            is_well_made(reading)
            assert reading.on is target

    def test_reading_writes_nothing(self, driver: Any, writes: Callable[[], int]) -> None:
        """Looking at a relay leaves it alone."""
        before = writes()
        driver.read_switch()
        assert writes() == before

    def test_a_silent_switch(self, silent: Any) -> None:
        """Silence is DeviceUnreachable, for looking and for switching."""
        with pytest.raises(DeviceUnreachable):
            silent.read_switch()
        with pytest.raises(DeviceUnreachable):
            silent.switch(True)


class DataPointsContract:
    """Fixtures: `driver`, `data_point` (a code and a value that it takes)."""

    def test_it_sets_any_data_point(self, driver: Any, data_point: tuple[str, object]) -> None:
        """A raw data point is set and read back."""
        assert isinstance(driver, DataPoints)
        code, value = data_point
        assert driver.set_data_point(code, value) is True
        assert driver.read_data_points()[code] == value


class TokenHolderContract:
    """Fixtures: `holder`, `clock`, `reopened` (the same account in a later run), `refused` (the service says 4xx)."""

    def test_a_renewed_token_is_kept(self, holder: Any, reopened: Callable[[], Any], clock: Any) -> None:
        """What was renewed is there in the next run, and lives on from now."""
        assert isinstance(holder, TokenHolder)
        expires_at = holder.refresh_token()
        assert expires_at.tzinfo is not None
        assert expires_at > clock.now()
        assert reopened().token_expires_at() == expires_at

    def test_renewing_prolongs(self, holder: Any, clock: Any) -> None:
        """Renewing ahead of time gives a token that ends later, due or not."""
        first = holder.refresh_token()
        clock.sleep(holder.token_lifetime_s() / 2)
        assert holder.refresh_token() >= first + timedelta(seconds=holder.token_lifetime_s() / 2 - 60)

    def test_silence_keeps_the_stored_token(self, holder: Any, service_silent: Callable[[], None]) -> None:
        """A renewal that nobody answers is DeviceUnreachable, and changes nothing."""
        expires_at = holder.refresh_token()
        service_silent()
        with pytest.raises(DeviceUnreachable):
            holder.refresh_token()
        assert holder.token_expires_at() == expires_at
