"""Whether a house went dark although its rule could have prevented it.

A run had a chance when the cloud showed a low battery (or had been silent for as long as the rule allows) and the
relay could be moved. If the relay is off after such a run, every dark minute from then on could have been prevented,
until the relay is on again. Darkness because the street has no power, or because neither cloud nor relay
could be reached, is bad luck.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from solarctl.virtualhome.house import House


class SupplyWatch:
    """Looks at the house every minute, and at the relay after every run of `command`."""

    def __init__(
        self,
        house: House,
        shown_soc_pct: Callable[[], float | None],
        *,
        command: str,
        on_below_pct: float,
        blind_after_min: float,
    ) -> None:
        self._house = house
        self._shown_soc_pct = shown_soc_pct
        self._command = command
        self._on_below_pct = on_below_pct
        self._blind_after = timedelta(minutes=blind_after_min + 6)  # the last good reading may be five minutes old
        self._silent_since: datetime | None = None
        self._missed = False
        self.preventable_min = 0.0
        house.call_every(60, self._minute)

    def run_over(self, command: str, now: datetime, stopped: frozenset[str]) -> None:
        """Note whether the run that is just over missed its chance."""
        self._silent_since = (self._silent_since or now) if "reading" in stopped else None
        if command != self._command:
            return
        soc_pct = self._shown_soc_pct()
        if self._silent_since is not None:
            reason_enough = now - self._silent_since >= self._blind_after
        else:
            reason_enough = soc_pct is not None and round(soc_pct) < self._on_below_pct
        chance = reason_enough and "control" not in stopped
        self._missed = not self._house.grid.connected and (self._missed or chance)

    def _minute(self) -> None:
        house = self._house
        if house.grid.connected:
            self._missed = False
        elif house.dark and house.grid.live and self._missed:
            self.preventable_min += 1
