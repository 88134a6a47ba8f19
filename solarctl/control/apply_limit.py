"""The grid's limit: no load is started beyond it, and those served last go off while it is exceeded."""

from __future__ import annotations

from collections.abc import Mapping

from solarctl.control.apply_words import Reason, Wish, kw
from solarctl.control.plan_settings import Settings as PlanSettings
from solarctl.readings import SwitchReading


class GridLimit:
    """What the house may draw, and how much of that is taken in this run. `grid_w` None: not known."""

    def __init__(self, settings: PlanSettings, grid_w: float | None) -> None:
        self.settings, self.limit_w, self.grid_w = settings, settings.grid_limit_w, grid_w
        self.started_w = 0.0  # of the loads that this run starts

    def forbids(self, power_w: float, is_on: Mapping[str, bool]) -> bool:
        """Return whether so much more would be beyond it; `is_on`: the loads as they were seen last."""
        if not self.limit_w:
            return False
        grid_w = self.grid_w
        if grid_w is None:  # what is on, and the house, as if there were no sun
            on = [load for load in self.settings.devices if is_on.get(load.device)]
            grid_w = self.settings.base_load_w + sum(load.power_w for load in on)
        return grid_w + self.started_w + power_w > self.limit_w

    def shed(self, wishes: dict[str, Wish], switches: Mapping[str, SwitchReading | None]) -> dict[str, Wish]:
        """Return the wishes, in the order they are served, with the last ones off while it is exceeded."""
        found = dict(wishes)
        if not self.limit_w or self.grid_w is None or self.grid_w <= self.limit_w:
            return found
        over = self.grid_w - self.limit_w
        for name in reversed(wishes):
            reading = switches[name]
            if over <= 0:
                break
            if reading is not None and reading.on and not reading.locked and (reading.power_w or 0) > 0:
                over -= reading.power_w or 0.0
                why = f"{kw(self.grid_w)} from the grid, more than {kw(self.limit_w)}"
                found[name] = Wish(False, why, Reason.LIMIT)
        for name, wish in found.items():
            reading = switches[name]
            if wish.on and reading is not None and not reading.on:
                found[name] = Wish(False, "the grid limit is exceeded", Reason.LIMIT)
        return found
