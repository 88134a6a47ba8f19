"""What a peak is like in the rooms: the cooling it takes, the worst half hour, how far they stray from comfort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solarctl.virtualhome.rooms import Rooms

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

TOLERATED_C = 0.6  # a thermostat swings that far around its setpoint


class PeakBook:
    """A part of the house that draws nothing and keeps account while the house is `dear`."""

    def __init__(self, rooms: Rooms, comfortable_c: float) -> None:
        self.rooms = rooms
        self.comfortable_c = comfortable_c
        self.power_w = 0.0
        self.cooling_kwh = 0.0
        self.worst_half_hour_kw = 0.0  # mean import of a half hour by the clock, as some utilities bill it
        self.too_warm_k_h = 0.0  # degree-hours above comfort, mean of the rooms, whole day
        self.warmest_c = -99.0
        self._half_hour = (-1, 0.0)
        self._lived_s = 0.0

    def step(self, dt_s: float, house: House) -> None:
        """Account for the step before this one, whose powers the house still shows."""
        hours, self._lived_s = self._lived_s / 3600, dt_s
        if not hours:
            return
        if house.dear:
            self.cooling_kwh += self.rooms.power_w * hours / 1000
            number = int((house.now.timestamp() - 1) // 1800)
            so_far = self._half_hour[1] if self._half_hour[0] == number else 0.0
            self._half_hour = (number, so_far + max(0.0, house.grid_w) * hours / 1000)
            self.worst_half_hour_kw = max(self.worst_half_hour_kw, 2 * self._half_hour[1])
        rooms = list(self.rooms)
        excess = [max(0.0, room.air_c - self.comfortable_c - TOLERATED_C) for room in rooms]
        self.too_warm_k_h += sum(excess) / len(rooms) * hours
        self.warmest_c = max(self.warmest_c, *(room.air_c for room in rooms))
