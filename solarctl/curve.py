"""A variator's curve: watts at each percent, from measured points or from the law of phase-angle dimmers.

    percent;watts        one pair a line, decimal dot or comma, with or without a heading; as `calibrate` writes it
                         and as the balancer's own files are

The ideal law: firing at angle a = π(1 − p/100) passes P = Pmax · (1 − a/π + sin 2a / 2π). Measured points may be
wrong (a misfire reads 2 300 W at 37 %): what lies far off the fitted law is left out, and the rest is made monotone.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

OUTLIER_W = 60.0
OUTLIER_SHARE = 0.04  # of full power: devices that are no ideal dimmers stay within it
FEW_POINTS = 8  # with fewer the law knows better than the points


@dataclass(frozen=True)
class Curve:
    """Watts by percent: rising points from (0, 0) to (100, max)."""

    points: tuple[tuple[float, float], ...]

    @property
    def max_w(self) -> float:
        return self.points[-1][1]

    def watts(self, percent: float) -> float:
        """Return the power at `percent`, between two points on a straight line."""
        percent = min(100.0, max(0.0, percent))
        index = bisect_left(self.points, (percent, -math.inf))
        if index == 0:
            return self.points[0][1]
        if index == len(self.points):
            return self.points[-1][1]
        (left, low), (right, high) = self.points[index - 1], self.points[index]
        return low + (high - low) * (percent - left) / (right - left)

    def percent(self, watts: float, *, step_percent: float = 1.0) -> float:
        """Return the highest step that draws at most `watts` (and a hair)."""
        steps = self.steps(step_percent)
        index = bisect_right([w for _, w in steps], watts + 0.5) - 1
        while index > 0 and steps[index - 1][1] >= steps[index][1]:
            index -= 1  # of several with one power the lowest
        return steps[max(0, index)][0]

    def steps(self, step_percent: float = 1.0) -> list[tuple[float, float]]:
        """Return (percent, watts) of every step that the device has."""
        count = round(100 / step_percent)
        return [(round(i * step_percent, 3), self.watts(i * step_percent)) for i in range(count + 1)]


def phase_share(percent: float) -> float:
    """Return the share of full power that an ideal phase-angle dimmer passes.

    >>> round(phase_share(25), 4), phase_share(50)
    (0.0908, 0.5)
    """
    if percent <= 0:
        return 0.0
    angle = math.pi * (1 - min(100.0, percent) / 100)
    return 1 - angle / math.pi + math.sin(2 * angle) / (2 * math.pi)


def phase_curve(max_w: float) -> Curve:
    """Return the ideal curve of a phase-angle dimmer in front of `max_w`."""
    return Curve(tuple((float(p), max_w * phase_share(p)) for p in range(101)))


def linear_curve(max_w: float) -> Curve:
    """Return the curve of a device whose power is proportional (burst fire, pulse width)."""
    return Curve(((0.0, 0.0), (100.0, max_w)))


def fitted_max_w(points: Sequence[tuple[float, float]]) -> float:
    """Return Pmax of the phase law that fits the points best; misfires are dropped in a few rounds."""
    kept = [(phase_share(p), w) for p, w in points if phase_share(p) > 0.001]
    max_w = 0.0
    for limit in (math.inf, 400.0, 200.0, 100.0, 100.0):
        near = [(s, w) for s, w in kept if abs(w - max_w * s) <= limit] or kept
        weight = sum(s * s for s, _ in near)
        max_w = sum(s * w for s, w in near) / weight if weight else 0.0
    return max_w


def curve_of(points: Iterable[tuple[float, float]]) -> Curve:
    """Return the monotone curve through measured points; with few of them, the phase law that fits them."""
    measured = sorted((p, w) for p, w in points if 0 <= p <= 100 and math.isfinite(w) and w >= 0)
    if not measured or max(w for _, w in measured) <= 0:
        raise ValueError("no point with power in it")
    max_w = fitted_max_w(measured)
    if max_w <= 0:
        raise ValueError("no point with power in it")
    if len({p for p, _ in measured}) < FEW_POINTS:
        return phase_curve(max_w)
    allowed_w = max(OUTLIER_W, OUTLIER_SHARE * max_w)
    kept = [(p, w) for p, w in measured if abs(w - max_w * phase_share(p)) <= allowed_w]
    if len(kept) < len(measured) * 0.7:
        kept = measured  # no phase-angle device: its own shape is the truth
    means: dict[float, list[float]] = {}
    for p, w in kept:
        means.setdefault(p, []).append(w)
    rising = monotone([(p, sum(ws) / len(ws), float(len(ws))) for p, ws in sorted(means.items())])
    rising = [(p, w) for p, w in rising if p > 0]
    if rising[-1][0] < 100:
        rising.append((100.0, max(rising[-1][1], max_w)))
    return Curve(((0.0, 0.0), *rising))


def monotone(points: Sequence[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """Return points (x, y, weight) with y made rising: neighbours that fall are pooled into their mean."""
    pools: list[list[float]] = []  # mean, weight, count
    for _x, y, weight in points:
        pools.append([y, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, heavy, count = pools.pop()
            before = pools[-1]
            before[0] = (before[0] * before[1] + mean * heavy) / (before[1] + heavy)
            before[1] += heavy
            before[2] += count
    flat = [mean for mean, _weight, count in pools for _ in range(int(count))]
    return [(point[0], y) for point, y in zip(points, flat)]


def read_points(text: str) -> list[tuple[float, float]]:
    """Return the pairs of a `percent;watts` file; `ValueError` names the line that is none."""
    points: list[tuple[float, float]] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip().strip('"') for cell in (line.split(";") if ";" in line else line.split("\t"))]
        if len(cells) == 1 and line.count(",") == 1:
            cells = [cell.strip() for cell in line.split(",")]
        try:
            percent, watts = (float(cell.replace(",", ".")) for cell in cells[:2])
        except ValueError:
            if not points and any(character.isalpha() for character in line):
                continue  # a heading
            raise ValueError(f"line {number}: {line.strip()[:40]!r} is not percent;watts") from None
        if not (math.isfinite(percent) and math.isfinite(watts)):
            raise ValueError(f"line {number}: {line.strip()[:40]!r} is not a number")
        points.append((percent, watts))
    return points


def read_curve(path: Path) -> Curve:
    """Return the curve of a calibration file; `OSError` or `ValueError` when it is none."""
    return curve_of(read_points(path.read_text(encoding="utf-8")))


def resolution_percent(points: Sequence[tuple[float, float]]) -> float:
    """Return the device's real step: 1 when half percents change nothing (the firmware cuts them off), else the file's.

    >>> resolution_percent([(50, 1150.0), (50.5, 1151.0), (51, 1190.0), (51.5, 1190.0), (52, 1230.0)])
    1.0
    """
    ordered = sorted(points)
    gaps = [(right[0] - left[0], right[1] - left[1], left[0]) for left, right in pairwise(ordered)]
    halves = [abs(dw) for dp, dw, p in gaps if abs(dp - 0.5) < 0.01 and p == int(p)]
    wholes = [abs(dw) for dp, dw, p in gaps if abs(dp - 0.5) < 0.01 and p != int(p)]
    if halves and wholes and sum(halves) / len(halves) < 0.3 * sum(wholes) / len(wholes):
        return 1.0
    return max(0.5, min((dp for dp, _, _ in gaps if dp > 0), default=1.0))
