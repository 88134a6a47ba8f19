"""Peak mode: let the home battery feed the house while power is dear, and keep it full the rest of the time.

    in a peak window, its lead included   -> reserve `peak_reserve_pct`      (peak)
    any other time, holidays too          -> reserve `offpeak_reserve_pct`   (off-peak)
    ... and no peak within `ready_h`      -> reserve `idle_reserve_pct`, where it is set
    storm watch                           -> as it is                        (storm)
    off the grid, or an outage            -> as it is                        (off-grid)
    a person chose otherwise              -> theirs until the window's next edge (manual)

With `forecast`, from 18 hours before a peak until then:

    what the peak will need of the battery, less what the sun brings before it   (forecast; control/peak_outlook.py)
    no forecast to go by                  -> as without one                      (no-forecast)

Every run says what should be, so a run that was missed heals itself. `strategy = "mode"` changes the way of operating
instead. The owner's former reserve and mode are remembered, and given back by `pause` and when the crontab goes.

Seed: powermgr_v2's peak_manager (a reserve of 0 or 100, holidays of one year, nothing at all on holidays).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from solarctl.capabilities import BatteryReserve, LoadMeter, SolarForecast, WeatherForecast
from solarctl.control.peak_memory import Experience
from solarctl.control.peak_phase import Level, Phase, level_text, phase_at, wanted, what, writable
from solarctl.control.tariff import Tariff
from solarctl.decision import Action, Carried, Decision, Outcome, SetMode, SetReserve
from solarctl.errors import Exit
from solarctl.readings import ReserveReading
from solarctl.settings import device, setting
from solarctl.value import replace, value


class Reason(StrEnum):
    PEAK = "peak"
    OFF_PEAK = "off-peak"
    FORECAST = "forecast"
    NO_FORECAST = "no-forecast"
    STORM = "storm"
    OFF_GRID = "off-grid"
    MANUAL = "manual"
    NO_READING = "no-reading"


OUTSIDE_A_PEAK = (Reason.OFF_PEAK, Reason.FORECAST, Reason.NO_FORECAST)


@value
class Settings:
    battery: str = device(BatteryReserve, help="the battery that is steered", steers=True)
    strategy: Literal["reserve", "mode"] = setting("reserve", help="what is changed: the reserve, or the mode")
    peak_reserve_pct: float = setting(0.0, ge=0, le=100, help="reserve while power is dear")
    offpeak_reserve_pct: float = setting(100.0, ge=0, le=100, help="reserve the rest of the time")
    idle_reserve_pct: float | None = setting(
        None, ge=0, le=100, help="reserve while no peak is near; by default offpeak_reserve_pct"
    )
    ready_h: float = setting(6.0, gt=0, le=24, help="so many hours before a peak idle_reserve_pct no longer holds")
    floor_pct: float = setting(0.0, ge=0, le=100, help="the reserve is never below, for outages")
    peak_mode: str = setting("self_consumption", help='mode while power is dear (strategy = "mode")')
    offpeak_mode: str = setting("backup", help='mode the rest of the time (strategy = "mode")')
    lead_min: float = setting(10.0, ge=0, le=720, help="minutes before a window at which its peak begins")
    settle_min: float = setting(10.0, ge=0, help="minutes the battery has to confirm a change")
    max_age_min: float = setting(60.0, gt=0, help="on older news of the battery nothing is changed")
    forecast: str = device(
        SolarForecast,
        default="",
        help="a solar forecast: before a peak as much is kept as it will need",
    )
    weather: str = device(WeatherForecast, default="", help="with forecast: how hot it will be")
    load: str = device(
        LoadMeter, default="", help="with forecast: the house's meter to learn from; by default the battery's"
    )
    capacity_kwh: float | None = setting(
        None, gt=0, help="with forecast: what fits into the battery; by default 13.5, a Powerwall's"
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.idle_reserve_pct is not None and self.idle_reserve_pct > self.offpeak_reserve_pct:
            yield "idle_reserve_pct", f"must not be above offpeak_reserve_pct ({self.offpeak_reserve_pct:g})"
        if self.idle_reserve_pct is not None and self.strategy == "mode":
            yield "idle_reserve_pct", 'is for strategy = "reserve"'
        if self.offpeak_reserve_pct < self.peak_reserve_pct:
            yield "offpeak_reserve_pct", f"must not be below peak_reserve_pct ({self.peak_reserve_pct:g})"
        if self.forecast and self.strategy == "mode":
            yield "forecast", 'is for strategy = "reserve"'
        elif self.forecast and self.idle_reserve_pct is None:
            yield "forecast", "needs idle_reserve_pct: what is kept for outages, however little the next peak will need"
        if not self.forecast and (self.weather or self.load):
            yield "weather" if self.weather else "load", "is for a peak-mode with forecast"


@value
class Former:
    """What the owner had before the first change."""

    reserve_pct: float | None = None
    mode: str | None = None


@value
class Memory:
    phase: str = ""  # peak or off-peak, and until when; the rest is about this phase
    aim: Level | None = None  # what the last decision wanted
    held: Level | None = None  # what we wanted and saw in place
    asked: Level | None = None  # what we wrote and have not seen in place
    asked_at: datetime | None = None
    late: Level | None = None  # what was still to be confirmed when the phase before ended; it may yet come
    former: Former | None = None
    released: bool = False  # the former values were given back; we know nothing of what is set now
    theirs: Level | None = None  # what a person chose in this phase while a forecast moves our own
    learned: Experience = field(default_factory=Experience)  # with a forecast: what it goes by


def decide(
    reserve: ReserveReading | None, tariff: Tariff, settings: Settings, memory: Memory, now: datetime
) -> Decision[Memory]:
    """Return what the battery should be set to, and why."""
    phase = phase_at(tariff, settings, now, memory.learned.outlook)
    known = _in_phase(memory, phase.key)
    current = _current(reserve, settings)
    if reserve is None or current is None:
        because = f"{settings.battery} does not tell its {settings.strategy}. Nothing is changed."
        return Decision(Reason.NO_READING, because, memory=known, exit_code=Exit.TRY_AGAIN)
    if current == phase.target:
        if current != known.theirs:
            known = replace(known, held=current, aim=current, asked=None, asked_at=None, released=False, theirs=None)
        because = f"{phase.text}: {what(current)}, as it should be.{phase.explained}"
        return Decision(_reason(phase), because, _actions(reserve, phase.target, settings), known)
    hold = _why_not(reserve, phase.target, settings, now)
    if hold is not None:
        code = Exit.TRY_AGAIN if hold[0] is Reason.NO_READING else Exit.OK
        return Decision(hold[0], f"{phase.text}, but {hold[1]}.", memory=known, exit_code=code)
    if _is_theirs(current, phase, settings, known):
        known = replace(known, theirs=current) if settings.forecast else known
        return _manual(reserve, current, phase, settings, known)
    if known.former is None or (known.released and current not in _own(settings, known)):
        known = replace(known, former=Former(reserve.reserve_pct, reserve.mode))
    return _change(reserve, current, phase, settings, replace(known, aim=phase.target, released=False), now)


def remember(memory: Memory, carried: Sequence[Carried]) -> Memory:
    """Return the memory with what really became of the change."""
    for one in carried:
        action = one.action
        if not isinstance(action, SetReserve | SetMode) or action.to != memory.aim:
            continue  # a floor that was put right is not what the phase is about
        if one.outcome in (Outcome.DONE, Outcome.UNCHANGED):
            memory = replace(memory, held=action.to, asked=None, asked_at=None, theirs=None)
        elif one.outcome is Outcome.PENDING and not action.sent:
            memory = replace(memory, asked=action.to, asked_at=one.at)
    return memory


def changes(decision: Decision[Memory], reserve: ReserveReading | None) -> bool:
    """Return whether carrying the decision out would write to the battery."""
    if reserve is None:
        return False
    present = {SetReserve: reserve.reserve_pct, SetMode: reserve.mode}
    acts = [one for one in decision.actions if isinstance(one, SetReserve | SetMode) and not one.sent]
    return any(present[type(one)] != one.to for one in acts)


def given_back(settings: Settings, memory: Memory) -> tuple[list[Action], Memory]:
    """Return the actions that restore what the owner had, and the memory for when the rule begins again."""
    former = memory.former or Former()
    actions: list[Action] = []
    if settings.strategy == "mode" and former.mode is not None:
        actions.append(SetMode(settings.battery, former.mode))
    elif settings.strategy == "reserve" and former.reserve_pct is not None:
        actions.append(SetReserve(settings.battery, writable(former.reserve_pct, 0.0)))
    return actions, Memory(former=memory.former, released=True, learned=memory.learned)


def _in_phase(memory: Memory, phase: str) -> Memory:
    if memory.phase == phase:
        return replace(memory, aim=None)
    return replace(memory, phase=phase, aim=None, held=None, asked=None, asked_at=None, late=memory.asked, theirs=None)


def _reason(phase: Phase) -> Reason:
    if phase.is_foreseen is not None:
        return Reason.FORECAST if phase.is_foreseen else Reason.NO_FORECAST
    return Reason.PEAK if phase.is_peak else Reason.OFF_PEAK


def _is_theirs(current: Level, phase: Phase, settings: Settings, memory: Memory) -> bool:
    """Return whether a person must have chosen what is set: neither what was seen in place nor what was asked for."""
    if not settings.forecast or phase.is_peak:
        return memory.held == phase.target and current != memory.late
    ours = (memory.held, memory.asked, memory.late)
    return memory.held is not None and (current == memory.theirs or current not in ours)


def _current(reserve: ReserveReading | None, settings: Settings) -> Level | None:
    if reserve is None:
        return None
    return reserve.mode if settings.strategy == "mode" else reserve.reserve_pct


def _why_not(reserve: ReserveReading, target: Level, settings: Settings, now: datetime) -> tuple[Reason, str] | None:
    """Return what forbids to change anything now."""
    name = settings.battery
    if not reserve.is_fresh(now, settings.max_age_min):
        age_min = reserve.age_s(now) / 60
        return Reason.NO_READING, f"{name} was last heard of {age_min:.0f} min ago, and nothing is changed"
    if reserve.storm:
        return Reason.STORM, f"{name} is on storm watch and is left as it is"
    if reserve.off_grid or reserve.outage:
        return Reason.OFF_GRID, f"{name} is not on the grid and is left as it is"
    asked_for = reserve.storm is not None or reserve.off_grid is not None
    if asked_for and reserve.soc_pct is None and _drains(reserve, target, settings):
        return Reason.NO_READING, f"{name} tells no charge that can be believed; its {settings.strategy} stays"
    return None


def _drains(reserve: ReserveReading, target: Level, settings: Settings) -> bool:
    if settings.strategy == "mode":
        return target == settings.peak_mode
    return reserve.reserve_pct is None or float(target) < reserve.reserve_pct


def _manual(
    reserve: ReserveReading, current: Level, phase: Phase, settings: Settings, memory: Memory
) -> Decision[Memory]:
    """Return the decision that respects a person's choice, but for the floor."""
    floor = writable(settings.floor_pct, settings.floor_pct)
    because = f"{phase.text}, but somebody chose {what(current)}; that stays until the next edge of the peak."
    actions: list[Action] = []
    if reserve.reserve_pct is not None and reserve.reserve_pct < floor:
        because += f" The reserve is raised to the floor of {floor:g} %."
        actions.append(SetReserve(settings.battery, floor))
    return Decision(Reason.MANUAL, because, actions, memory)


def _change(
    reserve: ReserveReading, current: Level, phase: Phase, settings: Settings, memory: Memory, now: datetime
) -> Decision[Memory]:
    """Return the decision to write the phase's target, or to wait for what was written."""
    goal = f"{phase.text}: {what(phase.target)}"
    if memory.asked != phase.target or memory.asked_at is None:
        if settings.forecast and memory.asked is not None:
            memory = replace(memory, late=memory.asked)  # the forecast has moved on; it may yet come
        because = f"{goal}, so far {level_text(current)}.{phase.explained}"
        actions = _actions(reserve, phase.target, settings, overdue=settings.settle_min == 0)
        return Decision(_reason(phase), because, actions, memory)
    waited_min = max(0.0, (now - memory.asked_at).total_seconds() / 60)
    overdue = waited_min >= settings.settle_min
    because = f"{goal} was asked for {waited_min:.0f} min ago; it is still {level_text(current)}."
    return Decision(
        _reason(phase), because, _actions(reserve, phase.target, settings, sent=not overdue, overdue=overdue), memory
    )


def _actions(
    reserve: ReserveReading, target: Level, settings: Settings, *, sent: bool = False, overdue: bool = False
) -> list[Action]:
    if not isinstance(target, str):
        return [SetReserve(settings.battery, target, sent, overdue)]
    actions: list[Action] = [SetMode(settings.battery, target, sent, overdue)]
    floor = writable(settings.floor_pct, settings.floor_pct)
    if reserve.reserve_pct is not None and reserve.reserve_pct < floor:
        actions.append(SetReserve(settings.battery, floor))
    return actions


def _own(settings: Settings, memory: Memory) -> tuple[Level | None, ...]:
    foreseen = memory.learned.outlook.level_pct if memory.learned.outlook is not None else None
    return wanted(settings, peak=True), wanted(settings, peak=False), wanted(settings, peak=False, idle=True), foreseen
