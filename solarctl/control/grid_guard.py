"""Grid guard: bring the grid in while the battery is low.

    charge below `on_below_pct`        -> grid on    (low)
    charge at `off_above_pct` or more  -> grid off   (recovered)
    in between                         -> as it is   (hold: the relay does not chatter)

Supply comes first: no minimum time, switch count or lost bookkeeping keeps the grid from a low battery.
Without a usable reading nothing moves, until `blind_after_min` after the last good one `when_blind` decides.

Seed: "Control Solar Power with Tuya API + SolaxCloud API" (one limit, 15 %; the second is ours, because a
battery recovers a little as soon as the grid feeds the house).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from solarctl.capabilities import BatteryMeter, Switch
from solarctl.decision import Carried, Decision, Outcome, SwitchTo
from solarctl.errors import Exit
from solarctl.readings import BatteryReading
from solarctl.settings import device, setting
from solarctl.value import replace, value

CRON_JITTER_S = 5.0  # runs are not minutes apart to the second; what is left of a delay then is not worth a run


class Reason(StrEnum):
    LOW = "low"
    RECOVERED = "recovered"
    HOLD = "hold"
    NO_READING = "no-reading"
    BLIND = "blind"
    WAITING = "waiting"


@value
class Quiet:
    """Hours with limits of their own (a relay's click, a night tariff)."""

    from_: time = setting(help="start of the quiet hours")
    to: time = setting(help="end of the quiet hours")
    on_below_pct: float = setting(ge=0, le=100, help="grid on below this charge in quiet hours")
    off_above_pct: float = setting(ge=0, le=100, help="grid off from this charge on in quiet hours")


@value
class Settings:
    battery: str = device(BatteryMeter, help="whose charge is watched")
    switch: tuple[str, ...] = device(Switch, help="the relay (or list of relays) that brings the grid in", steers=True)
    on_below_pct: float = setting(15.0, ge=0, le=100, help="grid on below this charge")
    off_above_pct: float = setting(25.0, ge=0, le=100, help="grid off from this charge on")
    on_delay_min: float = setting(0.0, ge=0, help="minutes of low charge before the grid comes in")
    off_delay_min: float = setting(0.0, ge=0, help="minutes of recovered charge before the grid leaves")
    min_on_min: float = setting(0.0, ge=0, help="shortest time the grid stays in")
    min_off_min: float = setting(0.0, ge=0, help="shortest time it stays out; never delays it for a low battery")
    max_switches_per_day: int = setting(0, ge=0, help="0: no limit; never blocks switching on for a low battery")
    max_age_min: float = setting(20.0, gt=0, help="older readings are not acted on")
    when_blind: str = setting("hold", choices=("hold", "on", "off"), help="what to do in long silence")
    blind_after_min: float = setting(60.0, gt=0, help="minutes after the last good reading that count as long silence")
    quiet: Quiet | None = setting(None, help="hours with limits of their own")

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.off_above_pct < self.on_below_pct:
            yield "off_above_pct", f"must not be below on_below_pct ({self.on_below_pct:g})"
        if self.quiet and self.quiet.off_above_pct < self.quiet.on_below_pct:
            yield "quiet.off_above_pct", f"must not be below quiet.on_below_pct ({self.quiet.on_below_pct:g})"
        if not self.switch:
            yield "switch", "needs at least one relay"


@value
class Position:
    """Where a relay was last known to be, and since when."""

    on: bool
    since: datetime


@value
class Memory:
    last_good_at: datetime | None = None  # when the last usable reading was true
    silent_since: datetime | None = None  # first run without a reading, while there was never a good one
    low_since: datetime | None = None
    recovered_since: datetime | None = None
    positions: dict[str, Position] = field(default_factory=dict)
    day: date | None = None  # the site's date that `switches` counts for
    switches: dict[str, int] = field(default_factory=dict)


def decide(
    battery: BatteryReading | None, settings: Settings, memory: Memory | None, now: datetime
) -> Decision[Memory]:
    """Return what the grid relays should be, and why. `memory` None: there is no bookkeeping to rely on."""
    known = _healed(memory or Memory(), now)
    soc = _usable_soc(battery, settings, now)
    if soc is None or battery is None:
        return _in_silence(battery, settings, known, now, has_memory=memory is not None)
    known = replace(known, last_good_at=battery.at, silent_since=None)
    on_below, off_above, hours = _limits(settings, now)
    if soc < on_below:
        known = replace(known, low_since=known.low_since or now, recovered_since=None)
        left = _left_min(known.low_since, settings.on_delay_min, now) if memory is not None else 0
        if left > 0:
            because = f"Battery at {_n(soc)} %, below {_n(on_below)} %{hours}; the grid comes in in {_span(left)}."
            return Decision(Reason.WAITING, because, memory=known)
        because = f"Battery at {_n(soc)} %, below {_n(on_below)} %{hours}; the grid stays until {_n(off_above)} %."
        return Decision(Reason.LOW, because, [SwitchTo(name, True) for name in settings.switch], known)
    if soc >= off_above:
        known = replace(known, recovered_since=known.recovered_since or now, low_since=None)
        because = (
            f"Battery at {_n(soc)} %, not below {_n(off_above)} %{hours}; "
            f"the grid would come in below {_n(on_below)} %, {_points(soc - on_below)} down."
        )
        return _switch_off(Reason.RECOVERED, because, settings, known, now, has_memory=memory is not None)
    known = replace(known, low_since=None, recovered_since=None)
    because = (
        f"Battery at {_n(soc)} %{hours}; nothing changes: the grid comes in below {_n(on_below)} % "
        f"({_points(soc - on_below)} down) and leaves at {_n(off_above)} % ({_points(off_above - soc)} up)."
    )
    return Decision(Reason.HOLD, because, memory=known)


def remember(memory: Memory, carried: Sequence[Carried]) -> Memory:
    """Return the memory with what really became of each relay."""
    positions, switches = dict(memory.positions), dict(memory.switches)
    day = memory.day
    for one in carried:
        if not one.holds:
            continue
        name, on = one.action.device, bool(one.action.to)
        if day != one.at.date():
            day, switches = one.at.date(), {}
        if one.outcome is not Outcome.UNCHANGED:
            switches[name] = switches.get(name, 0) + 1
        before = positions.get(name)
        if before is None or before.on is not on or one.outcome is not Outcome.UNCHANGED:
            positions[name] = Position(on, one.at)
    return replace(memory, positions=positions, switches=switches, day=day)


def _usable_soc(battery: BatteryReading | None, settings: Settings, now: datetime) -> float | None:
    if battery is None or battery.soc_pct is None or not 0 <= battery.soc_pct <= 100:
        return None
    return battery.soc_pct if battery.is_fresh(now, settings.max_age_min) else None


def _in_silence(
    battery: BatteryReading | None, settings: Settings, memory: Memory, now: datetime, *, has_memory: bool
) -> Decision[Memory]:
    silence = _describe_silence(battery, settings, now)
    since = memory.last_good_at or memory.silent_since
    if since is None:
        memory = replace(memory, silent_since=now)
        since = battery.at if battery is not None and not has_memory else now
    memory = replace(memory, recovered_since=None)
    left = _left_min(since, settings.blind_after_min, now)
    if left > 0:
        because = f"{silence} Nothing is switched; in {_span(left)} without a reading: {_policy(settings)}."
        return Decision(Reason.NO_READING, because, memory=memory, exit_code=Exit.TRY_AGAIN)
    because = f"{silence} No good reading for {_span(_minutes(now - since))}: {_policy(settings)}."
    if settings.when_blind == "off":
        return _switch_off(Reason.BLIND, because, settings, memory, now, has_memory=has_memory)
    if settings.when_blind == "hold":
        return Decision(Reason.BLIND, because, memory=memory)
    resting = {
        name: left
        for name in settings.switch
        if (place := memory.positions.get(name)) is not None
        and not place.on
        and (left := _left_min(place.since, settings.min_off_min, now)) > 0
    }
    actions = [SwitchTo(name, True) for name in settings.switch if name not in resting]
    if resting:
        because += f" {', '.join(resting)} stays off for {_span(max(resting.values()))} more."
    return Decision(Reason.WAITING if resting else Reason.BLIND, because, actions, memory)


def _switch_off(
    reason: Reason, because: str, settings: Settings, memory: Memory, now: datetime, *, has_memory: bool
) -> Decision[Memory]:
    """Return the decision to switch off every relay that may be switched off by now."""
    delays = settings.off_delay_min, settings.min_on_min, settings.max_switches_per_day
    if not has_memory and any(delays):
        because += " It cannot be known since when, so the grid stays as it is."
        return Decision(Reason.WAITING, because, memory=memory)
    actions, waits = [], []
    for name in settings.switch:
        wait = _why_not_off(name, reason, settings, memory, now)
        if wait:
            waits.append(wait)
        else:
            actions.append(SwitchTo(name, False))
    if waits:
        return Decision(Reason.WAITING, " ".join([because, *dict.fromkeys(waits)]), actions, memory)
    return Decision(reason, because, actions, memory)


def _why_not_off(name: str, reason: Reason, settings: Settings, memory: Memory, now: datetime) -> str:
    if reason is Reason.RECOVERED and (left := _left_min(memory.recovered_since, settings.off_delay_min, now)) > 0:
        return f"The grid leaves in {_span(left)}."
    place = memory.positions.get(name)
    if place is None or not place.on:
        return ""
    if (left := _left_min(place.since, settings.min_on_min, now)) > 0:
        return f"{name} stays on for {_span(left)} more."
    count = memory.switches.get(name, 0) if memory.day == now.date() else 0
    if settings.max_switches_per_day and count >= settings.max_switches_per_day:
        return f"{name} was switched {count} times today and stays on until tomorrow."
    return ""


def _limits(settings: Settings, now: datetime) -> tuple[float, float, str]:
    quiet = settings.quiet
    if quiet is not None and _within(now.time(), quiet.from_, quiet.to):
        return quiet.on_below_pct, quiet.off_above_pct, " in quiet hours"
    return settings.on_below_pct, settings.off_above_pct, ""


def _within(moment: time, start: time, end: time) -> bool:
    return start <= moment < end if start <= end else moment >= start or moment < end


def _healed(memory: Memory, now: datetime) -> Memory:
    """Return the memory without moments in the future, which a clock set back leaves behind."""

    def past(moment: datetime | None) -> datetime | None:
        return min(moment, now) if moment is not None else None

    return replace(
        memory,
        last_good_at=past(memory.last_good_at),
        silent_since=past(memory.silent_since),
        # supply first: a delay whose start cannot be trusted counts as over
        low_since=datetime.min.replace(tzinfo=now.tzinfo) if _ahead(memory.low_since, now) else memory.low_since,
        recovered_since=past(memory.recovered_since),
        positions={n: Position(p.on, min(p.since, now)) for n, p in memory.positions.items()},
    )


def _ahead(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now


def _describe_silence(battery: BatteryReading | None, settings: Settings, now: datetime) -> str:
    if battery is None:
        return f"{settings.battery} gave no reading."
    if battery.soc_pct is None or not 0 <= battery.soc_pct <= 100:
        return f"{settings.battery} tells no charge."
    age_min = _minutes(now - battery.at)
    if age_min < 0:
        return f"The reading of {settings.battery} is {_span(-age_min)} ahead of this machine's clock."
    return f"The reading of {settings.battery} is {_span(age_min)} old, more than {_n(settings.max_age_min)} min."


def _policy(settings: Settings) -> str:
    relays = ", ".join(settings.switch)
    return {"hold": f"{relays} stays as it is", "on": f"{relays} goes on", "off": f"{relays} goes off"}[
        settings.when_blind
    ]


def _left_min(since: datetime | None, length_min: float, now: datetime) -> float:
    left_min = 0.0 if since is None else length_min - _minutes(now - since)
    return left_min if left_min * 60 > CRON_JITTER_S else 0.0


def _minutes(length: timedelta) -> float:
    return length.total_seconds() / 60


def _points(difference: float) -> str:
    return f"{_n(difference)} point" + ("" if _n(difference) == "1" else "s")


def _span(minutes: float) -> str:
    """Return a length of time in the unit that a person would choose."""
    for unit, length_min, below in (("min", 1, 180), ("h", 60, 72), ("days", 1440, 730)):
        if minutes < length_min * below:
            return f"{_n(minutes / length_min)} {unit}"
    return "years"  # such as a clock that began at 1970


def _n(number: float) -> str:
    return f"{round(number, 1):g}"
