"""What the sun has to spare for our loads: the house without them, and where it is heading.

A meter's reading is a mean over a second that ended a moment ago, while our loads were still being changed.
So what our loads drew *during that second* is subtracted, from a log of their own expected power; one reading is
never answered twice, and the answer needs no caution against itself.

Falling sun is extrapolated to the moment at which the answer takes effect; a house whose consumption keeps
jumping (a hob, an oven) is taken at its recent height instead of being chased.
"""

from __future__ import annotations

from dataclasses import dataclass

from solarctl.value import replace

LOG_S = 30.0  # how far back what our loads drew is remembered
TREND_MAX_GAP_S = 8.0  # readings further apart say nothing about a trend
TREND_CHANGES = 3  # a jump may show in two changes (one reading saw part of it); three are a trend
PEAKS_S = 45.0  # how far back jumps of the house are counted
JUMP_W = 250.0  # a rise of the house that counts as a jump
CERTAIN_W = 60.0  # our loads changed by less than this: the model's mean will do
DOUBT_S = 0.5  # a meter may be slower than it says by so much
JUMPS = 3  # so many jumps: the house is cycling


@dataclass(frozen=True, slots=True)
class Sample:
    """A meter's value and when it arrived, in seconds since 1970."""

    power_w: float
    at: float


@dataclass(frozen=True, slots=True)
class Timing:
    """How meters and loads lag: a reading is the mean over `window_s` that ended `meter_delay_s` before it arrived."""

    window_s: float = 1.0
    meter_delay_s: float = 0.2
    load_delay_s: float = 0.3


@dataclass(frozen=True)
class HouseMemory:
    """The house without our loads, as last seen; times in seconds since 1970."""

    log: tuple[tuple[float, float], ...] = ()  # (from when, what our loads draw), oldest first
    base_w: float | None = None  # consumption without our loads; for a grid meter: import without our loads
    base_at: float = 0.0
    jumps: tuple[tuple[float, float], ...] = ()  # (when, how high the house jumped)
    solar_w: float | None = None
    solar_at: float = 0.0
    solar_slope: float = 0.0  # W per s, of a trend
    solar_changes: tuple[float, ...] = ()  # W per s, between the last readings


def with_load(memory: HouseMemory, drawn_w: float, at: float, *, delay_s: float) -> HouseMemory:
    """Return the memory with what our loads draw from `at` (plus the actuators' delay) on."""
    log = memory.log
    if log and abs(log[-1][1] - drawn_w) < 0.5:
        return memory
    start = at + delay_s
    kept = tuple(entry for entry in log if entry[0] < start)
    while len(kept) > 1 and kept[1][0] < at - LOG_S:
        kept = kept[1:]
    return replace(memory, log=(*kept, (start, drawn_w)))


def drawn_w(memory: HouseMemory, start: float, end: float) -> float:
    """Return what our loads drew on average from `start` to `end`.

    >>> drawn_w(HouseMemory(log=((0.0, 100.0), (10.0, 300.0))), 9.5, 10.5)
    200.0
    """
    log = memory.log
    if not log:
        return 0.0
    energy = 0.0
    for index, (begins, watts) in enumerate(log):
        left = max(begins, start) if index else start
        right = min(log[index + 1][0], end) if index + 1 < len(log) else end
        if right > left:
            energy += watts * (right - left)
    return energy / (end - start)


def drawn_range_w(memory: HouseMemory, start: float, end: float) -> tuple[float, float]:
    """Return the least and the most that our loads drew at any time from `start` to `end`."""
    log = memory.log
    if not log:
        return 0.0, 0.0
    seen = [
        watts
        for index, (begins, watts) in enumerate(log)
        if (begins < end or not index) and (index + 1 == len(log) or log[index + 1][0] > start)
    ]
    return min(seen), max(seen)


def with_house(memory: HouseMemory, house: Sample, timing: Timing, *, unsigned: bool) -> HouseMemory:
    """Return the memory after a reading of the house (or, signed, of the grid); the same reading counts once.

    While our loads change, nobody knows exactly which of their powers a reading has seen. Then the house's own
    consumption is taken as unchanged as far as that fits what they can have drawn at that time: a meter that is
    quicker or slower than `timing` says does not make the loop hunt.
    """
    if house.at <= memory.base_at:
        return memory
    end = house.at - timing.meter_delay_s
    low_w, high_w = drawn_range_w(memory, end - timing.window_s - DOUBT_S, house.at + timing.load_delay_s)
    if memory.base_w is None or high_w - low_w < CERTAIN_W:
        base = house.power_w - drawn_w(memory, end - timing.window_s, end)
    else:
        base = min(max(memory.base_w, house.power_w - high_w), house.power_w - low_w)
    if unsigned:
        base = max(0.0, base)  # our loads cannot have drawn more than the whole house
    jumps = tuple(jump for jump in memory.jumps if house.at - jump[0] <= PEAKS_S)
    if memory.base_w is not None and base - memory.base_w > JUMP_W:
        jumps = (*jumps, (house.at, base))
    return replace(memory, base_w=base, base_at=house.at, jumps=jumps)


def with_solar(memory: HouseMemory, solar: Sample) -> HouseMemory:
    """Return the memory after a reading of the panels, with their trend."""
    if solar.at <= memory.solar_at:
        return memory
    gap = solar.at - memory.solar_at
    if memory.solar_w is None or not 0.5 < gap < TREND_MAX_GAP_S:
        return replace(memory, solar_w=solar.power_w, solar_at=solar.at, solar_slope=0.0, solar_changes=())
    changes = (*memory.solar_changes[-(TREND_CHANGES - 1) :], (solar.power_w - memory.solar_w) / gap)
    one_way = all(one > 0 for one in changes) or all(one < 0 for one in changes)
    slope = min(changes, key=abs) if one_way and len(changes) == TREND_CHANGES else 0.0
    return replace(memory, solar_w=solar.power_w, solar_at=solar.at, solar_slope=slope, solar_changes=changes)


@dataclass(frozen=True, slots=True)
class Outlook:
    """How far readings are carried forward; chosen on `benchmarks/diverter`."""

    fall: float = 0.5  # share of the sun's fall until the answer takes effect that is taken into account
    rise: float = 1.2
    hold_s: float = 12.0  # how long a cycling house is taken at its height after the last jump
    wait_s: float = 1.0  # an answer stands for about half a meter period


def surplus_w(memory: HouseMemory, outlook: Outlook, now: float) -> float:
    """Return what our loads together may draw, in W, before margin and battery; negative when the house imports."""
    base = memory.base_w or 0.0
    if len(memory.jumps) >= JUMPS and now - memory.jumps[-1][0] <= outlook.hold_s:
        base = max(base, min(height for _, height in memory.jumps))
    return (memory.solar_w or 0.0) - base


def trend_w(memory: HouseMemory, now: float, timing: Timing, outlook: Outlook) -> float:
    """Return by how much the sun will have changed when an answer takes effect, in W; for what can follow it."""
    if memory.solar_w is None:
        return 0.0
    ahead_s = min(now - memory.solar_at, 3.0) + timing.meter_delay_s + timing.window_s / 2 + timing.load_delay_s
    trend = memory.solar_slope * (ahead_s + outlook.wait_s)
    return max(-memory.solar_w, trend * (outlook.fall if trend < 0 else outlook.rise))
