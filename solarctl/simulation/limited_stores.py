"""What holds energy for people, in the arithmetic of foresight: a tank with its thermostat, a bicycle's battery."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from solarctl.simulation.simulated_loads import J_PER_KWH, WARM_C, Cyclist, HotWater, Keeper
from solarctl.virtualhome.tank import J_PER_LITRE_K

TAPER_SHARE, LEAST_SHARE = 0.1, 0.15  # a bicycle takes its last charge ever more slowly, down to so much of its power
BIKE_STEP_H = 1 / 12


class Holder(Protocol):
    """Something that is filled and drawn from; amounts in kWh, from `least_kwh` to `full_kwh`."""

    @property
    def least_kwh(self) -> float: ...
    @property
    def full_kwh(self) -> float: ...
    @property
    def again_kwh(self) -> float:
        """Full once, it takes nothing more until it is down to here."""
        ...

    def after(self, inside_kwh: float, power_kw: float, hours: float) -> tuple[float, float]:
        """Return (kWh drawn, kWh inside afterwards)."""
        ...

    def drawn(self, inside_kwh: float, wanted_kwh: float) -> tuple[float, float]:
        """Return (kWh inside afterwards, kWh missed)."""
        ...


@dataclass(frozen=True)
class Heat:
    """A well mixed tank; its heat counts from that of cold water on."""

    full_kwh: float
    again_kwh: float
    warm_kwh: float  # below, a part of what is drawn is missed
    rest_kwh: float  # as warm as the room
    loss_per_h: float  # share of what is above that
    least_kwh: float = 0.0

    def after(self, inside_kwh: float, power_kw: float, hours: float) -> tuple[float, float]:
        stays = math.exp(-self.loss_per_h * hours)
        unheated = self.rest_kwh + (inside_kwh - self.rest_kwh) * stays
        wanted = power_kw * hours
        if wanted <= 0:
            return 0.0, unheated
        gain = wanted if self.loss_per_h <= 0 else power_kw * (1 - stays) / self.loss_per_h
        room = self.full_kwh - unheated
        if gain >= room:
            return wanted * max(0.0, room) / gain, self.full_kwh
        return wanted, unheated + gain

    def drawn(self, inside_kwh: float, wanted_kwh: float) -> tuple[float, float]:
        most = wanted_kwh if inside_kwh >= self.warm_kwh else wanted_kwh * inside_kwh / self.warm_kwh
        got = max(0.0, min(most, inside_kwh))
        return inside_kwh - got, wanted_kwh - got


@dataclass(frozen=True)
class Charge:
    """A bicycle's battery, which is charged ever more slowly at the end."""

    full_kwh: float
    least_kwh: float = 0.0

    @property
    def again_kwh(self) -> float:
        return self.full_kwh

    def after(self, inside_kwh: float, power_kw: float, hours: float) -> tuple[float, float]:
        before, left_h = inside_kwh, hours
        while left_h > 1e-9 and power_kw > 0 and inside_kwh < self.full_kwh:
            step_h = min(BIKE_STEP_H, left_h)
            room = self.full_kwh - inside_kwh
            share = min(1.0, LEAST_SHARE + room / (TAPER_SHARE * self.full_kwh))
            inside_kwh += min(room, power_kw * share * step_h)
            left_h -= step_h
        return inside_kwh - before, inside_kwh

    def drawn(self, inside_kwh: float, wanted_kwh: float) -> tuple[float, float]:
        got = min(inside_kwh, wanted_kwh)
        return inside_kwh - got, wanted_kwh - got


def holder_of(keeper: Keeper) -> tuple[Holder, float]:
    """Return what a load of a simulated house fills, and what was in it at first."""
    if isinstance(keeper, HotWater):
        tank = keeper.tank
        per_k = tank.litres * J_PER_LITRE_K / J_PER_KWH
        heat = Heat(
            full_kwh=(tank.off_at_c - tank.cold_c) * per_k,
            again_kwh=(tank.on_at_c - tank.cold_c) * per_k,
            warm_kwh=(WARM_C - tank.cold_c) * per_k,
            rest_kwh=(tank.room_c - tank.cold_c) * per_k,
            loss_per_h=tank.loss_w_per_k / 1000 / per_k,
        )
        return heat, keeper.begun_kwh + heat.warm_kwh
    assert isinstance(keeper, Cyclist)
    return Charge(keeper.room_kwh), keeper.begun_kwh
