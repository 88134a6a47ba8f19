"""What solarctl can talk to: one row per driver and per service; a row costs no import until it is used.

driver = "solax-cloud"              a row of DRIVERS
driver = "my_house.boiler:Boiler"   a class of your own, no row needed
service = "tuya"                    a row of SERVICES; a class of your own works there too
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from solarctl.capabilities import (
    CAPABILITIES,
    BatteryConditions,
    BatteryMeter,
    BatteryMode,
    BatteryPermissions,
    BatteryReserve,
    Charger,
    DataPoints,
    DeviceMeter,
    EnergyHistory,
    GridMeter,
    InteractiveLogin,
    LoadMeter,
    PhaseSwitch,
    PowerLimiter,
    PowerSteps,
    PriceForecast,
    SolarForecast,
    SolarMeter,
    Switch,
    Thermometer,
    Thermostat,
    TokenHolder,
    WeatherForecast,
)
from solarctl.errors import ConfigError


class Entry(NamedTuple):
    """Where a class is, below solarctl.drivers, and what it offers."""

    target: str
    capabilities: tuple[type, ...]


def _entry(target: str, *capabilities: type) -> Entry:
    return Entry(target, capabilities)


DRIVERS: dict[str, Entry] = {
    "solax-cloud": _entry("solax_cloud:SolaxCloud", GridMeter, SolarMeter, LoadMeter, BatteryMeter),
    "huawei-sun2000": _entry("huawei_sun2000:HuaweiSun2000", GridMeter, SolarMeter, LoadMeter, BatteryMeter),
    "easee": _entry("easee:Easee", Charger, PhaseSwitch),
    "tesla-powerwall": _entry(
        "tesla_powerwall:TeslaPowerwall",
        GridMeter,
        SolarMeter,
        LoadMeter,
        BatteryMeter,
        BatteryReserve,
        BatteryMode,
        BatteryConditions,
        EnergyHistory,
    ),
    "tuya-switch": _entry("tuya:TuyaSwitch", Switch, DataPoints),
    "honeywell-tcc": _entry("honeywell_tcc:HoneywellThermostat", Thermostat),
    "homewizard": _entry(
        "homewizard:HomeWizard",
        GridMeter,
        SolarMeter,
        LoadMeter,
        BatteryMeter,
        DeviceMeter,
        Switch,
        BatteryMode,
        BatteryPermissions,
    ),
    "open-meteo": _entry("open_meteo:OpenMeteo", WeatherForecast),
    "open-meteo-solar": _entry("open_meteo_solar:OpenMeteoSolar", SolarForecast),
    "forecast-solar": _entry("forecast_solar:ForecastSolar", SolarForecast),
    "solcast": _entry("solcast:Solcast", SolarForecast),
    "quartz": _entry("quartz:Quartz", SolarForecast),
    "energy-charts": _entry("energy_charts:EnergyCharts", PriceForecast),
    "awattar": _entry("awattar:Awattar", PriceForecast),
    "tibber": _entry("tibber:Tibber", PriceForecast),
    "openweather": _entry("openweather:OpenWeather", WeatherForecast),
    "nws": _entry("nws:NationalWeatherService", WeatherForecast),
    "mqtt-meter": _entry(
        "mqtt_meter:MqttMeter", GridMeter, SolarMeter, LoadMeter, BatteryMeter, DeviceMeter, Thermometer
    ),
    "mqtt-variator": _entry("mqtt_variator:MqttVariator", PowerLimiter, PowerSteps),
    "mqtt-switch": _entry("mqtt_switch:MqttSwitch", Switch),
}

SERVICES: dict[str, Entry] = {
    "mqtt": _entry("mqtt:MqttAccount"),
    "solax-cloud": _entry("solax_cloud:SolaxAccount"),
    "easee": _entry("easee_account:EaseeAccount", TokenHolder, InteractiveLogin),
    "tesla": _entry("tesla_account:TeslaAccount", TokenHolder, InteractiveLogin),
    "tuya": _entry("tuya_account:TuyaAccount", TokenHolder),
    "honeywell-tcc": _entry("honeywell_portal:HoneywellAccount"),
}

KINDS = {"homewizard": "homewizard_kinds:cannot"}  # drivers of several kinds of device: what is known of each


def load_driver(driver: str, *, beside: Path | None = None) -> Any:
    """Return the class of a device's `driver`; `beside` is the folder where files of your own are looked for too."""
    return _load("driver", driver, DRIVERS, beside)


def load_service(service: str, *, beside: Path | None = None) -> Any:
    """Return the class of an account's `service`."""
    return _load("service", service, SERVICES, beside)


def capabilities(driver: str, *, beside: Path | None = None) -> tuple[type, ...]:
    """Return what a driver offers; nothing is imported for one that has a row."""
    return DRIVERS[driver].capabilities if driver in DRIVERS else offered(load_driver(driver, beside=beside))


def known_capabilities(
    table: Mapping[str, Any], stored: Mapping[str, Any], *, beside: Path | None = None
) -> tuple[type, ...]:
    """Return what one device offers, by its table in the config and what its driver has learned of it."""
    driver = str(table.get("driver", ""))
    return tuple(one for one in capabilities(driver, beside=beside) if not cannot(driver, one, table, stored))


def cannot(driver: str, capability: type, table: Mapping[str, Any], stored: Mapping[str, Any]) -> str:
    """Return why a device cannot do what its driver can, as far as that is known without asking; nothing if it may."""
    if driver not in KINDS:
        return ""
    why: str = _class(f"solarctl.drivers.{KINDS[driver]}")(capability, table, stored)
    return why


def service_capabilities(service: str) -> tuple[type, ...]:
    """Return what a service's account offers; nothing is imported for one that has a row."""
    return SERVICES[service].capabilities if service in SERVICES else offered(load_service(service))


def offered(cls: type) -> tuple[type, ...]:
    """Return the capabilities whose methods a class has."""
    return tuple(one for one in CAPABILITIES if all(callable(getattr(cls, name, None)) for name in _methods(one)))


def _methods(capability: type) -> list[str]:
    return [name for name in vars(capability) if not name.startswith("_")]


def _load(kind: str, name: str, rows: Mapping[str, Entry], beside: Path | None) -> Any:
    if name in rows:
        return _class(f"solarctl.drivers.{rows[name].target}")
    if ":" not in name:
        raise ConfigError(f"there is no {kind} {name!r}", hint=_nearest(name, rows))
    if beside is not None and str(beside) not in sys.path:
        sys.path.append(str(beside))  # last, so that no file of the house hides a module of Python's
    try:
        cls = _class(name)
    except Exception as error:  # somebody else's file may fail in any way; it must not look like our bug
        raise ConfigError(
            f"{name} cannot be loaded ({type(error).__name__}: {error})",
            hint="It is written package.module:Class, and the file must be where Python finds it.",
        ) from error
    if not (isinstance(cls, type) and dataclasses.is_dataclass(getattr(cls, "Settings", None))):
        raise ConfigError(
            f"{name} is not a {kind}",
            hint="A class with a dataclass Settings and __init__(self, name, settings, context); see docs.",
        )
    return cls


def _class(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _nearest(name: str, rows: Mapping[str, Entry]) -> str:
    import difflib

    near = difflib.get_close_matches(name, rows, n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(rows))}."
