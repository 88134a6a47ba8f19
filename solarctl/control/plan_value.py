"""What a battery's charge is worth, as a convex function: straight pieces of rising slope.

Going back slot by slot, each slot adds its own pieces (buy to charge, keep from selling, cover the deficit), and what
the battery cannot hold is cut off at both ends.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from solarctl.control.plan_house import OVER_LIMIT, TINY

Piece = tuple[float, float]  # slope (money per kWh of charge), length (kWh)


class Value:
    """A convex function of the charge: from `low` on, pieces of rising slope; `at_low` is its value there."""

    __slots__ = ("at_low", "low", "pieces", "width")

    def __init__(self, low: float, at_low: float, pieces: list[Piece], width: float | None = None) -> None:
        self.low, self.at_low, self.pieces = low, at_low, pieces
        self.width = sum([length for _slope, length in pieces]) if width is None else width

    def at(self, charge: float) -> float:
        """Return the value at a charge of its domain."""
        total, rest = self.at_low, charge - self.low
        for slope, length in self.pieces:
            if rest <= length:
                return total + slope * rest
            total += slope * length
            rest -= length
        return total

    def is_like(self, other: Value) -> bool:
        """Return whether it is the other function but for a constant."""
        mine, theirs = self.pieces, other.pieces
        if len(mine) != len(theirs) or abs(self.low - other.low) > TINY:
            return False
        return all(abs(a - c) < TINY and abs(b - d) < TINY for (a, b), (c, d) in zip(mine, theirs))

    def raised(self, more: float) -> Value:
        """Return the function with a constant added."""
        return Value(self.low, self.at_low + more, self.pieces, self.width)

    def slope_at(self, charge: float) -> float:
        """Return what a kWh more changes at a charge (a negative number when charge saves money)."""
        rest = charge - self.low
        for slope, length in self.pieces:
            if rest < length - TINY:
                return slope
            rest -= length
        return self.pieces[-1][0] if self.pieces else 0.0


def own_pieces(need: float, buy: float, sell: float, power: float, efficiency: float, limit: float) -> list[Piece]:
    """Return what a slot charges and discharges for: pieces of the cost over the energy taken out of the charge."""
    pieces: list[Piece] = []
    if power <= 0:
        return pieces
    # the grid's energy falls from `first` to `last`: while charging less, then while discharging more
    for first, last, scale in ((need + power, need, efficiency), (need, need - power, 1.0)):
        if first > limit:
            length = first - (last if last > limit else limit)
            pieces.append((-(buy + OVER_LIMIT) / scale, length * scale))
        high, low = min(first, limit), max(last, 0.0)
        if high > low:
            pieces.append((-buy / scale, (high - low) * scale))
        high = min(first, 0.0)
        if high > last:
            pieces.append((-sell / scale, (high - last) * scale))
    return pieces


NO_END = 1e9


def before(after: Value, pieces: Sequence[Piece], at_full_charging: float, charging: float) -> Value:
    """Return the value one slot earlier, before its ends are cut off.

    `at_full_charging` is the slot's cost when it charges all it can, `charging` the charge that this adds.
    """
    merged, width = after.pieces[:], after.width
    for piece in pieces:
        place = bisect_left(merged, piece)
        slope, length = piece
        width += length
        if place < len(merged) and merged[place][0] == slope:
            merged[place] = slope, merged[place][1] + length
        elif place and merged[place - 1][0] == slope:
            merged[place - 1] = slope, merged[place - 1][1] + length
        else:
            merged.insert(place, piece)
    return Value(after.low - charging, after.at_low + at_full_charging, merged, width)


def cut(found: Value, low: float, high: float) -> None:
    """Keep only charges from `low` to `high`."""
    pieces = found.pieces
    skip = low - found.low
    if skip > 0:
        found.width -= skip
    while skip > TINY and pieces:
        slope, length = pieces[0]
        part = min(skip, length)
        found.at_low += slope * part
        skip -= part
        if part >= length - TINY:
            del pieces[0]
        else:
            pieces[0] = (slope, length - part)
    found.low = max(low, found.low)
    excess = found.width - (high - found.low)
    if excess <= 0:
        return
    found.width -= excess
    while pieces:
        slope, length = pieces[-1]
        if length > excess + TINY:
            pieces[-1] = (slope, length - excess)
            return
        del pieces[-1]
        excess -= length


def least_sum(one: Value, other: Value) -> float:
    """Return the least value of the sum of two functions."""
    low = max(one.low, other.low)
    total = one.at(low) + other.at(low)
    mine, theirs = _from(one, low), _from(other, low)
    i = j = 0
    while i < len(mine) and j < len(theirs):
        slope = mine[i][0] + theirs[j][0]
        if slope >= 0:
            break
        length = min(mine[i][1], theirs[j][1])
        total += slope * length
        for pieces, index in ((mine, i), (theirs, j)):
            pieces[index] = (pieces[index][0], pieces[index][1] - length)
        i += mine[i][1] <= TINY
        j += theirs[j][1] <= TINY
    return total


def _from(found: Value, low: float) -> list[Piece]:
    pieces, skip = [], low - found.low
    for slope, length in found.pieces:
        if skip >= length:
            skip -= length
        else:
            pieces.append((slope, length - skip))
            skip = 0.0
    return pieces
