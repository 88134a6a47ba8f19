"""A heater behind a phase-angle dimmer whose firmware cuts the percent's fraction off, and a plain switched one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from solarctl.virtualhome.tank import Tank


def passed(percent: int) -> float:
    """Return the share of full power that passes when the wave is cut at `percent`."""
    if percent <= 0:
        return 0.0
    angle = math.pi * (100 - percent) / 100
    return 1.0 - angle / math.pi + math.sin(2 * angle) / (2 * math.pi)


@dataclass
class DimmedHeater:
    """`percent` is what the firmware made of the last command."""

    full_w: float = 2298.5
    percent: int = 0
    tank: Tank | None = None
    misfires: bool = False  # full power now and then, where little was asked for
    power_w: float = 0.0
    commands: int = 0

    def command(self, percent: float) -> None:
        """Take a command as the firmware does: 0 to 100, the fraction cut off."""
        self.commands += 1
        self.percent = int(min(100.0, max(0.0, percent)))

    def step(self, dt_s: float, house: Any) -> None:
        if self.tank is not None:
            self.tank.step(dt_s, self.power_w, house.now.timestamp() + dt_s)
        closed = self.tank is None or not self.tank.open
        share = passed(self.percent)
        if self.misfires and self.percent and self.commands % 17 == 0:
            share = 1.0
        self.power_w = self.full_w * share if closed else 0.0


@dataclass
class SwitchedHeater:
    """A radiator on a relay."""

    full_w: float = 596.0
    on: bool = False
    tank: Tank | None = None
    power_w: float = 0.0
    switches: int = 0

    def command(self, on: bool) -> None:
        if on != self.on:
            self.on = on
            self.switches += 1

    def step(self, dt_s: float, house: Any) -> None:
        if self.tank is not None:
            self.tank.step(dt_s, self.power_w, house.now.timestamp() + dt_s)
        closed = self.tank is None or not self.tank.open
        self.power_w = self.full_w if self.on and closed else 0.0
