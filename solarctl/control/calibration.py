"""Calibration: which percents are measured, when a meter has settled, and how well the curve fits.

A dimmer with whole percents has 101 steps; 29 of them, dense where the phase-angle law is steep, and a monotone
curve through them say the rest within a few watts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from solarctl.curve import FEW_POINTS, Curve, curve_of, fitted_max_w, phase_share

QUICK = (
    0,
    3,
    5,
    8,
    10,
    13,
    16,
    20,
    24,
    28,
    32,
    36,
    40,
    44,
    48,
    52,
    56,
    60,
    64,
    68,
    72,
    76,
    80,
    84,
    88,
    92,
    95,
    98,
    100,
)
NEEDED = 5  # readings per step
SPREAD_W = 8.0
SPREAD_SHARE = 0.02
PATIENCE = 4  # times as many readings are looked at before an unsteady step is taken as it is
FULL_SHARE = 0.02  # less than this of what it should draw: its thermostat is open


@dataclass(frozen=True, slots=True)
class Point:
    """One step: the median of its readings, and their median distance from it."""

    percent: float
    watts: float
    spread_w: float = 0.0
    readings: int = 1


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the curve tells what was measured, in W."""

    curve: Curve
    rms_w: float
    worst_w: float
    worst_percent: float
    left_out: tuple[float, ...]  # percents of points that cannot be true
    law_w: float  # full power of the ideal phase-angle law that fits
    law_rms_w: float
    by_law: bool  # there were too few points for a curve of their own


def steps_to_measure(*, fine: bool, step_percent: float = 1.0, done: Sequence[float] = ()) -> list[float]:
    """Return the percents still to be measured, from full power down: a hot element stays hot."""
    if fine:
        wanted = [i * step_percent for i in range(round(100 / step_percent) + 1)]
    else:
        wanted = [float(one) for one in QUICK]
    return [one for one in reversed(wanted) if one not in done]


def point_of(percent: float, readings: Sequence[float]) -> Point | None:
    """Return the step's point once enough readings have settled, or None while they have not."""
    if len(readings) < NEEDED:
        return None
    last = list(readings[-NEEDED:])
    middle = median(last)
    spread = median(abs(one - middle) for one in last)
    steady = max(last) - min(last) <= 2 * max(SPREAD_W, SPREAD_SHARE * abs(middle))
    if not steady and len(readings) < NEEDED * PATIENCE:
        return None
    return Point(percent, middle, spread, len(readings))


def is_full(point: Point, full_w: float) -> bool:
    """Return whether a load that should draw a good part of `full_w` draws nothing."""
    should_w = full_w * phase_share(point.percent)
    return should_w > 150 and point.watts < FULL_SHARE * should_w


def fit_of(points: Sequence[tuple[float, float]]) -> Fit:
    """Return the curve through measured points with its error; `ValueError` when there is no power in them."""
    curve = curve_of(points)
    law_w = fitted_max_w(points)
    law = [abs(w - law_w * phase_share(p)) for p, w in points]
    off = [(abs(w - curve.watts(p)), p) for p, w in points]
    limit_w = max(60.0, 0.04 * curve.max_w)
    kept = [one for one in off if one[0] <= limit_w] or off
    worst_w, worst_percent = max(kept)
    return Fit(
        curve,
        rms_w=(sum(one * one for one, _ in kept) / len(kept)) ** 0.5,
        worst_w=worst_w,
        worst_percent=worst_percent,
        left_out=tuple(sorted(p for one, p in off if one > limit_w)),
        law_w=law_w,
        law_rms_w=(sum(one * one for one in sorted(law)[: len(kept)]) / len(kept)) ** 0.5,
        by_law=len({p for p, _ in points}) < FEW_POINTS,
    )
