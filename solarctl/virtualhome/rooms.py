"""Rooms with thermal mass, kept comfortable by an air conditioner and a wall thermostat each.

    outdoors ──envelope──▶ air ──surfaces──▶ walls, floor, furniture
       sun ──glass────────▶ air and walls     air conditioner ◀── thermostat

Two temperatures per room are enough for what precooling lives on: the air answers in minutes, the walls in
hours. Temperatures are in °C in here; a thermostat shows its own unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from solarctl.virtualhome.sun import EPOCH
from solarctl.virtualhome.thermostats import WallThermostat

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

J_PER_KWH = 3.6e6
STEP_S = 60.0  # the air's time constant is about an hour; a minute follows it closely
HYSTERESIS_K = 0.4  # a thermostat starts this much above its setpoint and stops this much below


@dataclass
class AirConditioner:
    """A heat pump that cools (or heats) one room, on or off."""

    cooling_w: float = 12_000.0  # thermal, a little over three US tons
    heating_w: float = 9_000.0
    cop_at_25: float = 4.2  # at 25 °C outdoors; a hot condenser costs efficiency
    cop_per_k: float = 0.07
    fan_w: float = 250.0
    cooling: bool = False
    heating: bool = False

    def cop(self, outdoor_c: float) -> float:
        """Return heat moved per electrical energy at this outdoor temperature."""
        distance_k = outdoor_c - 25.0 if self.cooling else 7.0 - outdoor_c
        return max(1.5, self.cop_at_25 - self.cop_per_k * max(0.0, distance_k))

    def electric_w(self, outdoor_c: float) -> float:
        """Return what it draws now."""
        if not (self.cooling or self.heating):
            return 0.0
        moved_w = self.cooling_w if self.cooling else self.heating_w
        return moved_w / self.cop(outdoor_c) + self.fan_w


@dataclass
class Room:
    """One zone of the house: its air, its mass, and what keeps it comfortable."""

    name: str
    thermostat: WallThermostat
    conditioner: AirConditioner = field(default_factory=AirConditioner)
    air_c: float = 25.0
    mass_c: float = 25.0
    air_kwh_per_k: float = 1.2
    mass_kwh_per_k: float = 9.0
    envelope_w_per_k: float = 230.0
    surfaces_w_per_k: float = 900.0
    glass_m2: float = 4.0  # effective: times shading and transmittance
    inside_w: float = 450.0  # people, lamps, refrigerator

    def advance(self, now: datetime, seconds: float, outdoor_c: float, sun_w_m2: float) -> float:
        """Let `seconds` pass from `now` on; return the electrical energy used, in Wh."""
        used_wh = 0.0
        left_s = seconds
        while left_s > 0:
            step_s = min(STEP_S, left_s)
            self._control(now, outdoor_c)
            used_wh += self.conditioner.electric_w(outdoor_c) * step_s / 3600
            self._exchange(step_s, outdoor_c, sun_w_m2)
            left_s -= step_s
        self.thermostat.indoor_c = self.air_c
        self.thermostat.outdoor_c = outdoor_c
        return used_wh

    def _control(self, now: datetime, outdoor_c: float) -> None:
        """Let the thermostat start and stop the conditioner."""
        self.thermostat.follow(now)
        cool_c, heat_c = self.thermostat.cool_c, self.thermostat.heat_c
        unit = self.conditioner
        if not self.thermostat.may_cool:
            unit.cooling = False
        elif self.air_c > cool_c + HYSTERESIS_K:
            unit.cooling = True
        elif self.air_c < cool_c - HYSTERESIS_K:
            unit.cooling = False
        if not self.thermostat.may_heat or unit.cooling:
            unit.heating = False
        elif self.air_c < heat_c - HYSTERESIS_K:
            unit.heating = True
        elif self.air_c > heat_c + HYSTERESIS_K:
            unit.heating = False
        self.thermostat.output = 2 if unit.cooling else 1 if unit.heating else 0

    def _exchange(self, step_s: float, outdoor_c: float, sun_w_m2: float) -> None:
        sun_w = self.glass_m2 * sun_w_m2
        from_walls_w = self.surfaces_w_per_k * (self.mass_c - self.air_c)
        unit = self.conditioner
        moved_w = unit.heating_w * unit.heating - unit.cooling_w * unit.cooling
        air_w = self.envelope_w_per_k * (outdoor_c - self.air_c) + 0.4 * sun_w + self.inside_w + from_walls_w + moved_w
        self.air_c += air_w * step_s / (self.air_kwh_per_k * J_PER_KWH)
        self.mass_c += (0.6 * sun_w - from_walls_w) * step_s / (self.mass_kwh_per_k * J_PER_KWH)


class Rooms:
    """All rooms of a house: a part of it that draws what its air conditioners draw."""

    def __init__(self, rooms: Iterable[Room]) -> None:
        self.rooms = list(rooms)
        self.power_w = 0.0
        self._day = -1
        self._sun_w_m2: list[float] = []

    def __iter__(self) -> Iterator[Room]:
        return iter(self.rooms)

    @property
    def thermostats(self) -> list[WallThermostat]:
        return [room.thermostat for room in self.rooms]

    def step(self, dt_s: float, house: House) -> None:
        """Live on for `dt_s` from the house's present moment on, in its weather."""
        elapsed = house.now - EPOCH
        if elapsed.days != self._day:
            self._day = elapsed.days
            self._sun_w_m2 = house.sky.day(elapsed.days).radiation()
        self.advance(house.now, dt_s, house.outdoor_c, self._sun_w_m2[elapsed.seconds // 60])

    def advance(self, now: datetime, seconds: float, outdoor_c: float, sun_w_m2: float) -> None:
        """Let `seconds` pass from `now` on; `power_w` is the mean electrical power."""
        if seconds > 0:
            used_wh = sum(room.advance(now, seconds, outdoor_c, sun_w_m2) for room in self.rooms)
            self.power_w = used_wh * 3600 / seconds
        else:
            self.power_w = sum(room.conditioner.electric_w(outdoor_c) for room in self.rooms)

    def settle(self, outdoor_c: float) -> None:
        """Start every room near its setpoint, walls included."""
        for room in self.rooms:
            low_c, high_c = room.thermostat.heat_c, room.thermostat.cool_c
            room.air_c = room.mass_c = min(max(outdoor_c, low_c), high_c)
            room.thermostat.indoor_c, room.thermostat.outdoor_c = room.air_c, outdoor_c
