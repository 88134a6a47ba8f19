"""Easee balance: the car draws what the sun leaves over, in whole amps, never more than the fuses carry.

    budget = what the car draws + export + what the battery charges with, less what the policy keeps for the battery

    no charge, budget below min_a          -> 0 A                              surplus, battery-first
    enough, not yet for enable_delay_min   -> 0 A                              starting
    budget for min_a or more               -> budget in whole amps             surplus
    charging, budget below min_a           -> min_a, for disable_delay_min     holding
    still below                            -> 0 A                              stopping

Delays are plain minutes. For days of passing clouds three options, off by default, bring fewer starts: each stop of
the day makes the enable delay longer (restart_delay_min), or the disable delay (disable_stretch_pct), and a minute that
lacks half of what min_a needs counts as half a minute of the disable delay (gap_by_depth).

Every write carries a time to live: when we die, the charger falls back by itself.

Seed: EaseeLoadBalancer (newSp = carCharge + export + batteryCharge); its three modes are `strategy = "seed"`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from solarctl.control import battery_gives, charge_phases
from solarctl.control.charge_phases import Amps, PhaseMemory
from solarctl.control.charging import Policy
from solarctl.control.easee_house import House, Sun, house_of, kw, sun_of
from solarctl.control.easee_memory import Memory, calm, in_gap, noted, remember
from solarctl.control.easee_orders import on_phases, order_of
from solarctl.control.easee_settings import Settings
from solarctl.control.surplus import MINIMUM_CURRENT_A, whole_amps
from solarctl.decision import Decision, SetChargeLimit
from solarctl.errors import Exit
from solarctl.forced import Forced
from solarctl.readings import BatteryReading, ChargerReading, GridReading
from solarctl.value import replace

__all__ = ["Memory", "Reason", "Settings", "decide", "remember"]

LATE = timedelta(seconds=5)  # cron does not start on the second
NO_DATA_HINT = "Nothing is changed; the charger's limit ends by itself."


class Reason(StrEnum):
    SURPLUS = "surplus"
    BATTERY_FIRST = "battery-first"
    STARTING = "starting"
    HOLDING = "holding"
    STOPPING = "stopping"
    NO_CAR = "no-car"
    FORCED = "forced"
    NO_READING = "no-reading"


def decide(
    charger: ChargerReading | None,
    grid: GridReading | None,
    battery: BatteryReading | None,
    settings: Settings,
    memory: Memory,
    now: datetime,
    *,
    forced: Forced | None = None,
    price_at: Callable[[datetime], float] = lambda _moment: 0.0,
) -> Decision[Memory]:
    """Return the current the car is offered, and why; `price_at` is the tariff's import price."""
    decision = _decide(charger, grid, battery, settings, memory, now, forced, price_at)
    explained = {"policy": Policy.parse(settings.policy).explained()} if settings.battery else {}
    return replace(decision, details=explained)


def _decide(
    charger: ChargerReading | None,
    grid: GridReading | None,
    battery: BatteryReading | None,
    settings: Settings,
    memory: Memory,
    now: datetime,
    forced: Forced | None,
    price_at: Callable[[datetime], float],
) -> Decision[Memory]:
    if charger is None or not charger.online:
        return _blind("The charger gives no usable reading.", memory)
    memory = noted(charger, settings, memory, now)
    if not settings.phase_switching:
        memory = replace(memory, switching=PhaseMemory())
    if charger.connected is False:
        parted = replace(calm(memory), target_a=0, switching=PhaseMemory())
        return Decision(Reason.NO_CAR, "No car is connected.", (), parted)
    house = house_of(charger, grid, battery, settings, memory, now)
    if house is None:
        return _blind("Neither the car's power nor its limit is known.", memory)
    order = order_of(house, memory, forced, price_at)
    if order is not None:
        target_a, because = order
        memory = calm(memory)
        if target_a and memory.switching.use == 1:
            memory = replace(memory, switching=PhaseMemory(3, None, house.now))
            target_a, because = 0, f"{because} First back to three phases: charging pauses for a minute."
        return _told(Reason.FORCED, because, target_a, house, memory)
    if house.grid is None:
        return _blind("The grid meter gives no usable reading.", memory)
    if settings.battery and house.battery is None:
        return _blind("The battery gives no usable reading.", memory)
    mode = (forced.mode if forced else None) or settings.mode
    return _by_sun(house, house.grid, memory, price_at, always=mode == "min+surplus")


def _by_sun(
    house: House, grid: GridReading, memory: Memory, price_at: Callable[[datetime], float], *, always: bool
) -> Decision[Memory]:
    """Return the decision from what the sun leaves over; `always`: never less than min_a."""
    settings, now, battery = house.settings, house.now, house.battery
    sun, memory = sun_of(house, grid, memory)

    on = memory.target_a > 0 or runs_unasked(house, memory)
    if settings.phase_switching and house.charger.can_switch_phases and (memory.phases or 3) == 3:
        switching = _switching(house, sun, memory, on=on)
        changed = switching.switched_at != memory.switching.switched_at
        memory = replace(memory, switching=switching)
        if changed or charge_phases.is_settling(switching, now):
            because = f"{sun.told}: changing to {on_phases(switching.use or 3)}, charging pauses for a minute."
            return _told(Reason.STARTING, because, 0, house, memory)
        on = on or switching.resume
    phases = memory.switching.use or house.phases
    most_a, per_amp_w = house.most_a(), house.per_amp_w(phases)
    sun_a = sun.amps(per_amp_w, memory.target_a)
    if phases == 1 and memory.switching.resume and sun_a == MINIMUM_CURRENT_A:
        sun_a = charge_phases.WAKE_A
    least = f"{kw(settings.min_a * per_amp_w)} are needed"
    if most_a == 0:
        reason = Reason.STOPPING if on else Reason.SURPLUS
        memory = calm(memory)
        return _told(reason, "The house leaves the main fuse no room for the car.", 0, house, memory)

    told, enough = sun.told, " is enough"
    if settings.battery_gives is not None:
        least_w = settings.min_a * per_amp_w
        memory = _asked_battery(house, sun, least_w, memory, price_at)
        if memory.giving.on and sun_a < most_a:
            sun_a = max(settings.min_a, sun_a + 1)  # rounded up: what a full battery does not take is sold
            told, enough = f"{sun.told}, and the battery gives the rest of {kw(sun_a * per_amp_w)}", ""

    if sun_a >= settings.min_a:
        target_a = min(sun_a, most_a)
        runs = on or always
        # a battery that gives carries the car through clouds: the day's stops need not make the start later
        wait_min = settings.enable_delay_min if memory.giving.on else enable_delay_min(house, memory)
        delay = timedelta(minutes=0 if runs else wait_min)
        since = memory.enough_since or now
        memory = replace(calm(memory), enough_since=None if runs else since)
        if now - since >= delay - (LATE if delay else timedelta(0)):
            memory = replace(memory, enough_since=None, switching=replace(memory.switching, resume=False))
            return _told(Reason.SURPLUS, f"{told}: {target_a} A on {on_phases(phases)}.", target_a, house, memory)
        begins = f"charging starts at {house.clock(since + delay)} if it lasts"
        return _told(Reason.STARTING, f"{told}{enough}; {begins}.", 0, house, memory)

    memory = replace(memory, enough_since=None)
    if always:
        text = f"{sun.told}, {least}: the car keeps {settings.min_a} A all the same."
        return _told(Reason.HOLDING, text, settings.min_a, house, calm(memory))
    if on and sun.high_w + settings.grid_allowance_w >= settings.min_a * per_amp_w:
        text = f"{sun.told} and {settings.grid_allowance_w:.0f} W from the grid allowed: {settings.min_a} A."
        return _told(Reason.HOLDING, text, settings.min_a, house, calm(memory))
    if on and battery is not None and Policy.parse(settings.policy).battery_may_help(battery.soc_pct):
        text = f"{sun.told}, {least}: the battery at {battery.soc_pct:.0f} % carries the car at {settings.min_a} A."
        return _told(Reason.HOLDING, text, settings.min_a, house, calm(memory))
    if on:
        least_w = settings.min_a * per_amp_w
        counts = min(1.0, (least_w - sun.high_w) / least_w) if settings.gap_by_depth else 1.0
        memory = in_gap(memory, counts, now)
        left = timedelta(minutes=disable_delay_min(house, memory) - memory.gap_min)
        if left > LATE:
            text = f"{sun.told}, {least}: the car is kept at {settings.min_a} A through a gap of the sun."
            return _told(Reason.HOLDING, text, settings.min_a, house, memory)
        memory = replace(calm(memory), switching=replace(memory.switching, resume=False))
        return _told(Reason.STOPPING, f"{sun.told}, {least}: charging stops.", 0, house, memory)
    if sun.kept_w > 0 and sun.all_w > 0:
        return _told(Reason.BATTERY_FIRST, f"{sun.told}, {least}.", 0, house, memory)
    return _told(Reason.SURPLUS, f"{sun.told}, {least}.", 0, house, memory)


def _asked_battery(
    house: House, sun: Sun, least_w: float, memory: Memory, price_at: Callable[[datetime], float]
) -> Memory:
    """Return the memory with whether the battery gives what the sun lacks."""
    settings, local = house.settings, house.now.astimezone(house.zone)
    giving = battery_gives.judged(
        settings.battery_gives,
        memory.giving,
        house.battery,
        sun.all_w,
        least_w - sun.all_w,
        settings.battery_takes_w,
        price_at,
        local,
    )
    return replace(memory, giving=giving)


def _switching(house: House, sun: Sun, memory: Memory, *, on: bool) -> PhaseMemory:
    settings = house.settings
    if charge_phases.is_settling(memory.switching, house.now):
        return memory.switching
    amps = Amps(
        on_one=whole_amps(sun.low_w, house.per_amp_w(1)),
        on_three=whole_amps(sun.low_w, house.per_amp_w(3)),
        most_on_one=house.most_a(),
        min_a=settings.min_a,
    )
    return charge_phases.choose(
        memory.switching,
        amps,
        house.now,
        charging=on,
        up_s=max(0.0, settings.enable_delay_min * 60 - LATE.total_seconds()),
        down_s=max(0.0, settings.disable_delay_min * 60 - LATE.total_seconds()),
        hold_min=settings.phase_hold_min,
    )


def runs_unasked(house: House, memory: Memory) -> bool:
    """Return whether the car charges although we never told it to: a charge that is found is not interrupted."""
    offered_a = house.charger.limit_a or 0.0
    return memory.ends_at is None and house.charger.mode == "charging" and offered_a >= house.settings.min_a


def enable_delay_min(house: House, memory: Memory) -> float:
    """Return how long the surplus must last; longer after each stop of the day, if the owner wants that."""
    settings = house.settings
    return settings.enable_delay_min + settings.restart_delay_min * _stops(house, memory)


def disable_delay_min(house: House, memory: Memory) -> float:
    """Return how long the car is kept at min_a; longer after each stop of the day, if the owner wants that."""
    settings = house.settings
    return settings.disable_delay_min * (1 + settings.disable_stretch_pct / 100 * _stops(house, memory))


def _stops(house: House, memory: Memory) -> int:
    return memory.stops if memory.stops_on == house.now.astimezone(house.zone).date() else 0


def _told(reason: Reason, because: str, target_a: int, house: House, memory: Memory) -> Decision[Memory]:
    """Return the decision to offer `target_a`, renewed when its time to live is running down."""
    settings, now, ends_at = house.settings, house.now, memory.ends_at
    ttl = timedelta(minutes=settings.ttl_min)
    restarted_at = house.charger.restarted_at
    restarted = ends_at is not None and restarted_at is not None and restarted_at > ends_at - ttl
    renew = ends_at is None or restarted or ends_at - now < ttl * 0.75
    action = SetChargeLimit(settings.charger, target_a, settings.ttl_min, renew, memory.switching.use)
    memory = replace(
        memory,
        seen_limit_a=house.charger.limit_a,
        seen_draw_w=house.draw.low_w,
        seen_stop=reason is Reason.STOPPING,
    )
    return Decision(reason, because, (action,), memory)


def _blind(what: str, memory: Memory) -> Decision[Memory]:
    memory = replace(memory, enough_since=None)
    return Decision(Reason.NO_READING, f"{what} {NO_DATA_HINT}", (), memory, Exit.TRY_AGAIN)
