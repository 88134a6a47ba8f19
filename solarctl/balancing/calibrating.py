"""Measuring a variator's curve: step by step, each kept at once, so that an interruption costs one step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from solarctl.balancing.feeds import Feed
from solarctl.context import Clock
from solarctl.control.calibration import Point, is_full, point_of, steps_to_measure
from solarctl.curve import read_points
from solarctl.disk import replace_files
from solarctl.errors import ConfigError, DeviceRefused, DeviceUnreachable

PAUSE_S = 0.05
SILENCE_S = 30.0


class Calibration:
    """One variator, its meter, and the file its curve goes to."""

    def __init__(self, name: str, device: Any, feed: Feed, path: Path, clock: Clock) -> None:
        if not hasattr(device, "send_percent"):
            raise ConfigError(f"{name} is not told percents; only such a variator needs a curve")
        self.name = name
        self.path = path
        self.partial = path.with_name(path.name + ".partial")
        self._device = device
        self._feed = feed
        self._clock = clock

    def begun(self) -> list[tuple[float, float]]:
        """Return the points of an interrupted calibration."""
        try:
            return read_points(self.partial.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []

    def measure(
        self,
        *,
        fine: bool,
        settle_s: float,
        warm_up_s: float,
        tell: Callable[[Point, int], None],
        restart: Callable[[], None],
    ) -> list[tuple[float, float]]:
        """Measure what is missing and return all points; the variator ends at 0 whatever happens."""
        points = self.begun()
        missing = steps_to_measure(fine=fine, done=[percent for percent, _ in points])
        full_w = max((watts for _, watts in points), default=0.0)
        try:
            if warm_up_s and missing:
                self._device.send_percent(100.0, wait=True)
                self._clock.sleep(warm_up_s)
            for index, percent in enumerate(missing):
                restart()
                point = self._step(percent, settle_s)
                if is_full(point, full_w or 1000.0 * (percent == 100.0)):
                    raise DeviceRefused(
                        self.name,
                        f"it draws {point.watts:.0f} W at {percent:g} %: its thermostat is open",
                        hint="Draw some hot water and go on: what is measured so far is kept.",
                    )
                full_w = max(full_w, point.watts)
                points.append((point.percent, point.watts))
                self._keep(self.partial, points)
                tell(point, len(missing) - index - 1)
        finally:
            restart()
            self._device.send_percent(0.0, wait=True)
        return points

    def finish(self, points: list[tuple[float, float]]) -> None:
        """Write the curve's file and forget the partial one."""
        self._keep(self.path, points)
        self.partial.unlink(missing_ok=True)

    def _keep(self, path: Path, points: list[tuple[float, float]]) -> None:
        lines = [f"{percent:g};{watts:.1f}" for percent, watts in sorted(points, reverse=True)]
        replace_files({path: ("\n".join(lines) + "\n").encode()})

    def _step(self, percent: float, settle_s: float) -> Point:
        self._device.send_percent(percent, wait=True)
        settled_at = self._clock.now().timestamp() + settle_s
        readings: list[float] = []
        last_at, waited_s = settled_at, 0.0
        while True:
            self._clock.sleep(PAUSE_S)
            waited_s += PAUSE_S
            sample = self._feed.sample()
            if sample is not None and sample.at > last_at:
                last_at, waited_s = sample.at, 0.0
                readings.append(sample.power_w)
                point = point_of(percent, readings[1:])  # the first may still have seen the step before
                if point is not None:
                    return point
            if waited_s > settle_s + SILENCE_S:
                raise DeviceUnreachable(
                    self._feed.name,
                    f"silent for {SILENCE_S:.0f} s",
                    hint=f"What is measured is kept: go on with solarctl calibrate {self.name}.",
                )
