"""Easee balance: the car draws what the sun leaves over, in whole amps, never more than the fuses carry.

    budget = what the car draws + export + what the battery charges with, less what the policy keeps for the battery

    no charge, budget below min_a          -> 0 A                              surplus, battery-first
    enough, not yet for enable_delay_min   -> 0 A                              starting
    budget for min_a or more               -> budget in whole amps             surplus
    charging, budget below min_a           -> min_a, for disable_delay_min     holding
    still below                            -> 0 A                              stopping

A minute that lacks half of what min_a needs counts as half a minute of the disable delay. On a day of passing clouds
each stop makes both delays longer: few starts, and the sun between the clouds is not missed.

Every write carries a time to live: when we die, the charger falls back by itself.

Seed: EaseeLoadBalancer (newSp = carCharge + export + batteryCharge); its three modes are `strategy = "seed"`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from solarctl.capabilities import BatteryMeter, Charger, GridMeter
from solarctl.control import charge_phases
from solarctl.control.car_draw import Draw, estimate
from solarctl.control.charge_phases import Amps, PhaseMemory
from solarctl.control.charging import (
    Policy,
    battery_appetite_w,
    left_to_battery_w,
    most_amps,
)
from solarctl.control.departure import Delivered, Departure, departure_at, need
from solarctl.control.seed_modes import seed_mode, seed_setpoint_w
from solarctl.control.surplus import MINIMUM_CURRENT_A, charge_budget_w, watts_per_amp, whole_amps
from solarctl.decision import Carried, Decision, Outcome, SetChargeLimit
from solarctl.errors import Exit
from solarctl.forced import MODES, Forced
from solarctl.readings import BatteryReading, ChargerReading, GridReading
from solarctl.settings import device, setting

LATE = timedelta(seconds=5)  # cron does not start on the second
PATIENCE = 0.5  # each stop of the day makes the disable delay so much longer; chosen by benchmarks/charging
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


@dataclass(frozen=True)
class Settings:
    charger: str = device(Charger, steers=True, help="the car's charging point")
    grid: str = device(GridMeter, help="the meter at the house's connection")
    battery: str = device(BatteryMeter, default="", help="the home battery, if there is one")
    mode: str = setting("surplus", choices=MODES, help="what the car may draw: nothing, sun, at least min_a, all")
    policy: str = setting("battery-first until 80", help="battery-first until N, car-first from N, or share")
    strategy: str = setting("budget", choices=("budget", "seed"), help="the rule, or the seed's set-point tables")
    seed_mode: str = setting("auto", choices=("auto", "0", "1", "2"), help="with strategy seed: a fixed mode")
    min_a: int = setting(6, ge=6, le=32, help="least current per phase; below it the car pauses")
    max_a: int = setting(16, ge=6, le=63, help="most current per phase")
    fuse_a: float = setting(25.0, ge=6, le=250, help="main fuse, per phase")
    ttl_min: float = setting(3, ge=1, le=60, help="after so long without us the charger falls back by itself")
    enable_delay_min: float = setting(1, ge=0, le=60, help="the surplus must last so long before the car starts")
    disable_delay_min: float = setting(3, ge=0, le=60, help="the car is kept at min_a so long before it stops")
    restart_delay_min: float = setting(2, ge=0, le=120, help="added to enable_delay_min for each stop of the day")
    grid_allowance_w: float = setting(0, ge=0, help="tolerated import while the car charges with min_a")
    battery_takes_w: float = setting(5000, ge=0, help="what the battery can take, until it has been seen")
    phase_switching: bool = setting(False, help="use one phase where the sun is too weak for three")
    phase_hold_min: float = setting(15, ge=5, le=240, help="between two changes of phases")
    car_phases: int = setting(0, ge=0, le=3, help="phases the car uses; 0: as the charger tells, three until it does")
    departure: Departure | None = setting(None, help='energy by a time: { kwh = 20, by = "07:00" }')
    max_age_min: float = setting(5, gt=0, le=60, help="older readings of meter and battery are not used")

    def problems(self) -> list[tuple[str, str]]:
        found = []
        try:
            Policy.parse(self.policy)
        except ValueError as error:
            found.append(("policy", str(error)))
        if self.min_a > self.max_a:
            found.append(("min_a", f"is more than max_a ({self.max_a} A)"))
        if self.max_a > self.fuse_a:
            found.append(("max_a", f"is more than the main fuse ({self.fuse_a:g} A)"))
        return found


@dataclass(frozen=True)
class Memory:
    """`target_a` is what the charger was last told; `seen_…` are notes for `remember` alone."""

    target_a: int = 0
    changed_at: datetime | None = None
    drew_w: float | None = None  # before that change
    ends_at: datetime | None = None  # of the last write's time to live
    enough_since: datetime | None = None
    gap_min: float = 0.0  # minutes without sun so far in this gap, weighed by how much of min_a is missing
    gap_at: datetime | None = None  # up to when they are counted
    stops: int = 0
    stops_on: date | None = None
    phases: int | None = None  # the car's, as its last charge has shown
    switching: PhaseMemory = field(default_factory=PhaseMemory)
    battery_takes_w: float | None = None
    seed_mode: int = 1
    delivered: Delivered = field(default_factory=Delivered)
    seen_limit_a: float | None = None
    seen_draw_w: float | None = None


@dataclass(frozen=True)
class _House:
    """What this run knows, with everything that is too old left out.

    `now` is in UTC, as all of the memory: differences of local times are wrong in the night the clocks change.
    """

    charger: ChargerReading
    grid: GridReading | None
    battery: BatteryReading | None
    settings: Settings
    now: datetime
    zone: tzinfo | None
    phases: int  # on which the car draws
    draw: Draw

    def per_amp_w(self, phases: int | None = None) -> float:
        return watts_per_amp(phases or self.phases, self.charger.voltage_v, it_grid=self.charger.it_grid)

    def most_a(self) -> int:
        """Return the most whole amps per phase that charger, cable, circuit and fuse allow; 0 below min_a."""
        amps = most_amps(
            self.charger,
            self.grid,
            max_a=self.settings.max_a,
            fuse_a=self.settings.fuse_a,
            draw_w=self.draw.low_w,
            per_amp_w=self.per_amp_w(),
        )
        return amps if amps >= self.settings.min_a else 0

    def clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%H:%M:%S}"


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
    memory = _noted(charger, settings, memory, now)
    if charger.connected is False:
        parted = replace(_calm(memory), target_a=0, switching=PhaseMemory())
        return Decision(Reason.NO_CAR, "No car is connected.", (), parted)
    house = _house(charger, grid, battery, settings, memory, now)
    if house is None:
        return _blind("Neither the car's power nor its limit is known.", memory)
    order = _order(house, memory, forced, price_at)
    if order is not None:
        target_a, because = order
        memory = _calm(memory)
        return _told(Reason.FORCED, because, target_a, house, memory)
    if house.grid is None:
        return _blind("The grid meter gives no usable reading.", memory)
    if settings.battery and house.battery is None:
        return _blind("The battery gives no usable reading.", memory)
    mode = (forced.mode if forced else None) or settings.mode
    return _by_sun(house, house.grid, memory, always=mode == "min+surplus")


def remember(memory: Memory, carried: Sequence[Carried]) -> Memory:
    """Return the memory after what really happened to the limit."""
    for one in carried:
        if not isinstance(one.action, SetChargeLimit) or not one.holds:
            continue
        action = one.action
        stopped = memory.target_a > 0 and action.to == 0
        if stopped:
            same_day = memory.stops_on == one.at.date()
            memory = replace(memory, stops=memory.stops + 1 if same_day else 1, stops_on=one.at.date())
        memory = replace(memory, target_a=action.to)
        if one.outcome in (Outcome.DONE, Outcome.PENDING):
            at = one.at.astimezone(UTC)
            memory = replace(memory, ends_at=at + timedelta(minutes=action.ttl_min))
            if action.to != memory.seen_limit_a:
                memory = replace(memory, changed_at=at, drew_w=memory.seen_draw_w)
    return memory


def _noted(charger: ChargerReading, settings: Settings, memory: Memory, now: datetime) -> Memory:
    """Return the memory with what the charger tells about this session."""
    phases = memory.phases
    if charger.phases and charger.mode == "charging" and memory.switching.use != 1:
        phases = charger.phases
    delivered = memory.delivered
    if settings.departure is not None:
        due = departure_at(settings.departure.by, now)
        delivered = delivered.counted(charger.energy_kwh, connected=charger.connected is not False, due=due)
    return replace(memory, phases=phases, delivered=delivered)


def _house(
    charger: ChargerReading,
    grid: GridReading | None,
    battery: BatteryReading | None,
    settings: Settings,
    memory: Memory,
    now: datetime,
) -> _House | None:
    if grid is not None and not grid.is_fresh(now, settings.max_age_min):
        grid = None
    if battery is not None and (battery.battery_w is None or not battery.is_fresh(now, settings.max_age_min)):
        battery = None
    utc = now.astimezone(UTC)
    phases = charger.phases or memory.phases or settings.car_phases or 3
    if memory.switching.use == 1:
        phases = 1
    draw = estimate(
        charger,
        watts_per_amp(phases, charger.voltage_v, it_grid=charger.it_grid),
        changed_at=memory.changed_at,
        drew_before_w=memory.drew_w,
        metered_at=grid.at if grid else None,
    )
    return None if draw is None else _House(charger, grid, battery, settings, utc, now.tzinfo, phases, draw)


def _order(
    house: _House, memory: Memory, forced: Forced | None, price_at: Callable[[datetime], float]
) -> tuple[int, str] | None:
    """Return the current that a person, the mode or a departure asks for, whatever the sun does."""
    settings, now = house.settings, house.now
    who = f"Forced until {forced.until.astimezone(house.zone):%H:%M}" if forced else f"Mode is {settings.mode}"
    mode = (forced.mode or "now") if forced else settings.mode
    most_a = house.most_a()
    if forced is not None and forced.power_w is not None:
        wanted_a = min(most_a, whole_amps(forced.power_w, house.per_amp_w()))
        target_a = wanted_a if wanted_a >= settings.min_a else 0
        short = "" if target_a else f", less than the {settings.min_a} A a car needs"
        return target_a, f"{who} to {forced.power_w:.0f} W: {target_a} A on {_on(house.phases)}{short}."
    if mode == "off":
        return 0, f"{who}{' to off' if forced else ''}: the car gets nothing."
    if mode == "now":
        return most_a, f"{who}{' to now' if forced else ''}: {_all_of(house, most_a)}"
    if settings.departure is not None:
        at_most_a = most_a or settings.min_a
        power_w = at_most_a * house.per_amp_w()
        missing = need(settings.departure, memory.delivered, power_w, price_at, now.astimezone(house.zone))
        if missing is not None and missing.is_now(now):
            text = f"{missing.kwh:.1f} kWh are due by {missing.due:%H:%M}, cheapest {missing.told()}"
            return most_a, f"{text}: {_all_of(house, most_a)}"
    return None


def _by_sun(house: _House, grid: GridReading, memory: Memory, *, always: bool) -> Decision[Memory]:
    """Return the decision from what the sun leaves over; `always`: never less than min_a."""
    settings, now, battery = house.settings, house.now, house.battery
    sun, memory = _sun(house, grid, memory)

    on = memory.target_a > 0 or _runs_unasked(house, memory)
    if settings.phase_switching and house.charger.can_switch_phases and (memory.phases or 3) == 3:
        switching = _switching(house, sun, memory, on=on)
        changed = switching.switched_at != memory.switching.switched_at
        memory = replace(memory, switching=switching)
        if changed or charge_phases.is_settling(switching, now):
            because = f"{sun.told}: changing to {_on(switching.use or 3)}, charging pauses for a minute."
            return _told(Reason.STARTING, because, 0, house, memory)
        on = on or switching.resume
    phases = memory.switching.use or house.phases
    most_a, per_amp_w = house.most_a(), house.per_amp_w(phases)
    sun_a = sun.amps(per_amp_w, memory.target_a)
    if phases == 1 and memory.switching.resume and sun_a == MINIMUM_CURRENT_A:
        sun_a = charge_phases.WAKE_A
    least = f"{_kw(settings.min_a * per_amp_w)} are needed"
    if most_a == 0:
        reason = Reason.STOPPING if on else Reason.SURPLUS
        memory = _calm(memory)
        return _told(reason, "The house leaves the main fuse no room for the car.", 0, house, memory)

    if sun_a >= settings.min_a:
        target_a = min(sun_a, most_a)
        runs = on or always
        delay = timedelta(minutes=0 if runs else _enable_delay_min(house, memory))
        since = memory.enough_since or now
        memory = replace(_calm(memory), enough_since=None if runs else since)
        if now - since >= delay - (LATE if delay else timedelta(0)):
            memory = replace(memory, enough_since=None, switching=replace(memory.switching, resume=False))
            return _told(Reason.SURPLUS, f"{sun.told}: {target_a} A on {_on(phases)}.", target_a, house, memory)
        begins = f"charging starts at {house.clock(since + delay)} if it lasts"
        return _told(Reason.STARTING, f"{sun.told} is enough; {begins}.", 0, house, memory)

    memory = replace(memory, enough_since=None)
    if always:
        text = f"{sun.told}, {least}: the car keeps {settings.min_a} A all the same."
        return _told(Reason.HOLDING, text, settings.min_a, house, _calm(memory))
    if on and sun.high_w + settings.grid_allowance_w >= settings.min_a * per_amp_w:
        text = f"{sun.told} and {settings.grid_allowance_w:.0f} W from the grid allowed: {settings.min_a} A."
        return _told(Reason.HOLDING, text, settings.min_a, house, _calm(memory))
    if on and battery is not None and Policy.parse(settings.policy).battery_may_help(battery.soc_pct):
        text = f"{sun.told}, {least}: the battery at {battery.soc_pct:.0f} % carries the car at {settings.min_a} A."
        return _told(Reason.HOLDING, text, settings.min_a, house, _calm(memory))
    if on:
        least_w = settings.min_a * per_amp_w
        memory = _in_gap(memory, min(1.0, (least_w - sun.high_w) / least_w), now)
        left = timedelta(minutes=_disable_delay_min(house, memory) - memory.gap_min)
        if left > LATE:
            text = f"{sun.told}, {least}: the car is kept at {settings.min_a} A through a gap of the sun."
            return _told(Reason.HOLDING, text, settings.min_a, house, memory)
        memory = replace(_calm(memory), switching=replace(memory.switching, resume=False))
        return _told(Reason.STOPPING, f"{sun.told}, {least}: charging stops.", 0, house, memory)
    if sun.kept_w > 0 and sun.all_w > 0:
        return _told(Reason.BATTERY_FIRST, f"{sun.told}, {least}.", 0, house, memory)
    return _told(Reason.SURPLUS, f"{sun.told}, {least}.", 0, house, memory)


@dataclass(frozen=True)
class _Sun:
    """What is left for the car, in W, between two bounds; `all_w` with the battery's part, `kept_w`."""

    low_w: float
    high_w: float
    all_w: float
    kept_w: float
    told: str

    def amps(self, per_amp_w: float, present_a: int) -> int:
        """Return whole amps; while car and meter are still following a change, the present limit if both allow it."""
        low_a, high_a = whole_amps(self.low_w, per_amp_w), whole_amps(self.high_w, per_amp_w)
        return sorted((low_a, present_a, high_a))[1]


def _sun(house: _House, grid: GridReading, memory: Memory) -> tuple[_Sun, Memory]:
    """Return what is left for the car, and the memory with what the battery has shown."""
    settings, battery = house.settings, house.battery
    battery_w = battery.battery_w or 0.0 if battery else 0.0
    all_low_w, all_high_w = (
        charge_budget_w(grid.grid_w, battery_w, draw_w) for draw_w in (house.draw.low_w, house.draw.high_w)
    )
    soc_pct = battery.soc_pct if battery else None
    charge = f", battery at {soc_pct:.0f} %" if soc_pct is not None else ""
    if settings.strategy == "seed":
        number = seed_mode(soc_pct, memory.seed_mode) if settings.seed_mode == "auto" else int(settings.seed_mode)
        low_w, high_w = seed_setpoint_w(number, all_low_w), seed_setpoint_w(number, all_high_w)
        kept_w = max(0.0, all_low_w - low_w) if number else 0.0
        told = f"Surplus {_kw(all_low_w)}{charge}, the seed's mode {number} gives {_kw(low_w)}"
        return _Sun(low_w, high_w, all_low_w, kept_w, told), replace(memory, seed_mode=number)
    kept_w = 0.0
    if battery is not None:
        takes_w = memory.battery_takes_w
        if house.draw.low_w == house.draw.high_w:
            takes_w = battery_appetite_w(battery, grid.grid_w, takes_w)
        memory = replace(memory, battery_takes_w=takes_w)
        appetite_w = settings.battery_takes_w if takes_w is None else takes_w
        kept_w = left_to_battery_w(Policy.parse(settings.policy), battery, appetite_w)
    first = f", of which the battery may take {_kw(kept_w)} first" if kept_w else ""
    told = f"Surplus {_kw(all_low_w)}{charge}{first}"
    return _Sun(all_low_w - kept_w, all_high_w - kept_w, all_low_w, kept_w, told), memory


def _switching(house: _House, sun: _Sun, memory: Memory, *, on: bool) -> PhaseMemory:
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


def _runs_unasked(house: _House, memory: Memory) -> bool:
    """Return whether the car charges although we never told it to: a charge that is found is not interrupted."""
    offered_a = house.charger.limit_a or 0.0
    return memory.ends_at is None and house.charger.mode == "charging" and offered_a >= house.settings.min_a


def _enable_delay_min(house: _House, memory: Memory) -> float:
    """Return how long the surplus must last; on a day of passing clouds each stop makes it longer."""
    settings = house.settings
    return settings.enable_delay_min + settings.restart_delay_min * _stops(house, memory)


def _disable_delay_min(house: _House, memory: Memory) -> float:
    """Return how long a gap without any sun may last; on a day of passing clouds each stop makes it longer."""
    settings = house.settings
    return settings.disable_delay_min * (1 + PATIENCE * _stops(house, memory))


def _stops(house: _House, memory: Memory) -> int:
    return memory.stops if memory.stops_on == house.now.astimezone(house.zone).date() else 0


def _in_gap(memory: Memory, missing: float, now: datetime) -> Memory:
    """Return the memory of a gap that goes on: a minute with half of what is needed counts as half a minute."""
    since = memory.gap_at or now
    passed_min = min(5.0, (now - since).total_seconds() / 60)
    return replace(memory, gap_min=memory.gap_min + missing * passed_min, gap_at=now)


def _calm(memory: Memory) -> Memory:
    """Return the memory with no delay running."""
    return replace(memory, enough_since=None, gap_min=0.0, gap_at=None)


def _told(reason: Reason, because: str, target_a: int, house: _House, memory: Memory) -> Decision[Memory]:
    """Return the decision to offer `target_a`, renewed when its time to live is running down."""
    settings, now, ends_at = house.settings, house.now, memory.ends_at
    ttl = timedelta(minutes=settings.ttl_min)
    restarted_at = house.charger.restarted_at
    restarted = ends_at is not None and restarted_at is not None and restarted_at > ends_at - ttl
    renew = ends_at is None or restarted or ends_at - now < ttl * 0.75
    action = SetChargeLimit(settings.charger, target_a, settings.ttl_min, renew, memory.switching.use)
    memory = replace(memory, seen_limit_a=house.charger.limit_a, seen_draw_w=house.draw.low_w)
    return Decision(reason, because, (action,), memory)


def _blind(what: str, memory: Memory) -> Decision[Memory]:
    memory = replace(memory, enough_since=None)
    return Decision(Reason.NO_READING, f"{what} {NO_DATA_HINT}", (), memory, Exit.TRY_AGAIN)


def _all_of(house: _House, most_a: int) -> str:
    if not most_a:
        return "but the house leaves the main fuse no room for the car."
    unseen = " (the meter is silent: half of the main fuse is left to the house)" if house.grid is None else ""
    return f"{most_a} A on {_on(house.phases)}{unseen}."


def _on(phases: int) -> str:
    return {1: "one phase", 2: "two phases"}.get(phases, "three phases")


def _kw(power_w: float) -> str:
    return f"{power_w / 1000 + 0.0:.2f} kW"
