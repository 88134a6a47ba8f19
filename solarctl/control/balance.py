"""Balance: every surplus watt has a place.

    surplus     what the house without our loads leaves of the sun, less the margin and the battery's part
    first       forced loads, guarantees, the hot-tank cycle: whatever the sun does
    then        the others in order of priority; `fill` lets a switch take its block and a variator trim the rest
    silence     a meter that says nothing for `stale_after_s`: every load that is not forced goes to its safe level

One call is one tick. Readings are answered once each; between them time passes (delays, energies, deadlines).

Seed: "Python Solar Energy Balancer"; its law corrected the power it had commanded, ours what the house shows
without our loads. `benchmarks/diverter` has both in the same house.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from solarctl.control import balance_energy as energy
from solarctl.control import guarantee
from solarctl.control.balance_allocation import (
    Load,
    Manual,
    Room,
    Share,
    Why,
    fixed_share,
    full_power_w,
    learned,
    probe_share,
    share_out,
)
from solarctl.control.balance_battery import Battery, left_for_loads_w
from solarctl.control.balance_hot_tank import hot_cycle_due, temperature_verdict, with_temperature
from solarctl.control.balance_memory import LoadMemory, Memory
from solarctl.control.balance_meters import Meters, counted, phases_after, silent_meters, with_readings
from solarctl.control.balance_settings import LoadSettings, Settings
from solarctl.control.balance_surplus import (
    HouseMemory,
    Outlook,
    Sample,
    Timing,
    surplus_w,
    trend_w,
    with_load,
)
from solarctl.control.balance_thermostat import probing, watched
from solarctl.control.balance_words import because
from solarctl.decision import Action, Decision, SetPower, SwitchTo
from solarctl.value import replace

OUTLOOK = Outlook()
NEW_LOAD = LoadMemory()
RUN_REGARDLESS = (Why.FORCED, Why.GUARANTEE, Why.HOT_CYCLE)


class Reason(StrEnum):
    """What the tick as a whole says."""

    SURPLUS = "surplus"
    NO_SURPLUS = "no-surplus"
    FORCED = "forced"
    NO_READING = "no-reading"


def decide(
    meters: Meters,
    loads: Sequence[Load],
    settings: Settings,
    memory: Memory,
    now: datetime,
    *,
    price: guarantee.Price | None = None,
) -> Decision[Memory]:
    """Return what each load is to do now, and why."""
    t = now.timestamp()
    timing = Timing(settings.meter_window_s, settings.meter_delay_s, settings.load_delay_s)
    memory = energy.new_day(memory, now, settings.day_start)
    silent = silent_meters(meters, settings, memory, t)
    memory = with_readings(memory, meters, settings, timing)
    house = memory.house
    spare_w = 0.0
    if not silent:
        own_surplus_w = surplus_w(house, OUTLOOK, t) - settings.margin_w
        spare_w = left_for_loads_w(own_surplus_w, meters.battery, settings, t)
    trend = 0.0 if silent else trend_w(house, t, timing, OUTLOOK)
    room = Room(spare_w, _phase_surplus(memory, settings), _phase_fuses(memory, settings), trend)

    shares: dict[str, Share] = {}
    memories: dict[str, LoadMemory] = {}
    flexible: list[tuple[Load, LoadMemory]] = []
    for load in loads:
        past = memory.loads.get(load.name) or NEW_LOAD
        past = energy.booked(watched(past, load.measured, t), load.measured, t)
        if past.before_w is not None:
            found = learned(load, past, house.base_w, house.base_at, t)
            if found.learned_w != past.learned_w and house.base_w is not None:
                house = replace(house, base_w=house.base_w - found.learned_w)  # it is ours now, no longer the house's
            past = found
        past = with_temperature(past, load.settings, load.temperature_deg, t)
        past = _guaranteed(load, past, memory, price, now)
        share = _fixed(load, past, room, t) if load.reachable else _safe(load, past, Why.UNREACHABLE)
        if share is not None:
            shares[load.name] = share
            room.take(share.power_w * past.scale, load.settings.phase)
        elif silent:
            shares[load.name] = _safe(load, past, Why.NO_READING)
        elif past.full_since is not None:
            ask, past = probing(past, t)
            probe = probe_share(load, past, room, t) if ask else None
            if ask and probe is None:
                past = replace(past, probing_since=None)
            shares[load.name] = probe or Share(False, 0.0, Why.FULL)
            room.take(shares[load.name].power_w, load.settings.phase)
        else:
            if past.on and past.reason in RUN_REGARDLESS and not load.steps_w:
                # No surplus switched it on: it stays only if the surplus would switch it on now.
                past = replace(past, on=False, switched_at=0.0, wants_since=0.0)
            flexible.append((load, past))
        memories[load.name] = past
    chosen, changed = share_out(flexible, room, strict=settings.policy == "strict", slack_w=settings.margin_w, now=t)
    shares |= chosen
    memories |= changed
    for load in loads:
        memories[load.name] = _told(memories[load.name], shares[load.name], load, house, t)
    house = with_load(house, sum(energy.expected_w(one) for one in memories.values()), t, delay_s=timing.load_delay_s)
    memory = replace(memory, house=house, loads=memories, phases=phases_after(memory, loads, memories, t, timing))
    memory = counted(memory, meters, t)
    ordered = {load.name: shares[load.name] for load in loads}
    reason = _reason(ordered, silent)
    return Decision(
        reason,
        because(ordered, spare_w, silent, house.base_w, house.solar_w),
        [_action(load, shares[load.name]) for load in loads],
        memory,
        details={"surplus_w": None if silent else round(spare_w), "loads": _details(ordered, memories)},
    )


def _phase_surplus(memory: Memory, settings: Settings) -> dict[int, float]:
    if not settings.per_phase:
        return {}
    return {i + 1: -one.base_w - settings.margin_w for i, one in enumerate(memory.phases) if one.base_w is not None}


def _phase_fuses(memory: Memory, settings: Settings) -> dict[int, float]:
    if not settings.phase_limit_w:
        return {}
    return {i + 1: settings.phase_limit_w - one.base_w for i, one in enumerate(memory.phases) if one.base_w is not None}


def _guaranteed(
    load: Load, past: LoadMemory, memory: Memory, price: guarantee.Price | None, now: datetime
) -> LoadMemory:
    if load.settings.guarantee is None:
        return past
    return guarantee.topping(
        past,
        load.settings.guarantee,
        power_w=full_power_w(load, past) * past.scale,
        mode=memory.mode,
        cloud_pct=memory.cloud_pct,
        price=price,
        now=now,
    )


def _fixed(load: Load, past: LoadMemory, room: Room, now: float) -> Share | None:
    """Return the share of a load that does not depend on the sun, or None."""
    verdict = temperature_verdict(load)
    if verdict is not None:
        return Share(False, 0.0, verdict)
    if load.manual is not None:
        return fixed_share(load, past, Why.FORCED, load.manual.power_w, room)
    if past.topping:
        return fixed_share(load, past, Why.GUARANTEE, None, room)
    if hot_cycle_due(load, past, now):
        return fixed_share(load, past, Why.HOT_CYCLE, None, room)
    return None


def _safe(load: Load, past: LoadMemory, why: Why) -> Share:
    safe_w = load.settings.safe_w
    if load.steps_w:
        power_w = max(w for w in load.steps_w if w <= safe_w)
        return Share(power_w > 0, power_w, why)
    on = safe_w > 0
    return Share(on, full_power_w(load, past) if on else 0.0, why)


def _told(past: LoadMemory, share: Share, load: Load, house: HouseMemory, now: float) -> LoadMemory:
    """Return the memory after the load was told its share."""
    changed = share.on != past.on
    if not changed and share.power_w == past.set_w:
        return past if past.reason == share.why else replace(past, reason=str(share.why))
    starts = past.starts + (1 if changed and share.on else 0)
    unknown = changed and share.on and not load.steps_w and share.power_w == 0
    return replace(
        past,
        on=share.on,
        set_w=share.power_w,
        set_at=now,
        switched_at=now if changed else past.switched_at,
        wants_since=None if changed else past.wants_since,
        block_since=None if changed else past.block_since,
        starts=starts,
        idle_since=None if changed else past.idle_since,
        before_w=(house.base_w if unknown else None) if changed else past.before_w,
        reason=str(share.why),
    )


def _reason(shares: dict[str, Share], silent: Sequence[str]) -> Reason:
    if silent:
        return Reason.NO_READING
    running = {share.why for share in shares.values() if share.on}
    if running & {Why.SURPLUS, Why.MIN_ON, Why.WAITING, Why.MEASURING, Why.PROBE}:
        return Reason.SURPLUS
    return Reason.FORCED if running else Reason.NO_SURPLUS


def _action(load: Load, share: Share) -> Action:
    if load.steps_w:
        return SetPower(load.name, round(share.power_w, 1))
    return SwitchTo(load.name, share.on)


def _details(shares: dict[str, Share], memories: dict[str, LoadMemory]) -> list[dict[str, object]]:
    return [
        {
            "device": name,
            "power_w": round(memories[name].drawn_w if share.on else 0.0),
            "set_w": round(share.power_w),
            "on": share.on,
            "reason": str(share.why),
            "energy_wh": round(memories[name].day_wh),
            "estimated": energy.is_estimated(memories[name]),
        }
        for name, share in shares.items()
    ]


__all__ = [
    "Battery",
    "Load",
    "LoadSettings",
    "Manual",
    "Memory",
    "Meters",
    "Reason",
    "Sample",
    "Settings",
    "Why",
    "decide",
]
