"""homewizard_project's rule, written from its description, to compare with (`strategy = "seed"`).

    needs, by priority, then power    1. the first slots that the sun alone covers
                                      2. with a battery: charge it until some slot, then let it help; of all such slots
                                         the one after which the load runs most
                                      3. the slots with the most sun left
    surplus only                      step 1
    everybody                         step 1 once more without a limit ("soak")

It books a slot twice, re-creates charge and plans more than is needed, as the original does; a slot booked twice is
on once. Limits, prices, pauses and deadlines mean nothing to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from solarctl.control.plan_house import House
from solarctl.control.plan_place import Row
from solarctl.control.plan_settings import Settings
from solarctl.control.plan_solve import copied
from solarctl.control.plan_tasks import Work


@dataclass(slots=True)
class SeedLoad:
    """A socket of the seed: W, kWh still to go, and whether it must have them."""

    power_w: float
    left_kwh: float
    need: bool


def seed_rows(
    free_w: Sequence[float],
    hours: float,
    loads: Sequence[SeedLoad],
    battery: tuple[float, float, float] | None = None,
    *,
    soak: bool = True,
) -> list[list[int]]:
    """Return which load is on when. `free_w`: sun less the house; `battery`: capacity, charge (kWh) and power (W).

    Loads come in the seed's order: needs first, then by priority, the strongest first.
    """
    free = list(free_w)
    rows = [[0] * len(free) for _ in loads]
    for load, row in zip(loads, rows):
        wanted = max(0, math.ceil((load.left_kwh - 0.1 * load.power_w / 1000 * hours) / (load.power_w / 1000 * hours)))
        if not load.need:
            _sunny(free, row, load.power_w, wanted)
            continue
        wanted -= _sunny(free, row, load.power_w, wanted)
        if wanted > 0 and battery is not None:
            wanted -= _with_battery(free, row, load.power_w, hours, battery)
        if wanted > 0:
            for t in sorted(range(len(free)), key=lambda t: (-free[t], t))[:wanted]:
                row[t] = 1
                free[t] -= load.power_w
    if soak:
        for load, row in zip(loads, rows):
            _sunny(free, row, load.power_w, len(free))
    return rows


def _sunny(free: list[float], row: list[int], power_w: float, wanted: int) -> int:
    taken = [t for t, watts in enumerate(free) if watts >= power_w][: max(0, wanted)]
    for t in taken:
        row[t] = 1
        free[t] -= power_w
    return len(taken)


def _with_battery(
    free: list[float], row: list[int], power_w: float, hours: float, battery: tuple[float, float, float]
) -> int:
    """Try every slot until which the battery only charges; keep the one after which the load runs most."""
    best: tuple[tuple[int, int, int], list[int], list[float]] | None = None
    for stop in range(len(free)):
        found = _scenario(free, row, power_w, hours, battery, stop)
        if found is None:
            continue
        slots, left = found
        key = (-len(slots), slots[-1] - slots[0], stop)
        if best is None or key < best[0]:
            best = key, slots, left
    if best is None:
        return 0
    _key, slots, left = best
    free[:] = left
    for t in slots:
        row[t] = 1
    return len(slots)


def _scenario(
    free: Sequence[float],
    row: Sequence[int],
    power_w: float,
    hours: float,
    battery: tuple[float, float, float],
    stop: int,
) -> tuple[list[int], list[float]] | None:
    capacity, charge, power = battery
    left = list(free)
    for t in range(stop + 1):
        if left[t] > 0:
            taken = min(left[t], power, (capacity - charge) * 1000 / hours)
            charge += taken * hours / 1000
            left[t] -= taken
    slots = []
    for t in range(stop + 1, len(left)):
        missing = power_w - left[t]
        if not row[t] and missing * hours / 1000 <= charge and missing <= power:
            slots.append(t)
            charge -= max(0.0, missing) * hours / 1000
            left[t] = 0.0
        elif left[t] >= 0:
            taken = min(left[t], power, (capacity - charge) * 1000 / hours)
            charge += taken * hours / 1000
            left[t] -= taken
        else:
            given = min(-left[t], power, charge * 1000 / hours)
            charge -= given * hours / 1000
            left[t] += given
    return (slots, left) if slots else None


def rows_for(house: House, to_do: Work, settings: Settings) -> list[Row]:
    """Return the seed's plan for a house, as rows."""
    hours = settings.slot_min / 60
    left = {task.load: task for task in reversed(to_do.tasks)}
    loads = [
        SeedLoad(load.power_w, left[index].wanted_kwh if index in left else 0.0, load.daily_need)
        for index, load in enumerate(to_do.loads)
    ]
    storage = house.battery
    battery = (storage.capacity, storage.start, storage.power * 1000 / hours) if storage.capacity > 0 else None
    found = seed_rows([-net * 1000 / hours for net in house.net], hours, loads, battery, soak=True)
    rows = copied(to_do.rows)
    for row, on in zip(rows, found):
        row.on[:] = on
    return rows
