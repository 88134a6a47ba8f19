"""Tanks with a thermometer: never above `max_deg`, nothing on surplus while the probe is silent, and once a week hot.

Without a thermometer there is no hot-tank cycle: hours of heating prove nothing about degrees.
"""

from __future__ import annotations

from solarctl.control.balance_allocation import Load, Why
from solarctl.control.balance_memory import LoadMemory
from solarctl.control.balance_settings import LoadSettings
from solarctl.value import replace

DAY_S = 86400.0


def temperature_verdict(load: Load) -> Why | None:
    """Return why the tank's temperature forbids heating, or None."""
    if not load.settings.max_deg:
        return None
    if load.temperature_deg is None:
        return Why.NO_TEMPERATURE
    return Why.TOO_HOT if load.temperature_deg >= load.settings.max_deg else None


def with_temperature(
    memory: LoadMemory, settings: LoadSettings, temperature_deg: float | None, now: float
) -> LoadMemory:
    """Return the memory after a look at the thermometer: since when the tank is hot, and when it last was for long."""
    cycle = settings.hot_cycle
    if cycle is None or temperature_deg is None:
        return memory if memory.hot_since is None else replace(memory, hot_since=None)
    if not memory.hot_at:
        memory = replace(memory, hot_at=now)  # the first week begins when we first look
    if temperature_deg < cycle.deg:
        return memory if memory.hot_since is None else replace(memory, hot_since=None)
    since = now if memory.hot_since is None else memory.hot_since
    done = now - since >= cycle.hold_min * 60
    return replace(memory, hot_since=since, hot_at=now if done else memory.hot_at)


def hot_cycle_due(load: Load, memory: LoadMemory, now: float) -> bool:
    """Return whether the tank must be heated through now."""
    cycle = load.settings.hot_cycle
    if cycle is None or load.temperature_deg is None or not memory.hot_at:
        return False
    return now - memory.hot_at > cycle.every_days * DAY_S
