"""A load's own thermostat: told to draw and drawing nothing, it is full; it gives its share away and is asked again.

    under 5 W (or 3 %) while told to draw, for 20 s   -> full: released
    every 10 minutes                                  -> a small probe for 20 s
    its meter shows power                             -> not full, at once

Never a lock-out for the rest of the day: hot water drawn at noon is heated again at noon.
"""

from __future__ import annotations

from solarctl.control.balance_memory import LoadMemory
from solarctl.control.balance_surplus import Sample
from solarctl.value import replace

IDLE_W = 5.0
IDLE_SHARE = 0.03
FULL_AFTER_S = 20.0
PROBE_EVERY_S = 600.0
PROBE_FOR_S = 25.0
SETTLED_S = 2.0  # a meter's value says nothing about a command younger than this
LEAST_TOLD_W = 30.0
SCALE_FROM_W = 300.0
SCALE_WEIGHT = 0.2


def watched(memory: LoadMemory, measured: Sample | None, now: float) -> LoadMemory:
    """Return the memory after a look at the load's own meter: full or not, and the scale of its curve."""
    if measured is None or measured.at < memory.set_at + SETTLED_S:
        return memory
    told_w = memory.set_w
    idle = measured.power_w < max(IDLE_W, IDLE_SHARE * told_w)
    if not idle:
        if memory.idle_since is not None or memory.full_since is not None:
            memory = replace(memory, idle_since=None, full_since=None, probing_since=None)
        return _scaled(memory, measured.power_w)
    if told_w < LEAST_TOLD_W:
        return replace(memory, idle_since=None) if memory.idle_since is not None else memory
    if memory.idle_since is None:
        return replace(memory, idle_since=measured.at)
    if memory.full_since is None and measured.at - memory.idle_since >= FULL_AFTER_S:
        return replace(memory, full_since=now, probe_at=now + PROBE_EVERY_S, probing_since=None)
    return memory


def probing(memory: LoadMemory, now: float) -> tuple[bool, LoadMemory]:
    """Return whether a full load should be probed now, and its memory."""
    if memory.full_since is None:
        return False, memory
    if memory.probing_since is None:
        if now < memory.probe_at:
            return False, memory
        return True, replace(memory, probing_since=now, idle_since=None)
    if now - memory.probing_since <= PROBE_FOR_S:
        return True, memory
    return False, replace(memory, probing_since=None, idle_since=None, probe_at=now + PROBE_EVERY_S)


def _scaled(memory: LoadMemory, measured_w: float) -> LoadMemory:
    """Return the memory with the curve's scale moved towards what is measured: mains voltage and a warm element."""
    if memory.set_w < SCALE_FROM_W:
        return memory
    ratio = min(1.3, max(0.5, measured_w / memory.set_w))
    if ratio == memory.scale:
        return memory
    return replace(memory, scale=memory.scale + SCALE_WEIGHT * (ratio - memory.scale))
