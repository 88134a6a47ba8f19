"""Values in steps of equal length, as services tell them, and their means over any other span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from solarctl.drivers.answers import number
from solarctl.value import value

V = TypeVar("V")
LONGEST_S = 31 * 86_400.0  # no service looks further ahead
SHORTEST_S = 60.0


@value
class Steps:
    """`values[i]` holds from `start_s + i·step_s` (seconds since 1970) on; None: not known."""

    start_s: float
    step_s: float
    values: tuple[float | None, ...]

    @property
    def end_s(self) -> float:
        return self.start_s + self.step_s * len(self.values)

    def mean(self, start_s: float, end_s: float) -> float | None:
        """Return the mean between two moments; None where a part is not known."""
        first = int((start_s - self.start_s) // self.step_s)
        if first < 0 or end_s > self.end_s + 1e-6 or end_s <= start_s:
            return None
        total, index = 0.0, first
        while self.start_s + index * self.step_s < end_s - 1e-6:
            one = self.values[index]
            if one is None:
                return None
            begin = max(start_s, self.start_s + index * self.step_s)
            total += one * (min(end_s, self.start_s + (index + 1) * self.step_s) - begin)
            index += 1
        return total / (end_s - start_s)

    def to_json(self) -> dict[str, Any]:
        return {"start_s": self.start_s, "step_s": self.step_s, "values": list(self.values)}


def from_json(found: Any) -> Steps | None:
    """Return steps as they were kept on disk; None for anything else."""
    if not isinstance(found, Mapping) or not isinstance(found.get("values"), list):
        return None
    start, step = number(found.get("start_s")), number(found.get("step_s"))
    if start is None or step is None or step <= 0:
        return None
    return Steps(start, step, tuple(number(one) for one in found["values"]))


def added(parts: Sequence[Steps]) -> Steps:
    """Return the sum of several planes' steps, where all are known."""
    first = parts[0]
    if len(parts) == 1:
        return first
    start, end = max(one.start_s for one in parts), min(one.end_s for one in parts)
    step = min(one.step_s for one in parts)
    sums: list[float | None] = []
    for index in range(max(0, int((end - start) // step))):
        means = [one.mean(start + index * step, start + (index + 1) * step) for one in parts]
        known = [one for one in means if one is not None]
        sums.append(sum(known) if len(known) == len(means) else None)
    return Steps(start, step, tuple(sums))


def together(points: Mapping[float, V]) -> dict[float, V]:
    """Return the points near the one in the middle: a stamp of another century is a fault, and would fill the disk."""
    middle = sorted(points)[len(points) // 2] if points else 0.0
    return {moment: one for moment, one in points.items() if abs(moment - middle) <= LONGEST_S}


def from_points(points: Mapping[float, float | None], step_s: float) -> Steps | None:
    """Return steps from their starts (seconds since 1970) and values; None when there are none."""
    near = together(points)
    if not near:
        return None
    start, step_s = min(near), max(SHORTEST_S, step_s)
    values: list[float | None] = [None] * (round((max(near) - start) / step_s) + 1)
    for moment, one in near.items():
        values[round((moment - start) / step_s)] = one
    return Steps(start, step_s, tuple(values))
