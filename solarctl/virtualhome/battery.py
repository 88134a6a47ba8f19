"""A home battery behind the inverter: energy, limits, losses.

Powers are at the house's side of the inverter, in W. `stored_kwh` is inside the cells; half of the losses
fall on the way in, half on the way out.
"""

from __future__ import annotations

import math


class Battery:
    """A battery of `capacity_kwh`.

    `floor_pct` is never gone below (then the inverter shuts the house off); `restart_pct` wakes it again.
    `reserve_pct` is kept while the grid is there. `grid_charge_w`: what the inverter draws from the grid for
    it while below `grid_charge_to_pct`. `feeds_with_grid`: whether it serves the house while the grid is there.
    """

    def __init__(
        self,
        capacity_kwh: float,
        *,
        soc_pct: float = 50.0,
        max_charge_w: float = 5000.0,
        max_discharge_w: float = 5000.0,
        efficiency: float = 0.92,  # there and back
        floor_pct: float = 5.0,
        restart_pct: float | None = None,
        reserve_pct: float = 0.0,
        feeds_with_grid: bool = True,
        grid_charge_w: float = 0.0,
        grid_charge_to_pct: float = 100.0,
    ) -> None:
        if capacity_kwh <= 0:
            raise ValueError("a battery has a capacity; leave it out of the house if there is none")
        self.capacity_kwh = capacity_kwh
        self.max_charge_w = max_charge_w
        self.max_discharge_w = max_discharge_w
        self.one_way = math.sqrt(efficiency)
        self.floor_pct = floor_pct
        self.restart_pct = floor_pct + 3.0 if restart_pct is None else restart_pct
        self.reserve_pct = reserve_pct
        self.feeds_with_grid = feeds_with_grid
        self.grid_charge_w = grid_charge_w
        self.grid_charge_to_pct = grid_charge_to_pct
        self.may_charge = True
        self.may_discharge = True
        self.force_w: float | None = None  # W while the grid is there, discharging positive; None: by itself
        self.stored_kwh = capacity_kwh * soc_pct / 100.0

    @property
    def soc_pct(self) -> float:
        return 100.0 * self.stored_kwh / self.capacity_kwh

    @soc_pct.setter
    def soc_pct(self, soc_pct: float) -> None:
        self.stored_kwh = self.capacity_kwh * soc_pct / 100.0

    def charge(self, power_w: float, dt_s: float) -> float:
        """Take up to `power_w` for `dt_s`; return what was taken, in W (0 or more)."""
        if power_w <= 0.0 or not self.may_charge:
            return 0.0
        if power_w > self.max_charge_w:
            power_w = self.max_charge_w
        kwh_per_w = dt_s / 3.6e6 * self.one_way
        room_kwh = self.capacity_kwh - self.stored_kwh
        if power_w * kwh_per_w >= room_kwh:
            self.stored_kwh = self.capacity_kwh
            return room_kwh / kwh_per_w
        self.stored_kwh += power_w * kwh_per_w
        return power_w

    def discharge(self, power_w: float, dt_s: float, keep_pct: float = 0.0) -> float:
        """Give up to `power_w` for `dt_s`, keeping `keep_pct`; return what was given, in W (0 or more)."""
        if power_w <= 0.0 or not self.may_discharge:
            return 0.0
        if power_w > self.max_discharge_w:
            power_w = self.max_discharge_w
        keep_kwh = self.capacity_kwh * (keep_pct if keep_pct > self.floor_pct else self.floor_pct) / 100.0
        kwh_per_w = dt_s / 3.6e6 / self.one_way
        left_kwh = self.stored_kwh - keep_kwh
        if left_kwh <= 0.0:
            return 0.0
        if power_w * kwh_per_w >= left_kwh:
            self.stored_kwh = keep_kwh
            return left_kwh / kwh_per_w
        self.stored_kwh -= power_w * kwh_per_w
        return power_w

    def with_grid(self, need_w: float, dt_s: float) -> float:
        """Return its power (W, discharging positive) beside a live grid; `need_w` is load minus solar."""
        if self.force_w is not None:
            if self.force_w > 0:
                return self.discharge(self.force_w, dt_s)
            return -self.charge(-self.force_w, dt_s)
        draw_w = self.grid_charge_w if self.grid_charge_w and self.soc_pct < self.grid_charge_to_pct else 0.0
        if need_w < 0.0 or draw_w:
            return -self.charge(draw_w if draw_w > -need_w else -need_w, dt_s)
        if self.feeds_with_grid:
            return self.discharge(need_w, dt_s, self.reserve_pct)
        return 0.0
