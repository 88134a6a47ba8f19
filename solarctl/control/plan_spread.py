"""Loads that live on surplus: they get what would be exported; the needs are not touched and get no dearer."""

from __future__ import annotations

from collections.abc import Sequence

from solarctl.control.plan_battery import Steered
from solarctl.control.plan_house import NO_BATTERY, Following
from solarctl.control.plan_place import Board, Row, Task
from solarctl.value import replace

STRICT = 1e5  # money per kWh: what loads that live on surplus may not cause
SLACK = 0.1  # money per kWh: less than any purchase at that price


def spread(
    board: Board, spare: Sequence[Task], shares: Sequence[float] | None, before: Sequence[Sequence[int]] | None
) -> None:
    """Give what would be exported to the loads that live on it; the needs are not touched and get no dearer."""
    if not spare:
        return
    main = board.meter
    assert isinstance(main, Following | Steered)
    house = main.house
    strict = replace(
        house,
        buy=(STRICT,) * house.count,
        stored_value=STRICT if house.battery.capacity else 0.0,
        limit=float("inf"),
        net=tuple(main.net),
    )
    charge: Sequence[float] = main.soc
    if house.battery.commanded:
        strict = replace(strict, battery=NO_BATTERY, net=tuple(main.grid), stored_value=0.0)
    meter = Following(strict)
    wanted = [0.0] * house.count
    meter.needs_charge = wanted
    extra = [0.0] * house.count
    dearest = max(house.sell) + SLACK
    for task in spare:
        row = board.rows[task.load]
        least = (shares[task.load] if shares else 0.0) * house.battery.capacity
        side = Board(meter, board.rows, [task], board.start_cost, board.step)
        while side.got(task) < task.count:
            charges = meter.soc if strict.battery.capacity else charge
            free = [
                max(there, need + more) + task.kwh <= 1e-9 and soc >= least - 1e-9
                for there, need, more, soc in zip(meter.net, main.net, extra, charges)
            ]
            had = row.on[:]
            for allowed in _preferred(free, row, before[task.load] if before is not None else None):
                row.allowed = allowed
                if side.place_some(task, dearest + board.start_cost / task.kwh):
                    break
            else:
                break
            for t, (now, then) in enumerate(zip(row.on, had)):
                if now and not then:
                    wanted[t] = max(wanted[t], least)
                    extra[t] += task.kwh
        row.allowed = None
    changes = {t: kwh for t, kwh in enumerate(extra) if kwh}
    if changes:
        if isinstance(main, Steered):
            main.draw_exports(changes)
        else:
            main.add(changes)


def _preferred(free: list[bool], row: Row, before: Sequence[int] | None) -> list[list[bool]]:
    """Return where a load may go: where it was before, as long as there is room, then anywhere."""
    if before is None:
        return [free]
    kept = [may and bool(was) for may, was in zip(free, before)]
    return [kept, free] if any(may and not on for may, on in zip(kept, row.on)) else [free]
