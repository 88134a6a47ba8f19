"""Is a plan possible? Looked at from scratch, with nothing that the planner worked out by itself.

A plan that breaks one of these is not published: whoever made it is wrong, not the house.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta

from solarctl.control.plan_settings import Load, Settings
from solarctl.control.plan_tasks import Work
from solarctl.control.plan_words import Plan

WATT = 0.5
WH = 0.002  # kWh


def faults(plan: Plan, settings: Settings, work: Work, soc_kwh: float | None) -> list[str]:
    """Return what is impossible in a plan, as sentences; nothing when all is well."""
    return [
        *_shape(plan, settings),
        *(fault for load in settings.devices for fault in _relay(plan, load, work, settings)),
        *_energy(plan, work),
        *_battery(plan, settings, soc_kwh),
        *_grid(plan, settings, work),
        *_spare(plan, work),
        *_battery_first(plan, settings, work, soc_kwh),
        *_sums(plan, settings),
    ]


def _shape(plan: Plan, settings: Settings) -> Iterator[str]:
    count = len(plan.slots)
    step = timedelta(minutes=settings.slot_min)
    for one, following in zip(plan.slots, plan.slots[1:]):
        if following.astimezone(UTC) - one.astimezone(UTC) != step:
            yield f"the slot after {one:%H:%M} does not begin where it ends"
    rows = [*plan.devices.values(), plan.inputs.solar_w, plan.inputs.base_w, plan.inputs.import_price]
    if any(len(row) != count for row in rows):
        yield "a row has not as many slots as the plan"
    if not 0 <= (plan.made_at.astimezone(UTC) - plan.slots[0].astimezone(UTC)) / step < 1:
        yield "the first slot does not contain the moment of the plan"
    if any(state not in (0, 1) for row in plan.devices.values() for state in row):
        yield "a load is neither on nor off"


def _relay(plan: Plan, load: Load, work: Work, settings: Settings) -> Iterator[str]:
    """Check the shortest runs and pauses, the present position included."""
    row = plan.devices[load.device]
    mine = work.rows[work.loads.index(load)]
    begin = 0
    for t in range(1, len(row) + 1):
        if t < len(row) and row[t] == row[begin]:
            continue
        minutes = (t - begin) * settings.slot_min
        carried_on = begin == 0 and bool(row[0]) == mine.was_on
        to_the_end = t == len(row)
        if row[begin] and minutes < load.min_on_min and not carried_on:
            yield f"{load.device} runs for {minutes} min only"
        if not row[begin] and minutes < load.min_off_min and not to_the_end and (begin or mine.was_on):
            yield f"{load.device} pauses for {minutes} min only"
        begin = t
    if not all(row[: mine.bound_on]) or any(row[: mine.bound_off]):
        yield f"{load.device} changes too early"


def _energy(plan: Plan, work: Work) -> Iterator[str]:
    """Check that what a need lacks is named, and that nobody gets more than it takes (but for its shortest run)."""
    short: dict[str, float] = dict(work.late)
    for task in work.tasks:
        load, row = work.loads[task.load], plan.devices[work.loads[task.load].device]
        got = sum(row[task.first : task.last])
        if got > max(task.count, work.rows[task.load].least_on, work.rows[task.load].bound_on):
            yield f"{load.device} gets {got - task.count} slots too many"
        if task.need:
            short[load.device] = short.get(load.device, 0.0) + max(0.0, task.wanted_kwh - got * task.kwh)
    for name, kwh in plan.expected.unmet_kwh.items():
        if abs(kwh - short.get(name, 0.0)) > WH:
            yield f"{name} lacks {short.get(name, 0.0):.2f} kWh, not {kwh:.2f}"
    for index, load in enumerate(work.loads):
        inside = {t for task in work.tasks if task.load == index for t in range(task.first, task.last)}
        inside |= set(range(work.rows[index].bound_on))
        if any(on and t not in inside for t, on in enumerate(plan.devices[load.device])):
            yield f"{load.device} runs outside the time it may"


def _battery(plan: Plan, settings: Settings, soc_kwh: float | None) -> Iterator[str]:
    if plan.battery_w is None:
        return
    charge = 0.0 if soc_kwh is None else soc_kwh
    hours, efficiency = settings.slot_min / 60, settings.battery_efficiency_pct / 100
    for t, (power, need) in enumerate(zip(plan.battery_w, _needs(plan))):
        if abs(power) > settings.battery_max_w + WATT:
            yield f"the battery does {power:.0f} W in slot {t}"
        kwh = power / 1000 * hours
        charge -= kwh if kwh > 0 else kwh * efficiency
        if not -WH <= charge <= settings.battery_capacity_kwh + WH:
            yield f"the battery holds {charge:.2f} kWh after slot {t}"
        if not settings.command_battery:
            if power * need < -WATT or abs(power) > abs(need) + WATT:
                yield f"the battery does not follow the meter in slot {t}"
            idle = abs(power) < min(abs(need), settings.battery_max_w) - WATT
            able = charge > WH if need > 0 else charge < settings.battery_capacity_kwh - WH
            if idle and able:
                yield f"the battery holds back in slot {t}"


def _needs(plan: Plan) -> list[float]:
    return [b - s + load for b, s, load in zip(plan.inputs.base_w, plan.inputs.solar_w, plan.loads_w)]


def _grid(plan: Plan, settings: Settings, work: Work) -> Iterator[str]:
    """Check the grid's limit wherever a load is on that need not be: a shortest run that has begun goes on."""
    if settings.grid_limit_w <= 0:
        return
    bound = {load.device: row.bound_on for load, row in zip(work.loads, work.rows)}
    for t, grid in enumerate(plan.grid_w()):
        free = any(row[t] and t >= bound[name] for name, row in plan.devices.items())
        if grid > settings.grid_limit_w + WATT and free:
            yield f"{grid:.0f} W would be bought in slot {t}, more than {settings.grid_limit_w:.0f} W"


def _spare(plan: Plan, work: Work) -> Iterator[str]:
    """Check that what lives on surplus runs only while the sun covers everything that is on."""
    spare = {work.loads[task.load].device for task in work.tasks if not task.need}
    spare -= {work.loads[task.load].device for task in work.tasks if task.need}
    needs = _needs(plan)
    for name in spare:
        for t, on in enumerate(plan.devices[name]):
            forced = t < work.rows[[load.device for load in work.loads].index(name)].bound_on
            if on and needs[t] > WATT and not forced:
                yield f"{name} would not run on surplus in slot {t}"


def _battery_first(plan: Plan, settings: Settings, work: Work, soc_kwh: float | None) -> Iterator[str]:
    """Check that what waits for the battery's part does: the charge is counted anew from what goes in and out."""
    if plan.battery_w is None:
        return
    hours, efficiency = settings.slot_min / 60, settings.battery_efficiency_pct / 100
    charge = 0.0 if soc_kwh is None else soc_kwh
    forced = {load.device: row.bound_on for load, row in zip(work.loads, work.rows)}
    for t, power in enumerate(plan.battery_w):
        for load in settings.devices:
            least = load.min_battery_pct / 100 * settings.battery_capacity_kwh
            waits = not load.daily_need and plan.devices[load.device][t] and t >= forced[load.device]
            if waits and charge < least - WH:
                yield f"{load.device} is on in slot {t} with {charge:.2f} of {least:.2f} kWh in the battery"
        kwh = power / 1000 * hours
        charge -= kwh if kwh > 0 else kwh * efficiency


def _sums(plan: Plan, settings: Settings) -> Iterator[str]:
    hours, inputs = settings.slot_min / 60, plan.inputs
    kwh = [watts / 1000 * hours for watts in plan.grid_w()]
    cost = sum(
        one * (buy if one > 0 else sell) for one, buy, sell in zip(kwh, inputs.import_price, inputs.export_price)
    )
    if plan.soc_kwh is not None:
        cost -= settings.stored_kwh_value * plan.soc_kwh[-1]
    if abs(cost - plan.expected.cost) > _coarse(kwh):
        yield f"the plan costs {cost:.3f}, not {plan.expected.cost:.3f}"
    if plan.bound.cost > plan.expected.cost + 1e-4:
        yield "the plan costs less than any plan can"


def _coarse(kwh: Sequence[float]) -> float:
    return 1e-3 + 1e-4 * sum(abs(one) for one in kwh)
