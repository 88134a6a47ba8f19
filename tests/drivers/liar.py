"""A vendor that lies: one value somewhere in one of its true JSON answers is replaced."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from solarctl import capabilities
from solarctl.config import Config
from solarctl.errors import DeviceError
from solarctl.site import Site
from solarctl.virtualhome import emulators
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.house import House
from tests import fakes

ZONE = "Europe/Prague"
NOON = datetime(2026, 7, 1, 10, 7, tzinfo=UTC)
MISSING = object()
Place = tuple[str | int, ...]
DAY = {"start": NOON, "end": NOON + timedelta(hours=24), "slot_min": 15}
READS: dict[str, dict[str, Any]] = {
    **{f"read_{what}": {} for what in ("grid", "solar", "load", "battery", "switch", "device", "charger", "reserve")},
    "read_thermostat": {},
    "read_data_points": {},
    "read_high": {"day": NOON.date()},
    "read_day": {"day": NOON.date()},
    "read_production": DAY,
    "read_prices": DAY,
}
WRITES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "switch": ((True,), {}),
    "set_charge_limit": ((9,), {"ttl_min": 3}),
    "set_reserve": ((33,), {}),
    "set_mode": (("self_consumption",), {}),
    "set_permissions": ((["charge_allowed"],), {}),
    "set_cool_setpoint": ((75,), {}),
    "resume_schedule": ((), {}),
    "set_data_point": (("countdown_1", 5), {}),
}


class LyingVendor:
    """One emulator's servers, which answer for a new emulator in each life, truly but for one value."""

    def __init__(self, name: str, folder: Path) -> None:
        self._make = emulators.find()[name]
        first = self._new(fakes.FakeClock(NOON)).start()
        self._first = first
        self._doors = _servers(first)
        self._behind = list(self._doors)
        for number, door in enumerate(self._doors):
            door.handle = lambda request, number=number: self._handle(number, request)
        self.answers: list[Any] = []  # JSON as it was, in the order of a life
        self._lie: tuple[int, Place, Any] | None = None
        self.config = self._configured(folder)
        self._calls = dict(self._known_calls())
        self.names = [name for name in self._calls if self._answers_to(name)]

    def stop(self) -> None:
        self._first.stop()

    def truth(self, call: str) -> list[Any]:
        """Return what is answered, one after the other, while a call is made."""
        self.tell(call, None)
        return list(self.answers)

    def tell(self, call: str, lie: tuple[int, Place, Any] | None) -> Any:
        """Make a call in a new life; `lie`: in which answer, at which place, what is said instead."""
        clock = fakes.FakeClock(NOON)
        inner = _servers(self._new(clock))
        for door, behind in zip(self._doors, inner, strict=True):
            behind._server = door._server
        self._behind, self._lie, self.answers = inner, lie, []
        return self._calls[call](self._site(clock))

    def _new(self, clock: fakes.FakeClock) -> Any:
        return self._make(House(timezone=ZoneInfo(ZONE), start=NOON, battery=Battery(10)), clock)

    def _handle(self, number: int, request: Any) -> Any:
        door = self._behind[number]
        response = type(door).handle(door, request)
        try:
            said = json.loads(response.body)
        except ValueError:
            return response
        self.answers.append(said)
        if self._lie is not None and self._lie[0] == len(self.answers) - 1:
            _number, place, value = self._lie
            response = copy.copy(response)
            response.body = json.dumps(replaced(said, place, value)).encode()
        return response

    def _configured(self, folder: Path) -> Config:
        for name, text in self._first.secrets().items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)
        path = folder / "config.toml"
        path.write_text(f'[site]\ntimezone = "{ZONE}"\nlatitude = 50\nlongitude = 14\n{self._first.config()}')
        path.chmod(0o600)
        return Config.load(path)

    def _site(self, clock: fakes.FakeClock) -> Site:
        where = {"latitude": 50.0, "longitude": 14.0, "temperature_unit": "F", "timezone": ZONE}

        def context(site: Site) -> Any:
            return fakes.context(clock=clock, timezone=ZoneInfo(ZONE), account=site.account, site=where)

        return Site(self.config, context)

    def _known_calls(self) -> Iterator[tuple[str, Callable[[Site], Any]]]:
        site = self._site(fakes.FakeClock(NOON))
        for name in self.config.names("accounts"):
            if isinstance(site.account(name), capabilities.TokenHolder):
                yield f"{name} refresh_token", lambda site, name=name: site.account(name).refresh_token()
        for name in self.config.names("devices"):
            device = site.device(name)
            calls = {one: ((), keys) for one, keys in READS.items()} | WRITES
            for one, (given, keys) in calls.items():
                if hasattr(device, one):
                    yield (
                        f"{name} {one}",
                        lambda site, name=name, one=one, given=given, keys=keys: getattr(site.device(name), one)(
                            *given, **keys
                        ),
                    )

    def _answers_to(self, call: str) -> bool:
        """Return whether a call can be made here at all, and brings JSON."""
        try:
            return bool(self.truth(call))
        except DeviceError:
            return False


def _servers(emulator: Any) -> list[Any]:
    return list(getattr(emulator, "servers", [emulator]))


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Yield the place of each value of a JSON tree; of lists, the first three."""
    yield here
    if isinstance(value, dict):
        for key, one in value.items():
            yield from places(one, (*here, key))
    elif isinstance(value, list):
        for index, one in enumerate(value[:3]):
            yield from places(one, (*here, index))


def replaced(value: Any, place: Place, new: Any) -> Any:
    """Return a JSON tree with another value at a place, or without it."""
    if not place:
        return None if new is MISSING else new
    tree = copy.deepcopy(value)
    parent = tree
    try:
        for step in place[:-1]:
            parent = parent[step]
        if new is MISSING:
            del parent[place[-1]]
        else:
            parent[place[-1]] = new
    except (KeyError, IndexError, TypeError):
        pass  # this life's answer has no such place
    return tree
