"""What the meters of one tick say, and what the memory makes of it: each reading once, silence noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solarctl.control import balance_energy as energy
from solarctl.control.balance_allocation import Load
from solarctl.control.balance_battery import Battery
from solarctl.control.balance_memory import LoadMemory, Memory
from solarctl.control.balance_settings import Settings
from solarctl.control.balance_surplus import HouseMemory, Sample, Timing, with_house, with_load, with_solar
from solarctl.value import replace

AHEAD_S = 5.0  # a reading may be so far ahead of our clock


@dataclass(frozen=True, slots=True)
class Meters:
    """The newest values: house and solar, or one signed grid meter."""

    house: Sample | None = None
    solar: Sample | None = None
    grid: Sample | None = None
    battery: Battery | None = None
    phases_w: tuple[float, ...] = ()  # grid power per phase, with the grid's time


def silent_meters(meters: Meters, settings: Settings, memory: Memory, now: float) -> list[str]:
    """Return the names of the needed meters that have been silent for too long."""
    house_at = max(memory.house.base_at, *(s.at for s in (meters.house, meters.grid) if s is not None), 0.0)
    needed = [(settings.grid or settings.load, house_at)]
    if settings.solar and not settings.grid:
        needed.append((settings.solar, max(memory.house.solar_at, meters.solar.at if meters.solar else 0.0)))
    return [name for name, at in needed if not -AHEAD_S <= now - at <= settings.stale_after_s]


def with_readings(memory: Memory, meters: Meters, settings: Settings, timing: Timing) -> Memory:
    """Return the memory after this tick's readings."""
    house = memory.house
    if meters.grid is not None and settings.grid:
        phases = memory.phases
        if meters.phases_w and meters.grid.at > house.base_at:
            phases = phases if len(phases) == len(meters.phases_w) else tuple(HouseMemory() for _ in meters.phases_w)
            phases = tuple(
                with_house(one, Sample(watts, meters.grid.at), timing, unsigned=False)
                for one, watts in zip(phases, meters.phases_w)
            )
        return replace(memory, house=with_house(house, meters.grid, timing, unsigned=False), phases=phases)
    if meters.house is not None:
        house = with_house(house, meters.house, timing, unsigned=True)
    if meters.solar is not None:
        house = with_solar(house, meters.solar)
    return memory if house is memory.house else replace(memory, house=house)


def phases_after(
    memory: Memory, loads: Sequence[Load], memories: dict[str, LoadMemory], now: float, timing: Timing
) -> tuple[HouseMemory, ...]:
    """Return the phases with what our loads on each of them draw from now on."""
    drawn = [0.0] * len(memory.phases)
    for load in loads:
        if 0 < load.settings.phase <= len(drawn):
            drawn[load.settings.phase - 1] += energy.expected_w(memories[load.name])
    return tuple(with_load(one, watts, now, delay_s=timing.load_delay_s) for one, watts in zip(memory.phases, drawn))


def counted(memory: Memory, meters: Meters, now: float) -> Memory:
    """Return the memory with the house's own energies of the day."""
    if meters.grid is not None:
        grid_w: float | None = meters.grid.power_w
    elif meters.house is not None and meters.solar is not None:
        grid_w = meters.house.power_w - meters.solar.power_w
    else:
        grid_w = None
    return energy.counted_house(memory, meters.solar.power_w if meters.solar else None, grid_w, now)
