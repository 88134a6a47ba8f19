"""A thermostat on the wall, as the Total Connect Comfort portal knows it: schedule, holds, limits, modes.

The hold status is the portal's: 0 follows the schedule, 1 holds until a quarter of an hour of the day, 2 holds
for good. Degrees are in the thermostat's own unit; the room it hangs in counts in °C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

SCHEDULE, TEMPORARY, PERMANENT = 0, 1, 2
EMERGENCY_HEAT, HEAT, OFF, COOL, AUTO_HEATING, AUTO_COOLING = range(6)


@dataclass(frozen=True)
class Period:
    """From this hour of the day on, the schedule wants these setpoints."""

    hour: float
    cool_deg: float
    heat_deg: float


FAHRENHEIT_DAY = (Period(6, 78, 70), Period(22, 76, 66))
CELSIUS_DAY = (Period(6, 25.5, 21), Period(22, 24.5, 19))


@dataclass
class WallThermostat:
    """What hangs on the wall; `follow` lets time pass."""

    device_id: int
    name: str
    timezone: tzinfo
    unit: str = "F"
    switch: int = COOL
    schedule: Sequence[Period] = FAHRENHEIT_DAY
    schedule_capable: bool = True
    deadband: float = 0.0
    heat_limits: tuple[float, float] = (40.0, 90.0)
    cool_limits: tuple[float, float] = (50.0, 99.0)
    cool_deg: float = field(init=False)
    heat_deg: float = field(init=False)
    cool_status: int = SCHEDULE
    heat_status: int = SCHEDULE
    hold_ends: datetime | None = None
    indoor_c: float = 25.0
    outdoor_c: float | None = None
    output: int = 0
    fan_mode: int = 0
    vacation: bool = False

    def __post_init__(self) -> None:
        if self.unit == "C" and self.schedule is FAHRENHEIT_DAY:
            self.schedule = CELSIUS_DAY
            self.heat_limits, self.cool_limits = (4.5, 32.0), (10.0, 37.0)
        self.cool_deg, self.heat_deg = self.schedule[0].cool_deg, self.schedule[0].heat_deg

    @property
    def cool_c(self) -> float:
        return self._celsius(self.cool_deg)

    @property
    def heat_c(self) -> float:
        return self._celsius(self.heat_deg)

    @property
    def may_cool(self) -> bool:
        return self.switch in (COOL, AUTO_HEATING, AUTO_COOLING)

    @property
    def may_heat(self) -> bool:
        return self.switch in (EMERGENCY_HEAT, HEAT, AUTO_HEATING, AUTO_COOLING)

    def shown(self, celsius: float) -> float:
        """Return a temperature as the display shows it: whole °F, or half °C."""
        return round(celsius * 2) / 2 if self.unit == "C" else float(round(celsius * 1.8 + 32))

    def period(self, now: datetime) -> Period:
        """Return the schedule's present period."""
        local = now.astimezone(self.timezone)
        hour = local.hour + local.minute / 60
        return next((p for p in reversed(self.schedule) if p.hour <= hour), self.schedule[-1])

    def next_index(self, now: datetime) -> int:
        """Return the quarter of an hour of the day (0–95) at which the present hold or period ends."""
        if self.hold_ends is not None:
            local = self.hold_ends.astimezone(self.timezone)
            return local.hour * 4 + local.minute // 15
        present = self.period(now)
        following = {a.hour: b for a, b in pairwise((*self.schedule, self.schedule[0]))}[present.hour]
        return int(following.hour * 4) % 96

    def hold(self, status: int, index: int | None, now: datetime) -> None:
        """Hold the setpoints: 1 until the quarter `index` comes round next, 2 for good; 0 ends the hold."""
        self.cool_status = self.heat_status = status
        self.hold_ends = None
        if status == TEMPORARY:
            local = now.astimezone(self.timezone)
            index = self.next_index(now) if index is None else index
            ends = local.replace(hour=index // 4, minute=index % 4 * 15, second=0, microsecond=0)
            self.hold_ends = ends if ends > local else ends + timedelta(days=1)
        self.follow(now)

    def follow(self, now: datetime) -> None:
        """End a hold that is over, and follow the schedule when nothing is held."""
        if self.hold_ends is not None and now >= self.hold_ends:
            self.cool_status = self.heat_status = SCHEDULE
            self.hold_ends = None
        if not self.schedule_capable or SCHEDULE not in (self.cool_status, self.heat_status):
            return
        present = self.period(now)
        if self.cool_status == SCHEDULE:
            self.cool_deg = present.cool_deg
        if self.heat_status == SCHEDULE:
            self.heat_deg = present.heat_deg

    def _celsius(self, deg: float) -> float:
        return deg if self.unit == "C" else (deg - 32) / 1.8
