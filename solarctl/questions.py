"""Everything that can be asked of a device, by capability: for `status`, `record`, `device read`, `check --online`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from solarctl import capabilities as can
from solarctl.context import Context
from solarctl.readings import Reading

Ask = Callable[[], Reading]


def meters(device: Any) -> Iterator[tuple[str, Ask]]:
    """Yield (what, question) for each meter of a device: grid, solar, load, battery, charger, …"""
    for _capability, what, ask in _asks(device):
        yield what, ask


def house_meter(device: Any, capability: type) -> Ask | None:
    """Return the question to a meter of the whole house's grid, sun, load or battery; None where it is none.

    Every choice of "the meter of X" goes through here: what one socket draws is no house's load.
    """
    return next((ask for known, _what, ask in _asks(device) if known is capability), None)


def house_meters(device: Any) -> Iterator[Ask]:
    """Yield the questions to the house's meters in a device, those to a single load's left out."""
    of_a_house = (can.GridMeter, can.SolarMeter, can.LoadMeter, can.BatteryMeter)
    return (ask for capability, _what, ask in _asks(device) if capability in of_a_house)


def _asks(device: Any) -> Iterator[tuple[type, str, Ask]]:
    """Yield each capability with its question; a driver of several kinds of device says which it is in `measured()`."""
    measured = device.measured() if hasattr(device, "measured") else None
    for capability, what, method in (
        (can.GridMeter, "grid", "read_grid"),
        (can.SolarMeter, "solar", "read_solar"),
        (can.LoadMeter, "load", "read_load"),
        (can.BatteryMeter, "battery", "read_battery"),
        (can.Charger, "charger", "read_charger"),
        (can.Switch, "switch", "read_switch"),
        (can.BatteryReserve, "reserve", "read_reserve"),
        (can.Thermostat, "thermostat", "read_thermostat"),
        (can.DeviceMeter, "load", "read_device"),
    ):
        if isinstance(device, capability) and (measured is None or method.removeprefix("read_") in measured):
            yield capability, what, getattr(device, method)


def outlooks(device: Any, context: Context) -> Iterator[tuple[str, Ask]]:
    """Yield (what, question) for each forecast of a device, from now on: weather, forecast, price."""
    now = context.now()
    later = now + timedelta(hours=24)
    if isinstance(device, can.WeatherForecast):
        yield "weather", lambda: device.read_high(now.date())
    if isinstance(device, can.SolarForecast):
        yield "forecast", lambda: device.read_production(now, later, slot_min=60)
    if isinstance(device, can.PriceForecast):
        yield "price", lambda: device.read_prices(now, later, slot_min=60)
