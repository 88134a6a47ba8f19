"""A hot-water tank: well mixed, with a thermostat, losses, and people who draw from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

J_PER_LITRE_K = 4186.0
DAY_S = 86400.0


@dataclass
class Tank:
    """`drawn` are (hour of the day in UTC, litres at tank temperature); cold water comes in at `cold_c`."""

    litres: float = 200.0
    temperature_c: float = 45.0
    off_at_c: float = 62.0
    on_at_c: float = 57.0
    cold_c: float = 12.0
    room_c: float = 18.0
    loss_w_per_k: float = 1.6
    drawn: Sequence[tuple[float, float]] = ((5.0, 60.0), (10.0, 25.0), (17.5, 55.0))
    open: bool = False  # the thermostat has had enough
    heat_wh: float = 0.0

    def step(self, dt_s: float, power_w: float, t: float) -> None:
        """Live on for `dt_s` until second `t` (since 1970), heated by `power_w`."""
        lost_w = self.loss_w_per_k * (self.temperature_c - self.room_c)
        self.temperature_c += (power_w - lost_w) * dt_s / (self.litres * J_PER_LITRE_K)
        self.heat_wh += power_w * dt_s / 3600
        start = (t - dt_s) % DAY_S
        for hour, litres in self.drawn:
            if 0 <= hour * 3600 - start < dt_s:
                self.draw(litres)
        self.watch()

    def draw(self, litres: float) -> None:
        """Take hot water out; cold water takes its place."""
        share = min(1.0, litres / self.litres)
        self.temperature_c += (self.cold_c - self.temperature_c) * share
        self.watch()

    def watch(self) -> None:
        """Let the thermostat look."""
        if self.temperature_c >= self.off_at_c:
            self.open = True
        elif self.temperature_c <= self.on_at_c:
            self.open = False
