"""Sockets with a relay and a counter, and what is plugged into them: a boiler, a bicycle's battery.

    house.parts.append(Socket(Boiler(2000)))

A socket counts what flows through it; an appliance that has enough draws nothing, whatever the relay does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from solarctl.virtualhome.tank import Tank

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

WH_PER_J = 1 / 3600


class Appliance(Protocol):
    """Something in a socket: `live` passes `dt_s` with or without supply and returns what it draws, in W."""

    @property
    def max_w(self) -> float: ...

    @property
    def share(self) -> float:
        """How much of what it can take is in it, 0–1."""
        ...

    def live(self, dt_s: float, supplied: bool, t: float) -> float: ...


@dataclass
class Boiler:
    """A small water heater: a tank, an element of `max_w`, a thermostat of its own."""

    max_w: float = 2000.0
    tank: Tank = field(default_factory=lambda: Tank(litres=80, temperature_c=35, drawn=((6.0, 30.0), (19.0, 40.0))))

    @property
    def share(self) -> float:
        span = self.tank.off_at_c - self.tank.cold_c
        return max(0.0, min(1.0, (self.tank.temperature_c - self.tank.cold_c) / span))

    def live(self, dt_s: float, supplied: bool, t: float) -> float:
        self.tank.watch()
        power_w = self.max_w if supplied and not self.tank.open else 0.0
        if dt_s:
            self.tank.step(dt_s, power_w, t)
        return power_w


@dataclass
class Bike:
    """A bicycle's battery on its charger, which draws less and less at the end and a watt when full."""

    capacity_wh: float = 500.0
    max_w: float = 200.0
    stored_wh: float = 100.0
    plugged_in: bool = True

    @property
    def share(self) -> float:
        return self.stored_wh / self.capacity_wh

    def live(self, dt_s: float, supplied: bool, t: float) -> float:
        if not (supplied and self.plugged_in):
            return 0.0
        room_wh = self.capacity_wh - self.stored_wh
        if room_wh < 1.0:
            return 1.0
        power_w = self.max_w * min(1.0, 0.15 + room_wh / (0.1 * self.capacity_wh))
        self.stored_wh += min(room_wh, power_w * dt_s * WH_PER_J)
        return power_w


@dataclass
class Socket:
    """A part of the house: a relay, what hangs on it, and a counter of lifetime energy."""

    appliance: Appliance
    on: bool = False
    locked: bool = False  # somebody has locked it on
    import_kwh: float = 12.345
    power_w: float = 0.0
    acts: int = 0
    on_s: float = 0.0  # how long it has been on in all
    shortest_on_s: float = float("inf")
    unplugged: bool = False
    _since_switch_s: float = 0.0

    def step(self, dt_s: float, house: House) -> None:
        supplied = (self.on or self.locked) and not house.dark and not self.unplugged
        self.power_w = self.appliance.live(dt_s, supplied, house.now_s + dt_s)
        self.import_kwh += self.power_w * dt_s * WH_PER_J / 1000
        self._since_switch_s += dt_s
        if self.on:
            self.on_s += dt_s

    def switch(self, on: bool) -> None:
        """Move the relay."""
        if on == self.on:
            return
        if self.on:
            self.shortest_on_s = min(self.shortest_on_s, self._since_switch_s)
        self.on = on
        self.acts += 1
        self._since_switch_s = 0.0
