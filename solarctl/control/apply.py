"""Apply: each planned load on or off, by the plan and by the sun that is really there.

    planned on, daily need       on; but it waits, or pauses, where a later slot before the deadline is clearly cheaper
    planned later, daily need    on when now is clearly cheaper, by the sun that is there, in two readings
    planned on, surplus only     on when the sun really is there, in two readings
    not planned                  on when unexpected sun is there, in two readings: it is not wasted
    deadline near                on: what is missing takes all the time that is left
    full                         off; unplugged is not full
    switched by hand             left alone until it is full, given back, or the next day_start; `force` goes before all

Minimum times on and off hold for every switching; only the grid limit breaks into them. Without a fresh meter no load
is started for the sun: needs follow plan and deadline, surplus loads go off after a while. Without a plan that covers
now and was made with these settings: surplus and deadlines only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from solarctl.control.apply_loads import LoadRules
from solarctl.control.apply_memory import Memory, remember, seen
from solarctl.control.apply_words import House, Reason, Settings, Wish, kw, on_off
from solarctl.control.plan_settings import Settings as PlanSettings
from solarctl.control.plan_settings import settings_hash
from solarctl.control.plan_words import CHARGE, DISCHARGE, FREE, FULL, HOLD, Plan
from solarctl.decision import Action, Decision, SetMode, SetPermissions, SwitchTo
from solarctl.errors import Exit
from solarctl.value import replace

CHARGING, DISCHARGING = "charge_allowed", "discharge_allowed"
PERMISSIONS = {HOLD: (), CHARGE: (CHARGING,), DISCHARGE: (DISCHARGING,), FREE: (CHARGING, DISCHARGING)}

__all__ = ["House", "Memory", "Reason", "Settings", "decide", "remember", "usable"]


def usable(plan: Plan | None, settings: PlanSettings, now: datetime) -> str:
    """Return what is wrong with a plan, or nothing when it can be followed."""
    if plan is None:
        return "there is no plan"
    if plan.inputs.hash != settings_hash(settings):
        return "the plan was made with other settings"
    return "" if plan.slot_at(now) is not None else "the plan does not cover now"


def decide(
    house: House, plan: Plan | None, settings: PlanSettings, options: Settings, memory: Memory, now: datetime
) -> Decision[Memory]:
    """Return where each load's relay should be."""
    memory = seen(memory, house.switches, settings, now)
    missing = usable(plan, settings, now)
    rule = LoadRules(house, None if missing else plan, settings, options, memory, now)
    wishes = rule.wishes()
    memory = rule.memory
    actions: list[Action] = [SwitchTo(name, one.on) for name, one in wishes.items() if one.on is not None]
    told = _battery_wish(plan if not missing else None, settings, now)
    if told and told != memory.battery:
        actions.append(_battery_action(told, settings.grid))
        memory = replace(memory, battery=told)
    because = _because(rule, missing, wishes)
    details = {"devices": {name: one.why for name, one in wishes.items()}, "available_w": rule.available_w}
    blind = rule.available_w is None
    reasons = {one.reason for one in wishes.values()}
    order = (Reason.LIMIT, Reason.DEADLINE, Reason.SURPLUS, Reason.WAITING)
    reason = next((one for one in order if one in reasons), Reason.PLANNED)
    if blind or missing:
        reason = Reason.NO_READING if blind else Reason.NO_PLAN
    exit_code = Exit.TRY_AGAIN if blind else Exit.OK
    return Decision(reason, because, actions, memory, exit_code, details)


def _battery_wish(plan: Plan | None, settings: PlanSettings, now: datetime) -> str:
    """Return what a commanded battery is told now; without a plan it is free."""
    if not settings.command_battery:
        return ""
    if plan is None or plan.battery_mode is None:
        return FREE
    index = plan.slot_at(now)
    return FREE if index is None else plan.battery_mode[index]


def _battery_action(told: str, group: str) -> Action:
    if told == FULL:
        return SetMode(group, "to_full")
    return SetPermissions(group, PERMISSIONS.get(told, PERMISSIONS[FREE]))


def _because(rule: LoadRules, missing: str, wishes: Mapping[str, Wish]) -> str:
    if rule.available_w is None:
        sun = "The surplus is not known."
    else:
        sun = f"{kw(rule.available_w)} of surplus." if rule.available_w > 0 else "No surplus."
    parts = [sun] if not missing else [sun, f"{missing[0].upper()}{missing[1:]}: sun and deadlines decide."]
    for name, wish in wishes.items():
        state = "left alone" if wish.on is None else on_off(wish.on)
        idle = rule.memory.track(name)
        hint = (
            ", draws nothing (unplugged?)" if idle.low >= 2 and not idle.drew and name not in rule.memory.full else ""
        )
        parts.append(f"{name} {state} ({wish.why}{hint}).")
    silent = [load.device for load in rule.settings.devices if load.device not in wishes]
    if silent:
        parts.append(f"{', '.join(silent)}: silent.")
    return " ".join(parts)
