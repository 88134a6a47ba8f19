"""Plan: which load runs when, from the sun that is foreseen, the prices, and what the house itself draws.

    needs               get their energy by their deadline, where it costs least
    surplus only        gets what would be exported otherwise; it never makes a need dearer
    the battery         follows the meter, and every slot is scored with that; or is commanded (`command_battery`)

There is always a plan. What cannot be had is left out, and named with its amount. A plan says how far from the
cheapest conceivable one it can be at most, is checked from scratch before it is published, and stays as it was
unless another is worth the change.

Seed: homewizard_project (its rule is plan_seed.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from enum import StrEnum

from solarctl.control.plan_base import Profile
from solarctl.control.plan_feasible import faults
from solarctl.control.plan_house import NO_BATTERY, NONE, House, Storage
from solarctl.control.plan_settings import Load, Settings, settings_hash
from solarctl.control.plan_solve import KEEP_KWH, Job, Solution, copied, finished_rows, solve
from solarctl.control.plan_tasks import Work, slots_from, work
from solarctl.control.plan_why import sentences
from solarctl.control.plan_words import (
    CHARGE,
    DISCHARGE,
    FREE,
    FULL,
    HOLD,
    Booked,
    Bound,
    Expected,
    Inputs,
    Plan,
    mean,
)
from solarctl.decision import Decision
from solarctl.errors import Exit
from solarctl.value import replace, value

__all__ = ["Foreseen", "Load", "Memory", "Reason", "Settings", "decide", "settings_hash"]

Polish = Callable[[Job, Solution], Solution | None]


class Reason(StrEnum):
    PLANNED = "planned"
    RELAXED = "relaxed"  # a need cannot be met in full
    NO_READING = "no-reading"  # without a forecast: the plan is shown, not kept


@value
class Memory:
    """What the house itself draws, as far as it is learned."""

    learned_until: date | None = None
    base_w: dict[str, Profile] = field(default_factory=dict)


@value
class Foreseen:
    """What a plan is made from, slot by slot. `solar_w` None: there is no forecast; `soc_kwh` None: charge unknown."""

    solar_w: tuple[float, ...] | None
    base_w: tuple[float, ...]
    import_price: tuple[float, ...]
    export_price: tuple[float, ...]
    soc_kwh: float | None = None
    booked: Booked = Booked()
    before: Plan | None = None  # the plan in force
    told_w: tuple[float, ...] = ()  # the sun and the base load before what was seen today changed them
    usual_w: tuple[float, ...] = ()
    currency: str = ""  # in which prices are


def decide(
    seen: Foreseen, settings: Settings, memory: Memory | None, now: datetime, polish: Polish | None = None
) -> tuple[Decision[Memory], Plan]:
    """Return the plan, and the decision that says what it comes to."""
    starts = slots_from(now, settings)
    before = _usable(seen.before, settings, now)
    solar = seen.solar_w if seen.solar_w is not None else _sun_of(before, starts)
    soc = seen.soc_kwh if seen.soc_kwh is not None else _charge_of(before, now)
    to_do = work(settings, starts, now, seen.booked)
    prices = seen.import_price, seen.export_price
    inputs = Inputs(settings_hash(settings), solar, seen.base_w, *prices, seen.told_w, seen.usual_w)
    house = house_of(settings, inputs, soc)
    plan = _best(house, to_do, inputs, settings, starts, now, before, soc, polish)
    reason = Reason.RELAXED if any(kwh > 0 for kwh in plan.expected.unmet_kwh.values()) else Reason.PLANNED
    because = _because(plan, settings, seen.currency)
    if settings.battery and soc is None:
        because += " The battery's charge is not known; the plan does without it."
    if seen.solar_w is None:
        known = "the last plan's sun" if before else "no sun"
        because = f"There is no forecast; this is a plan with {known}, and the one in force is kept. {because}"
        return Decision(Reason.NO_READING, because, memory=memory, exit_code=Exit.TRY_AGAIN), plan
    return Decision(reason, because, memory=memory), plan


def _best(
    house: House,
    to_do: Work,
    inputs: Inputs,
    settings: Settings,
    starts: tuple[datetime, ...],
    now: datetime,
    before: Plan | None,
    soc: float | None,
    polish: Polish | None,
) -> Plan:
    """Return the cheapest plan that passes the check; when none does, the one that switches nothing."""

    def as_plan(solution: Solution) -> Plan:
        return _plan(solution, house, to_do, inputs, settings, starts, now)

    if settings.strategy == "seed":
        from solarctl.control.plan_seed import rows_for

        rows = rows_for(house, to_do, settings)
        return as_plan(finished_rows(house, rows, to_do.tasks))
    price = max(0.0, mean(house.buy))
    job = Job(
        house,
        to_do.rows,
        to_do.tasks,
        start_cost=settings.start_cost_kwh * price,
        slot_min=settings.slot_min,
        keep_cost=KEEP_KWH * price,
        before=_rows_of(before, to_do, starts),
        shares=[load.min_battery_pct / 100 for load in to_do.loads],
    )
    solution = solve(job)
    better = polish(job, solution) if polish is not None else None
    plans = [as_plan(one) for one in (better, solution) if one is not None]
    for plan in plans:
        wrong = faults(plan, settings, to_do, soc)
        if not wrong:
            return plan
    nothing = as_plan(finished_rows(house, copied(to_do.rows), to_do.tasks))
    return replace(nothing, why=dict.fromkeys(nothing.devices, f"No plan passed the check: {wrong[0]}."))


def house_of(settings: Settings, inputs: Inputs, soc: float | None) -> House:
    hours = settings.slot_min / 60
    battery = NO_BATTERY
    if settings.battery and soc is not None:
        battery = Storage(
            settings.battery_capacity_kwh,
            settings.battery_max_w / 1000 * hours,
            min(max(soc, 0.0), settings.battery_capacity_kwh),
            settings.battery_efficiency_pct / 100,
            settings.command_battery,
        )
    return House(
        tuple((base - sun) / 1000 * hours for base, sun in zip(inputs.base_w, inputs.solar_w)),
        inputs.import_price,
        inputs.export_price,
        battery,
        settings.grid_limit_w / 1000 * hours if settings.grid_limit_w > 0 else NONE,
        settings.stored_kwh_value if battery.capacity else 0.0,
    )


def _plan(
    solution: Solution,
    house: House,
    to_do: Work,
    inputs: Inputs,
    settings: Settings,
    starts: tuple[datetime, ...],
    now: datetime,
) -> Plan:
    watts = 1000 / (settings.slot_min / 60)
    has_battery = house.battery.capacity > 0
    unmet = {load.device: to_do.late.get(load.device, 0.0) for load in settings.devices}
    for task, got in zip(to_do.tasks, solution.got):
        missing = task.wanted_kwh - got * task.kwh
        if task.need and missing > 1e-6:
            unmet[to_do.loads[task.load].device] += missing
    rows = {load.device: tuple(row.on) for load, row in zip(to_do.loads, solution.rows)}
    plan = Plan(
        made_at=now,
        slots=starts,
        slot_min=settings.slot_min,
        inputs=inputs,
        devices={load.device: rows[load.device] for load in settings.devices},
        battery_w=tuple(kwh * watts for kwh in solution.battery) if has_battery else None,
        expected=Expected(
            sum(kwh for kwh in solution.grid if kwh > 0),
            -sum(kwh for kwh in solution.grid if kwh < 0),
            solution.cost,
            unmet,
        ),
        bound=Bound(solution.bound, max(0.0, solution.cost - solution.bound)),
        why={},
        battery_mode=_modes(solution, house) if has_battery and house.battery.commanded else None,
        soc_kwh=tuple(solution.soc) if has_battery else None,
        powers_w={load.device: load.power_w for load in settings.devices},
    )
    return replace(plan, why=sentences(plan, settings, to_do))


def _modes(solution: Solution, house: House) -> tuple[str, ...]:
    """Return what a battery that takes no watts is told, slot by slot."""
    found = []
    for power, grid in zip(solution.battery, solution.grid):
        need = power + grid
        if power < -1e-6:
            found.append(FULL if grid > 1e-6 and -power > max(0.0, -need) + 1e-6 else CHARGE)
        elif power > 1e-6:
            found.append(DISCHARGE)
        else:
            found.append(HOLD if abs(need) > 1e-6 else FREE)
    return tuple(found)


def _usable(before: Plan | None, settings: Settings, now: datetime) -> Plan | None:
    if before is None or before.inputs.hash != settings_hash(settings) or before.slot_at(now) is None:
        return None
    return before


def _sun_of(before: Plan | None, starts: Sequence[datetime]) -> tuple[float, ...]:
    if before is None:
        return (0.0,) * len(starts)
    found = [before.slot_at(start) for start in starts]
    return tuple(0.0 if index is None else before.inputs.solar_w[index] for index in found)


def _charge_of(before: Plan | None, now: datetime) -> float | None:
    index = before.slot_at(now) if before is not None else None
    return None if before is None or index is None or before.soc_kwh is None else before.soc_kwh[index]


def _rows_of(before: Plan | None, to_do: Work, starts: Sequence[datetime]) -> list[list[int]] | None:
    if before is None:
        return None
    found = [before.slot_at(start) for start in starts]
    rows: Mapping[str, Sequence[int]] = before.devices
    return [
        [0 if index is None or load.device not in rows else int(rows[load.device][index]) for index in found]
        for load in to_do.loads
    ]


def _because(plan: Plan, settings: Settings, currency: str) -> str:
    """Say what the plan comes to."""
    unit = f" {currency}" if currency else ""
    hours = settings.slot_min / 60
    loads = sum(plan.loads_w) / 1000 * hours
    spend = "costs" if plan.expected.cost >= 0 else "earns"
    text = (
        f"{loads:.1f} kWh planned for {sum(1 for row in plan.devices.values() if any(row))} of "
        f"{len(plan.devices)} loads; the house buys {plan.expected.import_kwh:.1f} kWh, sells "
        f"{plan.expected.export_kwh:.1f} kWh and {spend} {abs(plan.expected.cost):.2f}{unit} until "
        f"{plan.slots[-1]:%H:%M}, at most {plan.bound.gap:.2f}{unit} more than the cheapest conceivable plan."
    )
    short = {name: kwh for name, kwh in plan.expected.unmet_kwh.items() if kwh > 0}
    if short:
        text += " Not to be had: " + ", ".join(f"{kwh:.2f} kWh for {name}" for name, kwh in short.items()) + "."
    return text
