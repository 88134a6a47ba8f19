"""What live_status says: powers, charge, storm and island, at one moment.

What is odd about it:
- A charge below 1 % without any battery power, on the grid and without a storm, is a calibration, not an empty battery.
- Values may be null, missing, or text; a stale site's are old, which only the timestamp tells.
- What is not surely on the grid counts as off it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from solarctl.context import Context
from solarctl.drivers.answers import flag, moment, number, words
from solarctl.errors import DeviceReplyError, DeviceUnreachable

CALIBRATING_BELOW_PCT = 1.0


class LiveStatus:
    """One answer; signs are the house's already."""

    def __init__(self, device: str, values: Mapping[str, Any], context: Context) -> None:
        self._device = device
        self._values = values
        self._context = context

    @property
    def at(self) -> datetime:
        """When the values were true; now, where it is not told."""
        found = moment(self._values.get("timestamp"), self._context.timezone)
        if found is None or found.year <= 2000:
            return self._context.now()
        return found.astimezone(self._context.timezone)

    def needed(self, key: str) -> float:
        """Return a power in W, or raise what its absence means."""
        value = self._values.get(key)
        found = number(value)
        if found is not None:
            return found
        if value is None:
            raise DeviceUnreachable(self._device, f"Tesla tells no {key} just now")
        raise DeviceReplyError(self._device, f"Tesla sends no usable {key} ({str(value)[:40]!r})")

    @property
    def battery_w(self) -> float | None:
        """The battery's power, discharging positive."""
        return number(self._values.get("battery_power"))

    @property
    def storm(self) -> bool:
        """Whether storm watch is on."""
        return flag(self._values.get("storm_mode_active")) or False

    @property
    def is_on_grid(self) -> bool | None:
        """Whether the site is surely on the grid; None when nothing is said about it."""
        island, grid = self._island, self._grid
        if island and island != "island_status_unknown":
            return island == "on_grid" and grid != "Inactive"
        if grid:
            return grid == "Active"
        return False if island else None

    @property
    def outage(self) -> bool:
        """Whether the street has no power."""
        return self._island == "off_grid_unintentional" or self._grid == "Inactive"

    @property
    def soc_pct(self) -> float | None:
        """The charge; None where it is unknown or a calibration's."""
        soc = number(self._values.get("percentage_charged"))
        if soc is None or not 0 <= soc <= 100:
            return None
        if soc < CALIBRATING_BELOW_PCT and self.battery_w == 0 and self.is_on_grid and not self.storm:
            self._context.log(f"{self._device}: a charge of {soc:g} % without battery power is a calibration's")
            return None
        return soc

    @property
    def _island(self) -> str:
        return words(self._values.get("island_status"))

    @property
    def _grid(self) -> str:
        return words(self._values.get("grid_status"))
