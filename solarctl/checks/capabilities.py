"""Commands that name a device which is not there, or cannot do what is wanted of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from solarctl.checks import House
from solarctl.decode import nearest
from solarctl.errors import Problem


def check(house: House) -> Iterable[Problem]:
    for command, settings in house.settings.items():
        yield from _in(house, settings, command)


def _in(house: House, settings: Any, path: str) -> Iterator[Problem]:
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        where = f"{path}.{field.name.rstrip('_')}"
        if "device" in field.metadata:
            for name in [value] if isinstance(value, str) else value or ():
                if name:
                    yield from _one(house, name, field.metadata["device"], where)
        elif isinstance(value, (tuple, list)):
            for index, item in enumerate(value):
                if dataclasses.is_dataclass(item):
                    yield from _in(house, item, f"{where}.{index}")


def _one(house: House, name: str, wanted: tuple[type, ...], where: str) -> Iterator[Problem]:
    if name not in house.config.names("devices"):
        yield house.problem(where, f"there is no [devices.{name}]", nearest(name, house.config.names("devices")))
        return
    if name not in house.devices:
        return  # its own table has a problem, which is told already
    cls = house.devices[name][0]
    for capability in wanted:
        if not issubclass(cls, capability):
            driver = house.config.entry("devices", name).get("driver")
            yield house.problem(where, f"{name} ({driver}) is not a {capability.__name__}")
