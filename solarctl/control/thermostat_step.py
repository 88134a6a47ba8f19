"""Thermostat steps: as the battery runs down while power is dear, let the house get warmer by degrees.

    a step is crossed       charge at its `at_pct` or below, for the first time today
    the day's offset        grows by `add_deg` of the deepest step newly crossed (`cumulative`: of all of them)
    a thermostat's target   its baseline + the offset, at most `ceiling_deg`, never below what it shows
    the baseline            the schedule's setpoint, else the setpoint before today's first step (and before precool)

Targets are repeated until each thermostat shows them, so a half-failed run is simply run again. What a person sets
meanwhile stays until the window is over. After the window the schedule (or the saved setpoint) comes back. The count
starts afresh with the site's date.

Seed: powermgr_v2's thermostat_controller (which added to whatever it found, without a ceiling, once more after a
failure).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from solarctl.capabilities import BatteryMeter, GridMeter, Thermostat
from solarctl.control.setpoints import Span, capital, clamped, deg_text, may_cool, same_deg
from solarctl.control.stepped_thermostat import Touched, first_look, was_changed
from solarctl.control.thermostat_step_words import battery_words, grid_warning, silence_words
from solarctl.decision import Action, Carried, Decision, Outcome, ResumeSchedule, SetCoolSetpoint
from solarctl.errors import Exit
from solarctl.readings import BatteryReading, GridReading, ThermostatReading
from solarctl.settings import device, setting
from solarctl.value import replace, value

CEILING_DEG = {"F": 82.0, "C": 27.5}
AFTER = timedelta(minutes=15)  # a hold outlasts a window by that much, so that the run after it can restore


class Reason(StrEnum):
    STEPPED = "stepped"
    HOLD = "hold"
    NO_READING = "no-reading"
    OUTSIDE_WINDOW = "outside-window"
    RESTORED = "restored"


@value
class Step:
    """A charge of the battery, in %, and by how much the setpoint rises when it is reached."""

    at_pct: float = setting(ge=0, le=100, help="crossed at this charge or below")
    add_deg: float = setting(gt=0, le=20, help="degrees warmer from then on")


SEED_STEPS = (Step(50, 2), Step(35, 2), Step(20, 4))
SEED_STEPS_C = (Step(50, 1), Step(35, 1), Step(20, 2))


@value
class Settings:
    battery: str = device(BatteryMeter, help="whose charge is watched")
    thermostats: tuple[str, ...] = device(Thermostat, help="the thermostat (or list of them) to step", steers=True)
    grid: str = device(GridMeter, default="", help="meter for the warning; by default the battery's own")
    steps: tuple[Step, ...] = setting(SEED_STEPS, help="charges and degrees warmer; 1, 1 and 2 degrees in a °C house")
    cumulative: bool = setting(False, help="steps crossed in one go add up; else the deepest one counts")
    ceiling_deg: float = setting(CEILING_DEG["F"], help="never set a thermostat above this; 27.5 °C in a °C house")
    grid_warn_w: float = setting(500.0, ge=0, help="importing more than this while power is dear is told; 0: never")
    until: time = setting(time(20, 15), help="holds end then; 15 min after the window where that ends later")
    restore: str = setting(
        "schedule", choices=("schedule", "saved", "none"), help="what happens to a stepped thermostat after the window"
    )
    max_age_min: float = setting(20.0, gt=0, help="an older battery reading is not acted on")

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.thermostats:
            yield "thermostats", "needs at least one thermostat"
        if len({step.at_pct for step in self.steps}) < len(self.steps):
            yield "steps", "has two steps at the same charge"

    def ladder(self, unit: str) -> list[Step]:
        """Return the steps from the top down."""
        steps = SEED_STEPS_C if unit == "C" and self.steps == SEED_STEPS else self.steps
        return sorted(steps, key=lambda step: -step.at_pct)

    def ceiling(self, unit: str) -> float:
        """Return the highest setpoint."""
        return CEILING_DEG[unit] if self.ceiling_deg == CEILING_DEG["F"] else self.ceiling_deg


@value
class Memory:
    """The day's steps; `left_alone` are thermostats that a person has set since."""

    day: date | None = None
    reached: int = 0
    offset_deg: float = 0.0
    touched: dict[str, Touched] = field(default_factory=dict)
    left_alone: tuple[str, ...] = ()
    window_end: datetime | None = None
    warned_on: date | None = None


def window_of(settings: Settings, now: datetime, peaks: Sequence[Span] | None) -> Span | None:
    """Return the window that contains now; without a tariff it is the day until `until` (cron chooses the hours)."""
    if peaks is None:
        midnight = datetime.combine(now.date(), time(0), now.tzinfo)
        whole = Span(midnight, datetime.combine(now.date(), settings.until, now.tzinfo))
        return whole if now in whole else None
    return next((peak for peak in peaks if now in peak), None)


def wants_thermostats(
    battery: BatteryReading | None,
    settings: Settings,
    memory: Memory,
    now: datetime,
    peaks: Sequence[Span] | None,
    unit: str,
) -> bool:
    """Return whether the decision depends on the thermostats; the portal is asked no more than that."""
    window = window_of(settings, now, peaks)
    if window is None:
        return bool(memory.touched) and settings.restore != "none"
    today = _of_today(memory, now)
    soc_pct = _charge(battery, settings, now)
    if soc_pct is None:
        return False
    return today.window_end == window.end or bool(_crossed(soc_pct, settings.ladder(unit), today.reached))


def decide(
    battery: BatteryReading | None,
    grid: GridReading | None,
    thermostats: Mapping[str, ThermostatReading | None],
    settings: Settings,
    memory: Memory,
    now: datetime,
    peaks: Sequence[Span] | None,
    *,
    precooled_from: Mapping[str, float] | None = None,
    unit: str = "F",
) -> Decision[Memory]:
    """Step, hold or restore. `peaks` are today's (None: no tariff), `precooled_from` setpoints before precool."""
    window = window_of(settings, now, peaks)
    if window is None:
        return _restore(thermostats, settings, memory, peaks, unit)
    memory = _of_today(memory, now)
    warning = grid_warning(grid, settings.grid_warn_w, settings.max_age_min, now)
    details = {"tell": True} if warning and memory.warned_on != now.date() else {}
    memory = replace(memory, warned_on=now.date() if warning else memory.warned_on)
    soc_pct = _charge(battery, settings, now)
    ladder = settings.ladder(unit)
    crossed = [] if soc_pct is None else _crossed(soc_pct, ladder, memory.reached)
    if soc_pct is None or (crossed and _is_a_glitch(battery)):
        silence = silence_words(battery, settings.max_age_min, now)
        return Decision(Reason.NO_READING, silence + warning, (), memory, Exit.TRY_AGAIN, details)
    if crossed:
        added = sum(step.add_deg for step in crossed) if settings.cumulative else crossed[-1].add_deg
        memory = replace(
            memory,
            reached=memory.reached + len(crossed),
            offset_deg=memory.offset_deg + added,
            left_alone=memory.left_alone if memory.window_end == window.end else (),
        )
    said = [battery_words(soc_pct, crossed, ladder, memory.reached, memory.offset_deg, unit)]
    actions: list[Action] = []
    exit_code = Exit.OK
    if crossed or memory.window_end == window.end:
        goes_on = memory.window_end == window.end
        memory = replace(memory, window_end=window.end)
        ends = _hold_ends(settings, window)
        for name in settings.thermostats:
            reading = thermostats.get(name)
            if reading is None or (reading.setpoint_deg is None and may_cool(reading)):
                what = "answer" if reading is None else "tell its setpoint"
                said.append(f"{capital(name)} does not {what}; the next run tries again.")
                exit_code = Exit.TRY_AGAIN
                continue
            target_deg, note, memory = _aim(name, reading, settings, memory, precooled_from or {}, unit, goes_on)
            if target_deg is not None:
                actions.append(SetCoolSetpoint(name, target_deg, ends))
            said += [note] if note else []
    reason = Reason.STEPPED if crossed else Reason.HOLD
    return Decision(reason, " ".join(said) + warning, actions, memory, exit_code, details)


def remember(memory: Memory, carried: Sequence[Carried]) -> Memory:
    """Note, thermostat by thermostat, what was really set or restored."""
    touched = dict(memory.touched)
    for one in carried:
        name, certain = one.action.device, one.outcome in (Outcome.DONE, Outcome.UNCHANGED)
        if name not in touched:
            continue
        if memory.window_end is None:  # restoring
            if certain and isinstance(one.action, ResumeSchedule | SetCoolSetpoint):
                del touched[name]
        elif isinstance(one.action, SetCoolSetpoint):
            if certain:
                touched[name] = replace(touched[name], set_deg=one.action.to, tried_deg=None)
            else:  # an answer may have got lost, too
                touched[name] = replace(touched[name], tried_deg=one.action.to)
    return replace(memory, touched=touched)


def _of_today(memory: Memory, now: datetime) -> Memory:
    """Return the memory, its count at zero when it is of another day."""
    if memory.day == now.date():
        return memory
    return Memory(day=now.date(), touched=memory.touched, warned_on=memory.warned_on)


def _crossed(soc_pct: float, ladder: Sequence[Step], reached: int) -> list[Step]:
    """Return the steps that this charge crosses beyond those reached before, from the top down."""
    return [step for step in ladder[reached:] if soc_pct <= step.at_pct]


def _charge(battery: BatteryReading | None, settings: Settings, now: datetime) -> float | None:
    return battery.soc_pct if battery is not None and battery.is_fresh(now, settings.max_age_min) else None


def _is_a_glitch(battery: BatteryReading | None) -> bool:
    """Return whether an "empty" battery at rest is a calibration rather than an empty battery (Powerwall 3)."""
    return battery is not None and battery.soc_pct is not None and battery.soc_pct < 1 and battery.battery_w == 0


def _hold_ends(settings: Settings, window: Span) -> datetime:
    until = datetime.combine(window.end.date(), settings.until, window.end.tzinfo)
    return until if until >= window.end else window.end + AFTER


def _aim(
    name: str,
    reading: ThermostatReading,
    settings: Settings,
    memory: Memory,
    precooled_from: Mapping[str, float],
    unit: str,
    goes_on: bool,
) -> tuple[float | None, str, Memory]:
    """Return a thermostat's target (None: leave it), a sentence where one is due, and what is known of it now.

    `goes_on`: steps were taken in this window before.
    """
    present = reading.setpoint_deg
    if present is None or not may_cool(reading):
        state = "on vacation hold" if reading.hold == "vacation" else f"set to {reading.mode}"
        return None, f"{capital(name)} is {state} and is left alone.", memory
    known = memory.touched.get(name)
    if known is None or not goes_on:
        known = first_look(reading, present, known, precooled_from.get(name), unit)
    elif name in memory.left_alone or was_changed(reading, present, known, unit):
        memory = replace(memory, left_alone=tuple(sorted({*memory.left_alone, name})))
        return None, f"{capital(name)} was set to {deg_text(present, unit)} by somebody else; that stays.", memory
    wanted_deg = known.baseline_deg + memory.offset_deg
    target_deg = clamped(min(settings.ceiling(unit), wanted_deg), None, reading.cool_max_deg)
    memory = replace(memory, touched=memory.touched | {name: replace(known, seen_deg=present)})
    if same_deg(present, target_deg, unit) and same_deg(known.set_deg, target_deg, unit):
        return present, "", memory  # there, as far as the display's rounding goes
    if present > target_deg:
        return None, f"{capital(name)} is at {deg_text(present, unit)} already.", memory
    clipped = f", not {deg_text(wanted_deg, unit)}" if wanted_deg > target_deg else ""
    return target_deg, f"{capital(name)} to {deg_text(target_deg, unit)}{clipped}.", memory


def _restore(
    thermostats: Mapping[str, ThermostatReading | None],
    settings: Settings,
    memory: Memory,
    peaks: Sequence[Span] | None,
    unit: str,
) -> Decision[Memory]:
    said = ["Power is not dear at any time today." if peaks == () or peaks == [] else "Power is not dear now."]
    if settings.restore == "none" or not memory.touched:
        return Decision(Reason.OUTSIDE_WINDOW, " ".join(said), memory=memory)
    touched = dict(memory.touched)
    actions: list[Action] = []
    exit_code = Exit.OK
    for name, known in memory.touched.items():
        reading = thermostats.get(name)
        if known.set_deg is None and known.tried_deg is None:
            del touched[name]
        elif reading is None:
            said.append(f"{capital(name)} does not answer; its setpoint is restored later.")
            exit_code = Exit.TRY_AGAIN
        elif reading.hold == "schedule":
            del touched[name]
            said.append(f"{capital(name)} follows its schedule again.")
        elif name in memory.left_alone or (
            reading.setpoint_deg is not None and was_changed(reading, reading.setpoint_deg, known, unit)
        ):
            del touched[name]
            said.append(f"{capital(name)} was set by somebody else; that stays.")
        elif settings.restore == "schedule" and reading.schedule_setpoint_deg is not None:
            actions.append(ResumeSchedule(name))
            said.append(f"{capital(name)} may follow its schedule again.")
        else:
            actions.append(SetCoolSetpoint(name, known.found_deg))
            said.append(f"{capital(name)} goes back to {deg_text(known.found_deg, unit)}.")
    memory = replace(memory, touched=touched, window_end=None)
    reason = Reason.RESTORED if actions else Reason.OUTSIDE_WINDOW
    return Decision(reason, " ".join(said), actions, memory, exit_code)
