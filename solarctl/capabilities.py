"""What a device can do, one small Protocol each; a driver is any class that offers some of them.

Constructors do no I/O. Methods raise `DeviceError`s only. A setter returns `True` once the device has
confirmed the value by a read-back, `False` while the confirmation is still to come (the next run looks),
or raises `DeviceRefused`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from solarctl.readings import (
        BatteryReading,
        ChargerReading,
        ForecastReading,
        GridReading,
        LoadReading,
        PriceReading,
        ReserveReading,
        SolarReading,
        SwitchReading,
        TemperatureReading,
        ThermostatReading,
        WeatherReading,
    )


@runtime_checkable
class GridMeter(Protocol):
    """The meter between house and street: import in W is positive, export negative."""

    def read_grid(self) -> GridReading: ...


@runtime_checkable
class SolarMeter(Protocol):
    """What the panels give, in W; never negative."""

    def read_solar(self) -> SolarReading: ...


@runtime_checkable
class LoadMeter(Protocol):
    """What the whole house draws, in W."""

    def read_load(self) -> LoadReading: ...


@runtime_checkable
class BatteryMeter(Protocol):
    """A home battery's charge in % and its power in W, discharging positive."""

    def read_battery(self) -> BatteryReading: ...


@runtime_checkable
class Switch(Protocol):
    """Something that is on or off."""

    def read_switch(self) -> SwitchReading:
        """Return its position; `on` is None where it does not tell."""
        ...

    def switch(self, on: bool) -> bool:
        """Switch it and return whether it has confirmed that."""
        ...


@runtime_checkable
class PowerLimiter(Protocol):
    """A load whose power can be set, 0 W to its maximum."""

    def set_power(self, power_w: float) -> bool: ...


@runtime_checkable
class DeviceMeter(Protocol):
    """The meter of one load (a socket's, a heater's): power drawn, and energy where it counts."""

    def read_device(self) -> LoadReading: ...


@runtime_checkable
class Thermometer(Protocol):
    """Measures one temperature, such as a tank's."""

    def read_temperature(self) -> TemperatureReading: ...


@runtime_checkable
class PowerSteps(Protocol):
    """A variator that knows the powers it can really be set to, in W, rising from 0."""

    def power_steps(self) -> Sequence[float]: ...


@runtime_checkable
class Charger(Protocol):
    """A charging point of a car, whose current can be limited for a while."""

    def read_charger(self) -> ChargerReading: ...

    def set_charge_limit(self, limit_a: int, *, ttl_min: float) -> bool:
        """Offer `limit_a` A per phase (0: pause) for `ttl_min` minutes; then the charger falls back by itself."""
        ...


@runtime_checkable
class PhaseSwitch(Protocol):
    """A charger that can offer its current on one phase or on three."""

    def set_phase_limit(self, limit_a: int, phases: int, *, ttl_min: float) -> bool:
        """Offer `limit_a` A on `phases` phases (1 or 3), for `ttl_min` minutes, else like `set_charge_limit`."""
        ...


@runtime_checkable
class BatteryReserve(Protocol):
    """A battery that keeps a part of its charge for outages."""

    def read_reserve(self) -> ReserveReading: ...

    def set_reserve(self, reserve_pct: float) -> bool:
        """Keep `reserve_pct` (0–100 % of the whole charge) and return whether the battery has confirmed that."""
        ...


@runtime_checkable
class BatteryMode(Protocol):
    """A battery whose way of operating can be chosen by name."""

    def read_reserve(self) -> ReserveReading: ...

    def set_mode(self, mode: str) -> bool: ...


@runtime_checkable
class BatteryConditions(Protocol):
    """A battery that tells, by a question of its own, what forbids to change it: a storm, an outage, an island."""

    def read_conditions(self, settings: ReserveReading) -> ReserveReading:
        """Return `settings` completed with `storm`, `off_grid`, `outage` and `soc_pct`."""
        ...


@runtime_checkable
class BatteryPermissions(Protocol):
    """A battery that is told what it may do: `charge_allowed`, `discharge_allowed`."""

    def set_permissions(self, permissions: Sequence[str]) -> bool: ...


@runtime_checkable
class Thermostat(Protocol):
    """Setpoints are in the site's temperature unit; `until` ends the hold (None: until changed)."""

    def read_thermostat(self) -> ThermostatReading: ...

    def set_cool_setpoint(self, setpoint_deg: float, *, until: datetime | None = None) -> bool: ...

    def set_heat_setpoint(self, setpoint_deg: float, *, until: datetime | None = None) -> bool: ...

    def resume_schedule(self) -> bool: ...


@runtime_checkable
class WeatherForecast(Protocol):
    """A service that tells a day's highest temperature, in the site's unit."""

    def read_high(self, day: date) -> WeatherReading: ...


@runtime_checkable
class SolarForecast(Protocol):
    """A service that tells what the panels will give."""

    def read_production(self, start: datetime, end: datetime, *, slot_min: int) -> ForecastReading:
        """Return the mean power in W of each slot of `slot_min` minutes, from the one with `start` to before `end`."""
        ...


@runtime_checkable
class PriceForecast(Protocol):
    """A market or supplier whose prices change by the hour or quarter."""

    def read_prices(self, start: datetime, end: datetime, *, slot_min: int) -> PriceReading:
        """Return the price per kWh of each slot of `slot_min` minutes, everything included; None where unknown."""
        ...


@runtime_checkable
class DataPoints(Protocol):
    """A device with raw data points of the vendor's own (Tuya): for `device set NAME CODE=VALUE`."""

    def set_data_point(self, code: str, value: object) -> bool: ...

    def read_data_points(self) -> Mapping[str, object]: ...


@runtime_checkable
class EnergyHistory(Protocol):
    """A device that remembers its day: rows of `at` and `*_kwh` or `*_w`, oldest first."""

    def read_day(self, day: date) -> Sequence[Mapping[str, Any]]: ...


@runtime_checkable
class TokenHolder(Protocol):
    """An account whose token runs out.

    `lifetime_s` is what a fresh token lives. `refresh_token` renews and stores it whether due or not
    and returns the new expiry; `login_url` and `finish_login` are for accounts that need a browser.
    """

    def token_expires_at(self) -> datetime | None: ...

    def token_lifetime_s(self) -> float: ...

    def refresh_token(self) -> datetime: ...


@runtime_checkable
class InteractiveLogin(Protocol):
    """An account that is logged in to by a person: an address to open, an answer to paste (or a password)."""

    def login_address(self) -> str | None: ...

    def finish_login(self, answer: str) -> datetime: ...


CAPABILITIES: tuple[type, ...] = (
    GridMeter,
    SolarMeter,
    LoadMeter,
    BatteryMeter,
    Switch,
    PowerLimiter,
    DeviceMeter,
    Thermometer,
    PowerSteps,
    Charger,
    PhaseSwitch,
    BatteryReserve,
    BatteryMode,
    BatteryConditions,
    BatteryPermissions,
    Thermostat,
    WeatherForecast,
    SolarForecast,
    PriceForecast,
    DataPoints,
    EnergyHistory,
    TokenHolder,
    InteractiveLogin,
)
