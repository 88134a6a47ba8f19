"""Energies of the day: what each load's meter says, or, marked as estimated, what it was told to draw."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from solarctl.control.balance_memory import LoadMemory, Memory
from solarctl.control.balance_surplus import Sample
from solarctl.value import replace

LONGEST_GAP_S = 30.0  # what nobody watched for longer is not counted
METER_FRESH_S = 20.0
MOSTLY_METERED = 0.02  # a share of the day that may be unmetered without a word


def next_time(now: datetime, at: time) -> datetime:
    """Return when the wall clock next shows `at`, in the zone of `now`."""
    day = now.date()
    if now.timetz().replace(tzinfo=None) >= at:
        day += timedelta(days=1)
    return datetime.combine(day, at, now.tzinfo)


def expected_w(memory: LoadMemory) -> float:
    """Return what a load draws as told, by its curve and scale; nothing while its thermostat is open."""
    return 0.0 if memory.full_since is not None and memory.probing_since is None else memory.set_w * memory.scale


def booked(memory: LoadMemory, measured: Sample | None, now: float) -> LoadMemory:
    """Return the memory with the energy since the last tick added (trapezoid)."""
    metered = measured is not None and -5 <= now - measured.at <= METER_FRESH_S
    watts = measured.power_w if measured is not None and metered else expected_w(memory)
    gap_s = now - memory.drawn_at
    if not 0 < gap_s <= LONGEST_GAP_S:
        return replace(memory, drawn_w=watts, drawn_at=now)
    energy_wh = (watts + memory.drawn_w) / 2 * gap_s / 3600
    running_s = gap_s if watts >= 5 else 0.0
    return replace(
        memory,
        drawn_w=watts,
        drawn_at=now,
        day_wh=memory.day_wh + energy_wh,
        estimated_wh=memory.estimated_wh + (0.0 if metered else energy_wh),
        on_s=memory.on_s + running_s,
        period_wh=memory.period_wh + energy_wh,
        period_s=memory.period_s + running_s,
        topped_wh=memory.topped_wh + (energy_wh if memory.topping else 0.0),
    )


def is_estimated(memory: LoadMemory) -> bool:
    """Return whether part of the day's energy is a guess."""
    return memory.estimated_wh > max(1.0, MOSTLY_METERED * memory.day_wh)


def counted_house(memory: Memory, solar_w: float | None, grid_w: float | None, now: float) -> Memory:
    """Return the memory with the house's own sums of the day."""
    gap_s = now - memory.counted_at
    if not 0 < gap_s <= LONGEST_GAP_S:
        return replace(memory, counted_at=now)
    hours = gap_s / 3600
    return replace(
        memory,
        counted_at=now,
        solar_wh=memory.solar_wh + (solar_w or 0.0) * hours,
        import_wh=memory.import_wh + max(0.0, grid_w or 0.0) * hours,
        export_wh=memory.export_wh + max(0.0, -(grid_w or 0.0)) * hours,
    )


def new_day(memory: Memory, now: datetime, day_start: time) -> Memory:
    """Return the memory with every load's day begun afresh once `day_start` has passed, however long nobody ran."""
    if now.timestamp() < memory.day_ends:
        return memory
    ends = next_time(now, day_start).timestamp()
    if not memory.day_ends:
        return replace(memory, day_ends=ends)
    loads = {
        name: replace(load, yesterday_wh=load.day_wh, day_wh=0.0, estimated_wh=0.0, on_s=0.0, starts=0)
        for name, load in memory.loads.items()
    }
    return replace(memory, loads=loads, day_ends=ends, solar_wh=0.0, import_wh=0.0, export_wh=0.0)
