"""What devices say: values with their unit in the name and the moment they were true.

Power flowing into the house is positive: import, production, discharging. Consumption of a
load is positive. `None` means "not known", never 0. `at` is an aware datetime.
`load_w = grid_w + solar_w + battery_w` holds in every house that is wired up right.
"""

from __future__ import annotations

from dataclasses import field, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from solarctl.value import value


def _between(start: datetime, end: datetime) -> timedelta:
    """Return the time that passes; Python subtracts two times of one zone as wall clocks, an hour wrong in autumn."""
    return end.astimezone(UTC) - start.astimezone(UTC)


@value(kw_only=True)
class Reading:
    """One answer of one device."""

    what: ClassVar[str] = ""
    at: datetime

    def age_s(self, now: datetime) -> float:
        """Return how old the values are at `now`, in seconds; negative when they come from the future."""
        return _between(self.at, now).total_seconds()

    def is_fresh(self, now: datetime, max_age_min: float) -> bool:
        """Return whether the values are at most `max_age_min` old and at most 5 minutes ahead (clock skew)."""
        return timedelta(minutes=-5) <= _between(self.at, now) <= timedelta(minutes=max_age_min)

    def values(self) -> dict[str, Any]:
        """Return the fields that the contract prints, by name."""
        shown = (f.name for f in fields(self) if f.metadata.get("shown", True) and f.name != "at")
        return {name: _without_minus_zero(getattr(self, name)) for name in shown}


def _without_minus_zero(value: Any) -> Any:
    return value + 0.0 if isinstance(value, float) else value


def _hidden(default: Any = None) -> Any:
    return field(default=default, metadata={"shown": False})


@value(kw_only=True)
class GridReading(Reading):
    """Power at the house's connection; `phases_w` per phase where the meter tells."""

    what: ClassVar[str] = "grid"
    grid_w: float
    phases_w: tuple[float, ...] | None = _hidden()
    phases_a: tuple[float, ...] | None = _hidden()  # signed like grid_w
    import_kwh: float | None = _hidden()  # lifetime counters
    export_kwh: float | None = _hidden()


@value(kw_only=True)
class SolarReading(Reading):
    """Power of the panels in W, 0 or more, and what they have given so far."""

    what: ClassVar[str] = "solar"
    solar_w: float
    energy_kwh: float | None = None


@value(kw_only=True)
class LoadReading(Reading):
    """Power drawn in W, by the house or one load, and what it has drawn so far."""

    what: ClassVar[str] = "load"
    load_w: float
    energy_kwh: float | None = None


@value(kw_only=True)
class BatteryReading(Reading):
    """State of charge 0–100 %, and power: discharging is positive."""

    what: ClassVar[str] = "battery"
    soc_pct: float | None
    battery_w: float | None = None


@value(kw_only=True)
class ChargerReading(Reading):
    """A car's charging point.

    `limit_a`: the current offered now. `power_at`: when `charger_w` was true (telemetry may lag behind the rest).
    `max_a`: the smallest fixed limit of charger, cable and circuit, per phase.
    """

    what: ClassVar[str] = "charger"
    charger_w: float | None
    limit_a: float | None = None
    mode: str | None = None  # disconnected | waiting | ready | charging | done | error
    energy_kwh: float | None = None
    connected: bool | None = _hidden()
    online: bool = _hidden(True)
    phases: int | None = _hidden()  # phases the car draws on, when known
    max_a: float | None = _hidden()
    voltage_v: float | None = _hidden()  # phase to neutral; phase to phase on IT grids
    it_grid: bool = _hidden(False)
    power_at: datetime | None = _hidden()
    restarted_at: datetime | None = _hidden()
    can_switch_phases: bool = _hidden(False)


@value(kw_only=True)
class SwitchReading(Reading):
    """Where a relay or socket is (None: it does not tell), and what runs through it where it measures that."""

    what: ClassVar[str] = "switch"
    on: bool | None
    power_w: float | None = None
    energy_kwh: float | None = None
    locked: bool = _hidden(False)  # somebody has locked it as it is; it cannot be switched


@value(kw_only=True)
class ReserveReading(Reading):
    """What a home battery keeps for outages, and how it operates."""

    what: ClassVar[str] = "reserve"
    reserve_pct: float | None
    mode: str | None = None
    soc_pct: float | None = None
    permissions: tuple[str, ...] | None = _hidden()  # what the batteries may do: charge_allowed, discharge_allowed
    storm: bool | None = _hidden()
    off_grid: bool | None = _hidden()
    outage: bool | None = _hidden()


@value(kw_only=True)
class ThermostatReading(Reading):
    """A thermostat; degrees are in `unit`. `setpoint_deg` is the cooling setpoint."""

    what: ClassVar[str] = "thermostat"
    setpoint_deg: float | None
    heat_setpoint_deg: float | None = None
    indoor_deg: float | None = None
    mode: str | None = None  # off | heat | cool | auto | emergency-heat
    unit: str = _hidden("F")
    hold: str | None = _hidden()  # schedule | temporary | permanent | vacation
    hold_until: datetime | None = _hidden()
    schedule_setpoint_deg: float | None = _hidden()
    schedule_heat_setpoint_deg: float | None = _hidden()
    cool_min_deg: float | None = _hidden()
    cool_max_deg: float | None = _hidden()
    heat_min_deg: float | None = _hidden()
    heat_max_deg: float | None = _hidden()


@value(kw_only=True)
class WeatherReading(Reading):
    """The forecast of one local day; degrees are in the site's unit."""

    what: ClassVar[str] = "weather"
    high_deg: float | None
    low_deg: float | None = _hidden()
    day: date | None = _hidden()
    cloud_pct: tuple[float, ...] | None = _hidden()  # by local hour


@value(kw_only=True)
class ForecastReading(Reading):
    """Mean solar power per slot from `start` on. `at`: when the provider's answer was fetched."""

    what: ClassVar[str] = "forecast"
    start: datetime = _hidden()
    slot_min: int = _hidden(60)
    solar_w: tuple[float, ...] = _hidden(())
    low_w: tuple[float, ...] | None = _hidden()  # P10
    high_w: tuple[float, ...] | None = _hidden()  # P90
    source: str = _hidden("")
    note: str = _hidden("")  # what was wrong with the service, where this is less than its newest word
    guessed: int = _hidden(0)  # slots of which it says nothing; there a clear sky stands
    correction: float = _hidden(1.0)  # what the values were multiplied by, learned from what was really produced


@value(kw_only=True)
class PriceReading(Reading):
    """Prices per kWh, taxes and fees included, per slot from `start` on; `price` is the present one."""

    what: ClassVar[str] = "price"
    price: float | None
    start: datetime | None = _hidden()
    slot_min: int = _hidden(60)
    prices: tuple[float | None, ...] = _hidden(())


@value(kw_only=True)
class TemperatureReading(Reading):
    """A thermometer's reading, such as a tank's, in the unit it was set up with."""

    what: ClassVar[str] = "temperature"
    temperature_deg: float


def to_json(device: str, reading: Reading) -> dict[str, Any]:
    """Return a reading as one object of the contract's `readings[]`."""
    row: dict[str, Any] = {"device": device, "what": reading.what, "at": reading.at.isoformat(timespec="seconds")}
    return row | reading.values()
