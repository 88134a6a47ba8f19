"""What `easee-balance` remembers from run to run: the last limit, delays that are running, what car and battery can.

All moments are in UTC: differences of local times are wrong in the night the clocks change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import UTC, date, datetime, timedelta

from solarctl.control.battery_gives import Giving
from solarctl.control.charge_phases import PhaseMemory
from solarctl.control.departure import Delivered, departure_at
from solarctl.control.easee_settings import Settings
from solarctl.decision import Carried, Outcome, SetChargeLimit
from solarctl.readings import ChargerReading
from solarctl.value import replace, value


@value
class Memory:
    """`target_a` is what the charger was last told; `seen_…` are notes for `remember` alone."""

    target_a: int = 0
    changed_at: datetime | None = None
    drew_w: float | None = None  # before that change
    ends_at: datetime | None = None  # of the last write's time to live
    enough_since: datetime | None = None
    gap_min: float = 0.0  # minutes below min_a so far in this gap; with gap_by_depth by the share that is missing
    gap_at: datetime | None = None  # up to when they are counted
    stops: int = 0
    stops_on: date | None = None
    phases: int | None = None  # the car's, as its last charge has shown
    switching: PhaseMemory = field(default_factory=PhaseMemory)
    battery_takes_w: float | None = None
    giving: Giving = field(default_factory=Giving)
    seed_mode: int = 1
    delivered: Delivered = field(default_factory=Delivered)
    seen_limit_a: float | None = None
    seen_draw_w: float | None = None
    seen_stop: bool = False  # the sun has stopped the car, nobody else


def remember(memory: Memory, carried: Sequence[Carried]) -> Memory:
    """Return the memory after what really happened to the limit."""
    for one in carried:
        if not isinstance(one.action, SetChargeLimit) or not one.holds:
            continue
        action = one.action
        if memory.seen_stop and memory.target_a > 0:
            same_day = memory.stops_on == one.at.date()
            memory = replace(memory, stops=memory.stops + 1 if same_day else 1, stops_on=one.at.date())
        memory = replace(memory, target_a=action.to)
        if one.outcome in (Outcome.DONE, Outcome.PENDING):
            at = one.at.astimezone(UTC)
            memory = replace(memory, ends_at=at + timedelta(minutes=action.ttl_min))
            if action.to != memory.seen_limit_a:
                memory = replace(memory, changed_at=at, drew_w=memory.seen_draw_w)
    return memory


def noted(charger: ChargerReading, settings: Settings, memory: Memory, now: datetime) -> Memory:
    """Return the memory with what the charger tells about this session."""
    phases = memory.phases
    told_since_change = memory.changed_at is None or (charger.power_at or charger.at) >= memory.changed_at
    if charger.phases and charger.mode == "charging" and told_since_change and memory.switching.use != 1:
        phases = charger.phases
    delivered = memory.delivered
    if settings.departure is not None:
        due = departure_at(settings.departure.by, now)
        delivered = delivered.counted(charger.energy_kwh, connected=charger.connected is not False, due=due)
    return replace(memory, phases=phases, delivered=delivered)


def in_gap(memory: Memory, counts: float, now: datetime) -> Memory:
    """Return the memory of a gap that goes on; a minute of it counts as `counts` minutes."""
    passed_min = (now - (memory.gap_at or now)).total_seconds() / 60
    return replace(memory, gap_min=memory.gap_min + counts * max(0.0, passed_min), gap_at=now)


def calm(memory: Memory) -> Memory:
    """Return the memory with no delay running."""
    return replace(memory, enough_since=None, gap_min=0.0, gap_at=None)
