"""Commands that name a device which is not there, or cannot do what is wanted of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from solarctl.checks import House
from solarctl.decode import nearest
from solarctl.device_keys import DeviceKey, device_keys
from solarctl.errors import Problem


def check(house: House) -> Iterable[Problem]:
    for command, settings in house.settings.items():
        for key in device_keys(settings, command):
            yield from _problems(house, key)


def _problems(house: House, key: DeviceKey) -> Iterator[Problem]:
    name, names = key.device, house.config.names("devices")
    if name not in names:
        yield house.problem(key.path, f"there is no [devices.{name}]", nearest(name, names))
        return
    if name not in house.devices:
        return  # its own table has a problem, which is told already
    cls = house.devices[name][0]
    for capability in key.capabilities:
        if not issubclass(cls, capability):
            driver = house.config.entry("devices", name).get("driver")
            yield house.problem(key.path, f"{name} ({driver}) is not a {capability.__name__}")
        elif why := house.cannot(name, capability):
            yield house.problem(key.path, f"{name}: {why}")
