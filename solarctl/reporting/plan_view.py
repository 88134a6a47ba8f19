"""What the plan's pictures show: the plan from now on, and what was measured today until now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from solarctl.control.plan_words import Plan
from solarctl.value import value


@value
class View:
    """A day in slots from `start` on; None where nothing is known. `stored_pct`: how full each load is."""

    start: datetime
    slot_min: int
    now: datetime
    sun_w: tuple[float | None, ...]  # foreseen
    spare_w: tuple[float | None, ...]  # measured: what the sun leaves for loads
    planned_w: tuple[tuple[str, tuple[float | None, ...]], ...]
    drawn_w: tuple[tuple[str, tuple[float | None, ...]], ...]  # measured
    stored_pct: dict[str, float]

    @property
    def count(self) -> int:
        """How many slots it has."""
        return len(self.sun_w)


def view_of(
    plan: Plan,
    start: datetime,
    readings: Iterable[Mapping[str, Any]],
    grid: str,
    battery: str,
    stored: dict[str, float],
    told_w: Sequence[float] | None = None,
) -> View:
    """Return the day that begins at `start`: measured until the plan begins, planned from then on.

    `told_w`: the forecast of the whole day, where the service still knows its hours that are over.
    """
    step = timedelta(minutes=plan.slot_min)
    count = int(timedelta(days=1) / step)
    first = round((plan.slots[0].astimezone(UTC) - start.astimezone(UTC)) / step)
    means = _means(readings, start, plan.slot_min, count)
    drawn = {name: means.get((name, "power_w"), [None] * count) for name in plan.devices}
    spare: list[float | None] = []
    for t in range(count):
        through = means.get((grid, "grid_w"), [None] * count)[t]
        given = means.get((battery, "battery_w"), [None] * count)[t] or 0.0
        own = sum(row[t] or 0.0 for row in drawn.values())
        spare.append(None if through is None else own - through - given)

    def planned(values: Sequence[float]) -> tuple[float | None, ...]:
        shown = [None] * max(0, first) + list(values[max(0, -first) :])
        return tuple((shown + [None] * count)[:count])

    sun = tuple(told_w[:count]) if told_w is not None else planned(plan.inputs.told_w or plan.inputs.solar_w)
    return View(
        start,
        plan.slot_min,
        plan.made_at,
        sun,
        tuple(spare),
        tuple((name, planned([on * plan.powers_w.get(name, 0.0) for on in row])) for name, row in plan.devices.items()),
        tuple((name, tuple(row)) for name, row in drawn.items()),
        stored,
    )


def _means(
    readings: Iterable[Mapping[str, Any]], start: datetime, slot_min: int, count: int
) -> dict[tuple[str, str], list[float | None]]:
    values: dict[tuple[str, str], list[list[float]]] = {}
    for reading in readings:
        passed = datetime.fromisoformat(reading["at"]).astimezone(UTC) - start.astimezone(UTC)
        slot = int(passed // timedelta(minutes=slot_min))
        if 0 <= slot < count:
            for name in ("grid_w", "power_w", "battery_w"):
                watts = reading.get(name)
                if isinstance(watts, int | float):
                    row = values.setdefault((str(reading["device"]), name), [[] for _ in range(count)])
                    row[slot].append(float(watts))
    return {key: [sum(one) / len(one) if one else None for one in row] for key, row in values.items()}
