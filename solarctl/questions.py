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
    """Yield (what, question) for each meter of a device: grid, solar, load, battery, charger, …

    A driver of several kinds of device says in `measured()` which of them this one is.
    """
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
            yield what, getattr(device, method)


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
