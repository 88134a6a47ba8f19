"""Domoticz: injected and drawn power go in as virtual devices, and each load's forced mode as a switch.

`nvalue` must be a whole number and `svalue` text, or Domoticz refuses. A zero is sent once, then every half hour.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from solarctl.control.balance_settings import Domoticz

EVERY_S = 10.0
ZERO_EVERY_S = 1800.0


class DomoticzOut:
    """What Domoticz was told last."""

    def __init__(self, settings: Domoticz, shows: dict[str, bool]) -> None:
        self._settings = settings
        self._shows = shows
        self._sent: dict[int, tuple[float, int]] = {}  # idx → (when, W)

    def hello(self) -> list[str]:
        """Return the messages that ask for what we want to know."""
        idx = self._settings.mode_idx
        return [json.dumps({"command": "getdeviceinfo", "idx": idx})] if idx else []

    def messages(self, grid_w: int | None, forced: Collection[str], now_s: float) -> list[str]:
        """Return the messages that are due."""
        found = []
        if grid_w is not None:
            found += self._power(self._settings.injection_idx, min(0, grid_w), now_s)
            found += self._power(self._settings.grid_idx, max(0, grid_w), now_s)
        for name, idx in self._settings.forced.items():
            is_forced = name in forced
            if self._shows.get(name) is not is_forced:
                self._shows[name] = is_forced
                found.append(_device(idx, int(is_forced), ""))
        return found

    def _power(self, idx: int, watts: int, now_s: float) -> list[str]:
        if not idx:
            return []
        at_s, before = self._sent.get(idx, (-1e9, -1))
        wait_s = ZERO_EVERY_S if watts == before == 0 else EVERY_S
        if now_s - at_s < wait_s and not (watts == 0 != before):
            return []
        self._sent[idx] = (now_s, watts)
        return [_device(idx, 0, str(watts))]


def _device(idx: int, nvalue: int, svalue: str) -> str:
    return json.dumps({"idx": idx, "nvalue": nvalue, "svalue": svalue})
