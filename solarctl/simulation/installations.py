"""Which rules live in one house: those at one meter. Rules at another meter have a house of their own.

A config is mostly one home, so rules are taken to live together as far as their devices let them:

    a device in common                      one house
    two devices for the same thing          two houses (two connections, two batteries)
    neither, and only one way to unite      one house

`simulate.houses` says it where that guess is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from solarctl.capabilities import (
    BatteryMeter,
    BatteryReserve,
    Charger,
    GridMeter,
    LoadMeter,
    PriceForecast,
    SolarForecast,
    SolarMeter,
    Thermostat,
    WeatherForecast,
)
from solarctl.config import Config
from solarctl.control import (
    apply_words,
    balance_settings,
    easee_balance,
    grid_guard,
    peak_mode,
    plan_settings,
    precool,
    thermostat_step,
)

RULES: Mapping[str, type[Any]] = {
    "grid-guard": grid_guard.Settings,
    "peak-mode": peak_mode.Settings,
    "easee-balance": easee_balance.Settings,
    "balance": balance_settings.Settings,
    "plan": plan_settings.Settings,
    "precool": precool.Settings,
    "thermostat-step": thermostat_step.Settings,
}
SHARED_BY_ALL = (WeatherForecast, SolarForecast, PriceForecast)  # a weather service does not make two houses one
ROLES: tuple[tuple[type, ...], ...] = ((GridMeter,), (LoadMeter,), (SolarMeter,), (BatteryMeter, BatteryReserve))


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
    def batteries(self) -> tuple[str, ...]:
        """The names its battery goes by."""
        found = [name for one in self.rules.values() for name in _named(one, (BatteryMeter, BatteryReserve))]
        return tuple(dict.fromkeys(found))

    @property
    def metered_loads(self) -> tuple[str, ...]:
        """The devices that tell what its car, tanks and sockets draw: a load's own meter, else the load itself."""
        found = [name for one in self.rules.values() for name in _named(one, (Charger,))]
        for one in self.rules.values():
            if isinstance(one, plan_settings.Settings):
                found += [load.device for load in one.devices]
            elif isinstance(one, balance_settings.Settings):
                found += [load.meter or load.device for load in one.loads]
        return tuple(dict.fromkeys(found))

    @property
    def thermostats(self) -> tuple[str, ...]:
        found = [name for one in self.rules.values() for name in _named(one, (Thermostat,))]
        return tuple(dict.fromkeys(found))


def installations(config: Config) -> list[Installation]:
    """Return the houses of a config; `ConfigError` when one of its rules' tables is wrong."""
    rules = {name: config.table(name, cls) for name, cls in RULES.items() if config.find(name) is not None}
    how = config.find("simulate.houses")
    if how == "one":
        groups = [rules] if rules else []
    else:
        groups = _by_devices(rules)
        if how != "apart":
            groups = _united(groups)
    found = []
    for group in groups:
        if "plan" in group:
            group = group | {"apply": config.table("apply", apply_words.Settings)}
        order = [*RULES, "apply"]
        found.append(Installation({name: group[name] for name in sorted(group, key=order.index)}))
    return sorted(found, key=lambda one: [*RULES].index(one.commands[0]))


def _by_devices(rules: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rules in groups that have devices in common."""
    groups: list[tuple[dict[str, Any], set[str]]] = []
    for name, settings in rules.items():
        devices = set(_named(settings, None))
        joined = {name: settings}
        for group in [one for one in groups if one[1] & devices]:
            groups.remove(group)
            joined, devices = group[0] | joined, group[1] | devices
        groups.append((joined, devices))
    return [group for group, _devices in groups]


def _united(groups: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups, with those made one that can live together; where that leaves a choice, nothing is united."""
    left, found = list(groups), []
    while left:
        circle = [left.pop(0)]
        for one in circle:  # it grows while it is walked through
            friends = [other for other in left if not _differ(one, other)]
            left = [other for other in left if other not in friends]
            circle += friends
        if any(_differ(one, other) for one in circle for other in circle):
            found += circle
        else:
            found.append({name: rule for group in circle for name, rule in group.items()})
    return found


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two groups name different devices for the same thing, so that they are two houses."""
    for role in ROLES:
        mine, theirs = ({name for rule in group.values() for name in _named(rule, role)} for group in (one, other))
        if mine and theirs and not mine & theirs:
            return True
    return False


def _named(settings: Any, capabilities: tuple[type, ...] | None) -> list[str]:
    """Return the devices that a table names, of some capabilities or of all that belong to one house."""
    return [name for name, offered in _devices(settings) if _counts(offered, capabilities)]


def _counts(offered: tuple[type, ...], capabilities: tuple[type, ...] | None) -> bool:
    if capabilities is None:
        return not any(kind in SHARED_BY_ALL for kind in offered)
    return bool(set(offered) & set(capabilities))


def _devices(settings: Any) -> Iterator[tuple[str, tuple[type, ...]]]:
    """Yield (name, what it must offer) of all devices that a table and its rows name."""
    for one in fields(settings):
        value = getattr(settings, one.name)
        offered = one.metadata.get("device")
        if offered is not None:
            for name in [value] if isinstance(value, str) else value:
                if name:
                    yield name, offered
        elif isinstance(value, tuple | list):
            for row in value:
                if is_dataclass(row):
                    yield from _devices(row)
