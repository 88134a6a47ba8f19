"""Which rules live in one house: those that share a device. The others get a house of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from solarctl.capabilities import (
    BatteryMeter,
    BatteryReserve,
    PriceForecast,
    SolarForecast,
    Thermostat,
    WeatherForecast,
)
from solarctl.config import Config
from solarctl.control import easee_balance, grid_guard, peak_mode, precool, thermostat_step

RULES: Mapping[str, type[Any]] = {
    "grid-guard": grid_guard.Settings,
    "peak-mode": peak_mode.Settings,
    "easee-balance": easee_balance.Settings,
    "precool": precool.Settings,
    "thermostat-step": thermostat_step.Settings,
}
NOT_SIMULATED = ("balance", "plan")  # they live by the second, and by forecasts of slots
SHARED_BY_ALL = (WeatherForecast, SolarForecast, PriceForecast)  # a weather service does not make two houses one


@dataclass(frozen=True)
class Installation:
    """One house: the commands that steer it, with their settings."""

    rules: Mapping[str, Any]

    @property
    def commands(self) -> tuple[str, ...]:
        return tuple(self.rules)

    @property
    def name(self) -> str:
        return " + ".join(self.rules)

    @property
    def has_battery(self) -> bool:
        return any(_named(one, (BatteryMeter, BatteryReserve)) for one in self.rules.values())

    @property
    def thermostats(self) -> tuple[str, ...]:
        found = [name for one in self.rules.values() for name in _named(one, (Thermostat,))]
        return tuple(dict.fromkeys(found))


def installations(config: Config) -> list[Installation]:
    """Return the houses of a config; `ConfigError` when one of its rules' tables is wrong."""
    rules = {name: config.table(name, cls) for name, cls in RULES.items() if config.find(name) is not None}
    groups: list[tuple[dict[str, Any], set[str]]] = []
    for name, settings in rules.items():
        devices = set(_named(settings, None))
        joined = {name: settings}
        for group in [one for one in groups if one[1] & devices]:
            groups.remove(group)
            joined, devices = group[0] | joined, group[1] | devices
        groups.append((joined, devices))
    return [Installation(group) for group, _devices in groups]


def left_out(config: Config) -> tuple[str, ...]:
    """Return the rules of the config that are not simulated."""
    return tuple(name for name in NOT_SIMULATED if config.find(name) is not None)


def _named(settings: Any, capabilities: tuple[type, ...] | None) -> list[str]:
    """Return the devices that a table names, of some capabilities or of all that belong to one house."""
    found: list[str] = []
    for one in fields(settings):
        offered = one.metadata.get("device")
        if offered is None or not offered:
            continue
        if (
            any(kind in SHARED_BY_ALL for kind in offered)
            if capabilities is None
            else not set(offered) & set(capabilities)
        ):
            continue
        value = getattr(settings, one.name)
        found += [value] if isinstance(value, str) else list(value)
    return [name for name in found if name]
