"""The simulated car: it drives on its days, comes home hungry, and a charging point offers it amps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from random import Random
from typing import TYPE_CHECKING

from solarctl.virtualhome.car import Car

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

LEAST_A = 6


class ChargePoint:
    """A part of the house: a charger whose limit ends by itself, and the car behind it."""

    def __init__(self, car: Car, fallback_a: int) -> None:
        self.car = car
        self.fallback_a = fallback_a
        self.limit_a = fallback_a
        self.phases = 3
        self.ends_s = float("inf")
        self.power_w = 0.0

    def tell(self, limit_a: int, until_s: float, phases: int) -> None:
        """Set the limit; it falls back at `until_s` (seconds since 1970)."""
        self.limit_a, self.ends_s, self.phases = limit_a, until_s, phases

    def step(self, dt_s: float, house: House) -> None:
        if house.now_s >= self.ends_s:
            self.limit_a, self.ends_s, self.phases = self.fallback_a, float("inf"), 3
        offered_a = self.limit_a if self.limit_a >= LEAST_A and not house.dark else 0
        self.car.draw(dt_s, offered_a, self.phases)
        self.power_w = self.car.power_w


@dataclass
class CarHabits:
    """When the car is away. What does not fit into it any more it has charged on the road: `elsewhere_kwh`."""

    point: ChargePoint
    kwh: float
    room_kwh: float
    days: frozenset[int]
    leaves: time
    returns: time
    seed: int
    wanted_at_first_kwh: float = 0.0
    elsewhere_kwh: float = 0.0
    drives: list[tuple[float, float]] = field(default_factory=list)  # back at (s since 1970), kWh

    def begin_day(self, day: date, zone: tzinfo, house: House) -> None:
        """Lay out the day: away from `leaves` to `returns`, and the way home has cost energy."""
        if day.weekday() not in self.days:
            return
        kwh = self.kwh * Random(f"car/{self.seed}/{day.toordinal()}").uniform(0.5, 1.5)
        back = datetime.combine(day, self.returns, zone)
        self.drives.append((back.timestamp(), kwh))
        house.call_at(datetime.combine(day, self.leaves, zone), self._leave)
        house.call_at(back, lambda: self._return(kwh))

    def _leave(self) -> None:
        self.point.car.plugged = False

    def _return(self, kwh: float) -> None:
        car = self.point.car
        car.plugged = True
        car.session_kwh = 0.0
        car.wants_kwh += kwh
        self.elsewhere_kwh += max(0.0, car.wants_kwh - self.room_kwh)
        car.wants_kwh = min(car.wants_kwh, self.room_kwh)
