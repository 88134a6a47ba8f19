"""Devices that nobody uses, accounts that nobody uses, and devices that two commands steer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from solarctl.checks import House
from solarctl.device_keys import device_keys
from solarctl.errors import Problem

DESIGNED_TOGETHER = (
    {"precool", "thermostat-step"},
    {"peak-mode", "eod-status"},
    {"plan", "apply"},
)


def check(house: House) -> Iterable[Problem]:
    used: set[str] = set()
    steered: dict[str, list[str]] = {}
    for command, settings in house.settings.items():
        for key in device_keys(settings, command):
            used.add(key.device)
            if key.steers and command not in steered.setdefault(key.device, []):
                steered[key.device].append(command)
    for name, commands in steered.items():
        if len(commands) > 1 and not any(set(commands) <= pair for pair in DESIGNED_TOGETHER):
            message = f"is steered by {' and '.join(commands)}; they would work against each other"
            yield house.problem(f"devices.{name}", message, "Take it out of one of them.")
    for table, raw in house.config.raw.items():
        if table not in house.settings and table not in ("devices", "accounts"):
            used |= set(_texts(raw))  # with a mistake in it: what it names is meant to be used
    for name in house.config.names("devices"):
        if name not in used and house.settings:
            yield house.problem(f"devices.{name}", "no command uses it", severity="warning")
    devices = [table for table in map(house.config.find, _paths(house, "devices")) if isinstance(table, Mapping)]
    needed = {str(table.get(key)) for table in devices for key in ("account", "fallback")}
    for name in house.config.names("accounts"):
        if name not in needed:
            yield house.problem(f"accounts.{name}", "no device uses it", severity="warning")


def _texts(raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping | list):
        for one in raw.values() if isinstance(raw, Mapping) else raw:
            yield from _texts(one)


def _paths(house: House, kind: str) -> Iterator[str]:
    return (f"{kind}.{name}" for name in house.config.names(kind))
