"""Slots in which a house only draws or only has something left, however short.

A cloud or a compressor turns a need into a surplus within minutes. Over five of them the two would cancel out, and
foresight would be spared what every battery loses on the way in and out, and what an empty or a full one cannot bridge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from solarctl.simulation.foresight import Cut


def one_way(cuts: Iterable[Cut], need_w: Sequence[float]) -> Iterator[Cut]:
    """Yield the slots, each ending where the need, minute by minute, turns into a surplus or back."""
    for cut in cuts:
        start = cut.start
        for minute in range(cut.start + 1, cut.end):
            if (need_w[minute] < 0) != (need_w[minute - 1] < 0):
                yield replace(cut, start=start, end=minute)
                start = minute
        yield replace(cut, start=start)
