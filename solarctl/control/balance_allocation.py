"""Who gets what: forced and guaranteed loads first, then the rest by priority, never more than there is.

Everything here is about one tick. A load's share is a `Share`: the power it is to draw, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solarctl.control.balance_memory import LoadMemory
from solarctl.control.balance_relays import allowed_change, rated_w, wanted_on
from solarctl.control.balance_settings import LoadSettings
from solarctl.control.balance_surplus import Sample
from solarctl.control.balance_variators import nearest_step_w
from solarctl.value import replace

UNLIMITED_W = 1e9
MEASURING_S = 8.0  # so long until the meters show a load of unknown power that was switched on
LEAST_LEARNED_W = 20.0
LEAST_PROBE_W = 50.0  # less would not show on a meter, and a full load would be taken for full for ever


class Why(StrEnum):
    """Why a load is where it is."""

    SURPLUS = "surplus"
    NO_SURPLUS = "no-surplus"
    FORCED = "forced"
    GUARANTEE = "guarantee"
    HOT_CYCLE = "hot-cycle"
    FULL = "full"
    PROBE = "probe"
    MIN_ON = "min-on"
    MIN_OFF = "min-off"
    STARTS = "starts"
    WAITING = "waiting"
    MEASURING = "measuring"
    TOO_HOT = "too-hot"
    NO_TEMPERATURE = "no-temperature"
    PHASE_LIMIT = "phase-limit"
    NO_READING = "no-reading"
    UNREACHABLE = "unreachable"


HELD = {"min-on": Why.MIN_ON, "min-off": Why.MIN_OFF, "starts": Why.STARTS, "delay": Why.WAITING}


@dataclass(frozen=True, slots=True)
class Manual:
    """A person's wish: power in W, or None for all it can take."""

    power_w: float | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """A load as it is at this tick. A variator has `steps_w` (usable ones, rising from 0), a switched load has none."""

    settings: LoadSettings
    steps_w: tuple[float, ...] = ()
    measured: Sample | None = None
    temperature_deg: float | None = None  # fresh, or None
    manual: Manual | None = None
    reachable: bool = True  # a command would get through

    @property
    def name(self) -> str:
        return self.settings.device


@dataclass(frozen=True, slots=True)
class Share:
    """What a load is to do."""

    on: bool
    power_w: float  # expected draw as its curve or rating says
    why: Why


@dataclass
class Room:
    """What is left to give: in all, and per phase (the surplus of a phase, and its fuse)."""

    total_w: float
    phases_w: dict[int, float]
    fuses_w: dict[int, float]
    trend_w: float = 0.0  # where the sun is heading: for variators, which can follow it back

    def for_load(self, phase: int) -> float:
        return min(self.total_w, self.phases_w.get(phase, UNLIMITED_W), self.fuses_w.get(phase, UNLIMITED_W))

    def fuse_w(self, phase: int) -> float:
        return self.fuses_w.get(phase, UNLIMITED_W)

    def take(self, watts: float, phase: int) -> None:
        self.total_w -= watts
        if phase in self.phases_w:
            self.phases_w[phase] -= watts
        if phase in self.fuses_w:
            self.fuses_w[phase] -= watts


def full_power_w(load: Load, memory: LoadMemory) -> float:
    """Return the most a load draws by its curve or rating."""
    return load.steps_w[-1] if load.steps_w else rated_w(load.settings, memory)


def fixed_share(load: Load, memory: LoadMemory, why: Why, wanted_w: float | None, room: Room) -> Share:
    """Return the share of a load that runs whatever the sun does, within its phase's fuse."""
    most_w = min(UNLIMITED_W if wanted_w is None else wanted_w, room.fuse_w(load.settings.phase) / memory.scale)
    if load.steps_w:
        power_w = nearest_step_w(load.steps_w, most_w, 0.0, slack_w=0.0)
        if power_w < load.steps_w[-1] and (wanted_w is None or power_w < wanted_w * 0.9) and most_w < UNLIMITED_W:
            why = Why.PHASE_LIMIT if wanted_w is None or most_w < wanted_w else why
        return Share(power_w > 0, power_w, why)
    on = wanted_w is None or wanted_w > 0
    if on and full_power_w(load, memory) > most_w and most_w != wanted_w:
        return Share(False, 0.0, Why.PHASE_LIMIT)
    return Share(on, full_power_w(load, memory) if on else 0.0, why)


def share_out(
    loads: list[tuple[Load, LoadMemory]], room: Room, *, strict: bool, slack_w: float, now: float
) -> tuple[dict[str, Share], dict[str, LoadMemory]]:
    """Return the shares of the flexible loads, given in order of priority, and their memories."""
    shares: dict[str, Share] = {}
    memories = {load.name: memory for load, memory in loads}
    above_w = 0.0
    measuring = any(_is_measuring(load, memory) for load, memory in loads)
    for load, memory in loads:
        phase = load.settings.phase
        if load.steps_w:
            above_w += load.steps_w[-1] * memory.scale
            continue
        wish, memory = wanted_on(
            load.settings,
            memory,
            is_on=memory.on,
            surplus_w=room.for_load(phase),
            above_w=above_w,
            strict=strict,
            now=now,
        )
        power_w = rated_w(load.settings, memory)
        on, why = wish.on, HELD.get(wish.held_by, Why.SURPLUS if wish.on else Why.NO_SURPLUS)
        if on and not memory.on and measuring:
            on, why = False, Why.WAITING
        if on and power_w * memory.scale > room.fuse_w(phase):
            on, why = False, Why.PHASE_LIMIT
        if on and _is_measuring(load, memory):
            why = Why.MEASURING
        shares[load.name], memories[load.name] = Share(on, power_w if on else 0.0, why), memory
        if on:
            room.take(power_w * memory.scale, phase)
    for load, memory in loads:
        if load.steps_w:
            shares[load.name] = _variator_share(load, memory, room, slack_w=slack_w)
            room.take(shares[load.name].power_w * memory.scale, load.settings.phase)
    return shares, memories


def _variator_share(load: Load, memory: LoadMemory, room: Room, *, slack_w: float) -> Share:
    wanted_w = (room.for_load(load.settings.phase) + room.trend_w) / memory.scale
    power_w = nearest_step_w(load.steps_w, wanted_w, memory.set_w, slack_w=slack_w)
    fuse_w = room.fuse_w(load.settings.phase) / memory.scale
    if power_w > fuse_w:  # a fuse is no matter of taste
        power_w = nearest_step_w(load.steps_w, fuse_w, 0.0, slack_w=0.0)
    return Share(power_w > 0, power_w, Why.SURPLUS if power_w else Why.NO_SURPLUS)


def _is_measuring(load: Load, memory: LoadMemory) -> bool:
    return not load.steps_w and memory.on and memory.before_w is not None


def probe_share(load: Load, memory: LoadMemory, room: Room, now: float) -> Share | None:
    """Return the small share that asks whether a full load wants more; None when the sun has none to spare."""
    rated = rated_w(load.settings, memory)
    power_w = next((w for w in load.steps_w if w >= LEAST_PROBE_W), load.steps_w[-1]) if load.steps_w else rated
    if room.for_load(load.settings.phase) < power_w:
        return None
    if not load.steps_w and not memory.on and not allowed_change(load.settings, memory, is_on=False, now=now).on:
        return None
    return Share(True, power_w, Why.PROBE)


def learned(load: Load, memory: LoadMemory, base_w: float | None, base_at: float, now: float) -> LoadMemory:
    """Return the memory with the power of an unknown load, once the meters show it."""
    if not _is_measuring(load, memory) or now - memory.switched_at < MEASURING_S or base_w is None:
        return memory
    if load.measured is not None and load.measured.at > memory.switched_at + MEASURING_S / 2:
        found_w = load.measured.power_w
    elif base_at > memory.switched_at + MEASURING_S / 2 and memory.before_w is not None:
        found_w = base_w - memory.before_w
    else:
        return memory
    if found_w < LEAST_LEARNED_W:
        return replace(memory, before_w=None)
    return replace(memory, learned_w=found_w, set_w=found_w, before_w=None)
