"""Variators: which of the steps that a dimmer really has comes closest to the power there is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

OVERSHOOT = 0.5  # of a step: the nearer neighbour, as long as the margin covers it
KEEP_W = 15.0  # a change that brings less than this is not worth a command


def usable_steps(steps_w: Sequence[float], *, min_w: float, max_w: float) -> tuple[float, ...]:
    """Return 0 and the steps between `min_w` and `max_w` (0: no limit), rising.

    >>> usable_steps((0, 40, 120, 200), min_w=100, max_w=150)
    (0.0, 120)
    """
    return (0.0, *sorted({w for w in steps_w if w > 0 and w >= min_w and (not max_w or w <= max_w)}))


def nearest_step_w(steps_w: Sequence[float], wanted_w: float, present_w: float, *, slack_w: float) -> float:
    """Return the step for `wanted_w`, at most `slack_w` above it; the present one while a change would bring little.

    >>> nearest_step_w((0, 100, 140, 180), 130, 0, slack_w=20)
    140
    >>> nearest_step_w((0, 100, 140, 180), 130, 0, slack_w=5)
    100
    """
    if wanted_w <= 0:
        return 0.0
    index = bisect_right(steps_w, wanted_w) - 1
    best = steps_w[index]
    if index + 1 < len(steps_w):
        above = steps_w[index + 1]
        if index and above - wanted_w <= min(slack_w, OVERSHOOT * (above - best)):
            best = above
    if present_w and best != present_w and wanted_w - KEEP_W <= present_w <= wanted_w + min(slack_w, KEEP_W) / 2:
        return present_w if present_w in steps_w else best
    return best
