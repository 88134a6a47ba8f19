"""Why a load runs when it does, in one sentence for its owner."""

from __future__ import annotations

from datetime import datetime, timedelta

from solarctl.control.plan_settings import Load, Settings
from solarctl.control.plan_tasks import Work
from solarctl.control.plan_words import Plan


def sentences(plan: Plan, settings: Settings, work: Work) -> dict[str, str]:
    """Return a sentence for each load."""
    return {load.device: _sentence(plan, settings, work, index) for index, load in enumerate(work.loads)}


def _sentence(plan: Plan, settings: Settings, work: Work, index: int) -> str:
    load = work.loads[index]
    row = plan.devices[load.device]
    hours = settings.slot_min / 60
    missed = work.late.get(load.device, 0.0)
    if not any(row):
        return _nothing(plan, settings, work, load, missed)
    kwh = sum(row) * load.power_w / 1000 * hours
    parts = [f"{_times(plan, row)}: {kwh:.1f} kWh, {_from(plan, row, load, hours)}"]
    unmet = plan.expected.unmet_kwh.get(load.device, 0.0)
    if unmet > 0:
        parts.append(f"{unmet:.2f} kWh {_why_not(plan, settings, work, load)}")
    elif load.daily_need and load.device in work.deadlines:
        parts.append(f"all it needs by {_clock(work.deadlines[load.device], plan.made_at)}")
    return "; ".join(parts) + "."


def _nothing(plan: Plan, settings: Settings, work: Work, load: Load, missed: float) -> str:
    if missed > 0:
        return f"Its deadline has passed with {missed:.1f} kWh missing; the next day of needs starts afresh."
    unmet = plan.expected.unmet_kwh.get(load.device, 0.0)
    if unmet > 0:
        return f"The {unmet:.1f} kWh that it needs {_why_not(plan, settings, work, load)}."
    if not any(work.loads[task.load] is load for task in work.tasks):
        return "It has all it takes."
    if load.daily_need:
        return "It has all it needs for now; the next day's need is planned when more of that day is in sight."
    return f"Nowhere would {load.power_w:.0f} W be exported for {load.min_on_min:.0f} min, so it stays off."


def _why_not(plan: Plan, settings: Settings, work: Work, load: Load) -> str:
    deadline = work.deadlines.get(load.device)
    if settings.grid_limit_w > 0:
        where = f" by {_clock(deadline, plan.made_at)}" if deadline else ""
        return f"do not fit{where} below {settings.grid_limit_w:.0f} W of import"
    if deadline is None or load.device in work.late:
        return "were missing when its deadline passed"
    return f"cannot be had by {_clock(deadline, plan.made_at)}: the time is too short"


def _from(plan: Plan, row: tuple[int, ...], load: Load, hours: float) -> str:
    """Say what feeds a load: its share of the sun after the house, of the battery, and of the grid."""
    grid, loads = plan.grid_w(), plan.loads_w
    battery = plan.battery_w or (0.0,) * len(row)
    bought = stored = paid = 0.0
    for t, on in enumerate(row):
        if on:
            share = load.power_w / loads[t]
            kwh = share * max(0.0, min(grid[t], loads[t])) / 1000 * hours
            bought += kwh
            paid += kwh * plan.inputs.import_price[t]
            stored += share * max(0.0, min(battery[t], loads[t] - max(0.0, grid[t]))) / 1000 * hours
    kwh = sum(row) * load.power_w / 1000 * hours
    sun = max(0.0, kwh - bought - stored)
    named = [("the sun", sun), ("the battery", stored), ("the grid", bought)]
    told = [f"{part:.1f} kWh from {name}" for name, part in named if part >= 0.05]
    if len(told) == 1:
        told = [f"all from {next(name for name, part in named if part >= 0.05)}"]
    if bought >= 0.05:
        told[-1] += f" at {paid / bought:.2f} per kWh"
    return ", ".join(told)


def _times(plan: Plan, row: tuple[int, ...]) -> str:
    spans = []
    start: int | None = None
    for t, on in enumerate((*row, 0)):
        if on and start is None:
            start = t
        elif not on and start is not None:
            end = plan.slots[t - 1] + timedelta(minutes=plan.slot_min)
            spans.append(f"{plan.slots[start]:%H:%M}–{end:%H:%M}")
            start = None
    if len(spans) > 3:
        return f"In {len(spans)} blocks from {spans[0][:5]} to {spans[-1][-5:]}"
    return ", ".join(spans)


def _clock(moment: datetime, now: datetime) -> str:
    days = (moment.date() - now.date()).days
    return f"{moment:%H:%M}" + {0: "", 1: " tomorrow"}.get(days, f" on {moment:%A}")
