"""Meters as the loop sees them: the newest value at once, whatever the device is.

A meter that publishes rings the bell on each value. One that must be asked is asked in a thread of its own every
`poll_s`, so that its time-outs never keep the loads waiting; with a driven clock (demo) it is asked in the tick.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from solarctl.context import Clock
from solarctl.control.balance import Sample
from solarctl.errors import DeviceError
from solarctl.readings import BatteryReading, GridReading, LoadReading, Reading, SolarReading, TemperatureReading

POWER_FIELDS = {
    "grid": "grid_w",
    "solar": "solar_w",
    "load": "load_w",
    "device": "load_w",
    "battery": "battery_w",
    "temperature": "temperature_deg",
}


def is_driven(clock: Clock) -> bool:
    """Return whether time stands still until somebody moves it."""
    return hasattr(clock, "move_to")


class Feed:
    """One meter's newest value."""

    def __init__(self, name: str, device: Any, what: str, *, clock: Clock, poll_s: float, bell: Callable[[], None]):
        self.name = name
        self.what = what
        self.error: DeviceError | None = None
        self._device = device
        self._clock = clock
        self._poll_s = poll_s
        self._bell = bell
        self._reading: Any = None
        self._asked_s = -1e9
        self._over = threading.Event()
        self._publishes = hasattr(device, "listen") and hasattr(device, "latest")
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen or to ask."""
        if self._publishes:
            self._device.listen(self._bell)
        elif not is_driven(self._clock):
            self._thread = threading.Thread(target=self._ask_for_ever, name=f"meter {self.name}", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._over.set()

    @property
    def broker(self) -> Any:
        """The broker of a meter that publishes, or None."""
        return getattr(self._device, "broker", None) if self._publishes else None

    def sample(self) -> Sample | None:
        """Return the newest value and when it was true."""
        if self._publishes:
            value = self._device.latest()
            return None if value is None else Sample(value.power, value.at.timestamp())
        self._ask_when_due()
        if self._reading is None:
            return None
        power = getattr(self._reading, POWER_FIELDS[self.what])
        return None if power is None else Sample(float(power), self._reading.at.timestamp())

    @property
    def phases_w(self) -> tuple[float, ...]:
        value = self._device.latest() if self._publishes else self._reading
        found = getattr(value, "phases" if self._publishes else "phases_w", None)
        return tuple(found or ())

    @property
    def soc_pct(self) -> float | None:
        value = self._device.latest() if self._publishes else self._reading
        found = getattr(value, "soc_pct", None)
        return None if found is None else float(found)

    @property
    def ignored(self) -> int:
        """How many payloads could not be read."""
        return int(getattr(self._device, "ignored", 0))

    def reading(self) -> Reading | None:
        """Return the newest value as a reading, for records."""
        if not self._publishes:
            found: Reading | None = self._reading
            return found
        value = self._device.latest()
        if value is None:
            return None
        at: datetime = value.at
        match self.what:
            case "grid":
                return GridReading(at=at, grid_w=value.power)
            case "solar":
                return SolarReading(at=at, solar_w=value.power)
            case "battery":
                return BatteryReading(at=at, soc_pct=value.soc_pct, battery_w=value.power)
            case "temperature":
                return TemperatureReading(at=at, temperature_deg=value.power)
        return LoadReading(at=at, load_w=value.power, energy_kwh=value.energy_kwh)

    def _ask_when_due(self) -> None:
        if self._thread is None and self._clock.monotonic() - self._asked_s >= self._poll_s:
            self._ask()

    def _ask_for_ever(self) -> None:
        while not self._over.is_set():
            self._ask()
            self._over.wait(self._poll_s)

    def _ask(self) -> None:
        self._asked_s = self._clock.monotonic()
        try:
            reading = getattr(self._device, f"read_{self.what}")()
        except DeviceError as error:
            self.error = error
            return
        self.error = None
        now = self._clock.now()
        if reading.at > now:
            reading = replace(reading, at=now.astimezone(reading.at.tzinfo))
        self._reading = reading
        self._bell()
