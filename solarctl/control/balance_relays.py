"""Switched loads: when one goes on, when off, and what holds it where it is.

    strict   on   when the surplus beyond everything above it is enough for long enough
             off  when it no longer is
    fill     on   when the variators above cannot take the surplus alone, or when it has been enough for
                  the block (and some to spare) for `block_delay_s`: the variators then trim the rest
             off  when the surplus no longer covers the block itself

The wide gap between the two is what spares the contacts: while a variator above trims, the surplus may
move by the variator's whole range before the switch has to.
"""

from __future__ import annotations

from dataclasses import dataclass

from solarctl.control.balance_memory import LoadMemory
from solarctl.control.balance_settings import LoadSettings
from solarctl.value import replace

BLOCK_SPARE = 1.15  # fill: a block is taken from a variator when there is so much more than the block
ON_SPARE = 1.05
UNKNOWN_TRY_W = 500.0  # a load of unknown power is tried at this surplus


@dataclass(frozen=True, slots=True)
class Wish:
    """What a switch should do, and what keeps it from it."""

    on: bool
    held_by: str = ""  # "min-on" | "min-off" | "starts" | "delay"


def rated_w(load: LoadSettings, memory: LoadMemory) -> float:
    """Return what the switched load draws when on: as configured, else as measured, else 0."""
    return load.power_w or memory.learned_w


def wanted_on(
    load: LoadSettings, memory: LoadMemory, *, is_on: bool, surplus_w: float, above_w: float, strict: bool, now: float
) -> tuple[Wish, LoadMemory]:
    """Return whether the switch should be on, with its running delays.

    `surplus_w` is left after everything of higher priority that cannot be trimmed, `above_w` is the most that
    the variators of higher priority can take of it.
    """
    power_w = rated_w(load, memory)
    on_w = load.on_above_w if load.on_above_w is not None else (ON_SPARE * power_w or UNKNOWN_TRY_W)
    off_w = load.off_below_w if load.off_below_w is not None else power_w
    block_since: float | None = None
    if is_on:
        change = surplus_w - (above_w if strict else 0.0) < off_w
        due = load.off_delay_s
    else:
        change = surplus_w >= max(on_w, above_w) if not strict else surplus_w - above_w >= on_w
        due = load.on_delay_s
        if not strict and surplus_w >= max(on_w, power_w * BLOCK_SPARE):
            block_since = memory.block_since if memory.block_since is not None else now
    since = (memory.wants_since if memory.wants_since is not None else now) if change else None
    memory = replace(memory, wants_since=since, block_since=block_since)
    ready = since is not None and now - since >= due
    if block_since is not None and now - block_since >= load.block_delay_s:
        ready = change = True
    if not change:
        return Wish(is_on), memory
    if not ready:
        return Wish(is_on, "delay"), memory
    return allowed_change(load, memory, is_on=is_on, now=now), memory


def allowed_change(load: LoadSettings, memory: LoadMemory, *, is_on: bool, now: float) -> Wish:
    """Return the change away from `is_on`, unless a minimum time or the number of starts forbids it."""
    rested = now - memory.switched_at
    if is_on and 0 <= rested < load.min_on_s:
        return Wish(True, "min-on")
    if not is_on and 0 <= rested < load.min_off_s:
        return Wish(False, "min-off")
    if not is_on and load.starts_per_day and memory.starts >= load.starts_per_day:
        return Wish(False, "starts")
    return Wish(not is_on)
