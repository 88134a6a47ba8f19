"""Which keys of a table name devices, nested tables and lists of tables included."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from solarctl.value import value


@value
class DeviceKey:
    """A key that names a device: its dotted path, what the device must offer, and whether it is steered."""

    path: str
    device: str
    capabilities: tuple[type, ...]
    steers: bool


def device_keys(settings: Any, path: str = "") -> Iterator[DeviceKey]:
    """Yield every key of decoded settings that names a device; a list of names yields its key for each."""
    for field in dataclasses.fields(settings):
        found = getattr(settings, field.name)
        where = f"{path}.{field.name.rstrip('_')}"
        if "device" in field.metadata:
            for name in [found] if isinstance(found, str) else found or ():
                if name:
                    steers = bool(field.metadata.get("steers"))
                    yield DeviceKey(where, name, field.metadata["device"], steers)
        elif dataclasses.is_dataclass(found):
            yield from device_keys(found, where)
        elif isinstance(found, (tuple, list)):
            for index, one in enumerate(found):
                if dataclasses.is_dataclass(one):
                    yield from device_keys(one, f"{where}.{index}")
