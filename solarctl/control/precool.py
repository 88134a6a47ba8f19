"""Precool: cool the house down before power becomes dear, when the battery will not last or the day is hot.

    battery at `battery_at_most_pct` or less   -> low-battery
    forecast at `high_at_least_deg` or more    -> hot-day
    both                                       -> both
    neither                                    -> not-needed

Walls and floors keep the cold; the hold ends by itself when the peak begins. A cooler setpoint is left alone, and so
is what a person changed after us. With `preheat` it is turned round for winter: warm up before the peak when the
battery is low or the day is cold, and never lower a warmer setpoint.

Seed: powermgr_v2's precool_check (which could warm a cooler house up, and crashed without a forecast).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, time
from enum import StrEnum

from solarctl.capabilities import BatteryMeter, Thermostat, WeatherForecast
from solarctl.control.setpoints import (
    Span,
    capital,
    charge_text,
    clamped,
    deg_text,
    listed,
    may_cool,
    may_heat,
    same_deg,
)
from solarctl.decision import Action, Carried, Decision, Outcome, SetCoolSetpoint, SetHeatSetpoint
from solarctl.errors import Exit
from solarctl.readings import BatteryReading, ThermostatReading, WeatherReading
from solarctl.settings import device, setting
from solarctl.value import replace, value

COOL_DEG = {"F": 67.0, "C": 19.5}  # defaults; a house that counts in °C has those in °C
HEAT_DEG = {"F": 72.0, "C": 22.0}
HOT_DEG = {"F": 105.0, "C": 40.5}
COLD_DEG = {"F": 40.0, "C": 4.5}


class Reason(StrEnum):
    LOW_BATTERY = "low-battery"
    HOT_DAY = "hot-day"
    COLD_DAY = "cold-day"
    BOTH = "both"
    NOT_NEEDED = "not-needed"
    NO_WINDOW = "no-window"
    NO_READING = "no-reading"


ACTING = (Reason.LOW_BATTERY, Reason.HOT_DAY, Reason.COLD_DAY, Reason.BOTH)


@value
class Settings:
    thermostats: tuple[str, ...] = device(Thermostat, help="the thermostat (or list of them) to set", steers=True)
    battery: str = device(BatteryMeter, default="", help="whose charge is watched")
    weather: str = device(WeatherForecast, default="", help="whose forecast is asked")
    setpoint_deg: float = setting(
        COOL_DEG["F"], help="cool to this before the peak (warm up, with preheat: then 72 °F); 19.5 °C in a °C house"
    )
    battery_at_most_pct: float = setting(90.0, ge=0, le=100, help="precool at this charge or less")
    high_at_least_deg: float = setting(HOT_DEG["F"], help="precool on days this hot; 40.5 °C in a °C house")
    until: time | None = setting(None, help="end of the hold; by default the start of the next peak of the day")
    preheat: bool = setting(False, help="turned round for winter: warm up before the peak")
    high_at_most_deg: float = setting(
        COLD_DEG["F"], help="with preheat: a day whose high is this or less is cold; 4.5 °C in a °C house"
    )
    max_age_min: float = setting(20.0, gt=0, help="an older battery reading is not acted on")

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.thermostats:
            yield "thermostats", "needs at least one thermostat"
        if not self.battery and not self.weather:
            yield "battery", "is missing, and so is weather; one of them must say when to precool"

    def target_deg(self, unit: str) -> float:
        """Return the setpoint before the peak."""
        usual = HEAT_DEG if self.preheat else COOL_DEG
        return usual[unit] if self.setpoint_deg == COOL_DEG["F"] else self.setpoint_deg

    def limit_deg(self, unit: str) -> float:
        """Return the forecast high from which a day is hot (with preheat: up to which it is cold)."""
        if self.preheat:
            return COLD_DEG[unit] if self.high_at_most_deg == COLD_DEG["F"] else self.high_at_most_deg
        return HOT_DEG[unit] if self.high_at_least_deg == HOT_DEG["F"] else self.high_at_least_deg


@value
class Memory:
    """What was set for the hold that ends at `until`, and the cooling setpoints found before it."""

    until: datetime | None = None
    set_to: dict[str, float] = field(default_factory=dict)
    saved: dict[str, float] = field(default_factory=dict)


def hold_ends(settings: Settings, now: datetime, peaks: Sequence[Span] | None) -> datetime | None:
    """Return when a hold set now has to end, or None when there is nothing to precool for.

    `peaks` are today's; None when the tariff knows no windows at all.
    """
    if peaks is not None and not peaks:
        return None
    if settings.until is not None:
        ends = datetime.combine(now.date(), settings.until, now.tzinfo)
        return ends if now < ends else None
    if peaks is None or any(now in peak for peak in peaks):
        return None
    return min((peak.start for peak in peaks if peak.start > now), default=None)


def judge(
    battery: BatteryReading | None, weather: WeatherReading | None, settings: Settings, now: datetime, unit: str
) -> Reason:
    """Return what battery and forecast say."""
    soc_pct, high_deg = _charge(battery, settings, now), _high(weather, now)
    if soc_pct is None and high_deg is None:
        return Reason.NO_READING
    low = soc_pct is not None and soc_pct <= settings.battery_at_most_pct
    limit_deg = settings.limit_deg(unit)
    extreme = high_deg is not None and (high_deg <= limit_deg if settings.preheat else high_deg >= limit_deg)
    if low and extreme:
        return Reason.BOTH
    if extreme:
        return Reason.COLD_DAY if settings.preheat else Reason.HOT_DAY
    return Reason.LOW_BATTERY if low else Reason.NOT_NEEDED


def decide(
    battery: BatteryReading | None,
    weather: WeatherReading | None,
    thermostats: Mapping[str, ThermostatReading | None],
    settings: Settings,
    memory: Memory,
    now: datetime,
    peaks: Sequence[Span] | None,
    *,
    unit: str = "F",
) -> Decision[Memory]:
    """Hold a cooler setpoint until the peak begins, if the battery is low or the day is hot."""
    until = hold_ends(settings, now, peaks)
    if until is None:
        return Decision(Reason.NO_WINDOW, _no_window(settings, now, peaks), memory=memory)
    reason = judge(battery, weather, settings, now, unit)
    said = _said(battery, weather, settings, now, unit)
    if reason is Reason.NO_READING:
        return Decision(reason, said, memory=memory, exit_code=Exit.TRY_AGAIN)
    if reason is Reason.NOT_NEEDED:
        return Decision(reason, f"{said} Nothing to do.", memory=memory)
    if memory.until != until:
        memory = Memory(until=until)
    actions: list[Action] = []
    set_to: dict[str, list[str]] = {}
    notes: list[str] = []
    saved: dict[str, float] = dict(memory.saved)
    for name in settings.thermostats:
        target_deg, note = _target(name, thermostats.get(name), settings, memory, unit)
        if target_deg is None:
            notes.append(note)
            continue
        reading = thermostats[name]
        if not settings.preheat and reading is not None and reading.setpoint_deg is not None:
            saved.setdefault(name, reading.setpoint_deg)
        kind = SetHeatSetpoint if settings.preheat else SetCoolSetpoint
        actions.append(kind(name, target_deg, until))
        set_to.setdefault(deg_text(target_deg, unit), []).append(name)
    parts = [f"{listed(names)} to {deg} until {until:%H:%M}" for deg, names in set_to.items()]
    because = " ".join([said, *[f"{capital('; '.join(parts))}." for _ in parts[:1]], *notes])
    silent = any(_is_silent(thermostats.get(name), settings) for name in settings.thermostats)
    return Decision(
        reason,
        because,
        actions,
        replace(memory, saved=saved),
        exit_code=Exit.TRY_AGAIN if silent else Exit.OK,
    )


def remember(memory: Memory, carried: Sequence[Carried]) -> Memory:
    """Note what each thermostat is known to show now, so that a person's change can be told from ours."""
    confirmed = {
        one.action.device: one.action.to
        for one in carried
        if isinstance(one.action, SetCoolSetpoint | SetHeatSetpoint)
        and one.outcome in (Outcome.DONE, Outcome.UNCHANGED)
    }
    return replace(memory, set_to=memory.set_to | confirmed)


def _target(
    name: str, reading: ThermostatReading | None, settings: Settings, memory: Memory, unit: str
) -> tuple[float | None, str]:
    """Return the setpoint for one thermostat, or None and the sentence that says why it is left alone."""
    if reading is None:
        return None, f"{capital(name)} does not answer."
    present = reading.heat_setpoint_deg if settings.preheat else reading.setpoint_deg
    if _is_silent(reading, settings):
        return None, f"{capital(name)} does not tell its setpoint."
    if present is None or not (may_heat(reading) if settings.preheat else may_cool(reading)):
        state = "on vacation hold" if reading.hold == "vacation" else f"set to {reading.mode}"
        return None, f"{capital(name)} is {state} and is left alone."
    if name in memory.set_to and not same_deg(memory.set_to[name], present, unit):
        return None, f"{capital(name)} was set to {deg_text(present, unit)} by somebody else; that stays."
    if settings.preheat:
        target_deg = clamped(settings.target_deg(unit), reading.heat_min_deg, reading.heat_max_deg)
        milder = present > target_deg
    else:
        target_deg = clamped(settings.target_deg(unit), reading.cool_min_deg, reading.cool_max_deg)
        milder = present < target_deg
    if milder:
        return None, f"{capital(name)} is at {deg_text(present, unit)} already; that stays."
    return target_deg, ""


def _is_silent(reading: ThermostatReading | None, settings: Settings) -> bool:
    """Return whether a thermostat that would be set tells nothing to go by."""
    if reading is None:
        return True
    if settings.preheat:
        return reading.heat_setpoint_deg is None and may_heat(reading)
    return reading.setpoint_deg is None and may_cool(reading)


def _charge(battery: BatteryReading | None, settings: Settings, now: datetime) -> float | None:
    return battery.soc_pct if battery is not None and battery.is_fresh(now, settings.max_age_min) else None


def _high(weather: WeatherReading | None, now: datetime) -> float | None:
    if weather is None or weather.day not in (None, now.date()):
        return None
    return weather.high_deg


def _said(
    battery: BatteryReading | None, weather: WeatherReading | None, settings: Settings, now: datetime, unit: str
) -> str:
    """Return what is known of battery and weather, with the limits."""
    soc_pct, high_deg = _charge(battery, settings, now), _high(weather, now)
    parts = []
    if soc_pct is not None:
        word = "at most" if soc_pct <= settings.battery_at_most_pct else "above"
        limit_pct = settings.battery_at_most_pct
        parts.append(f"Battery at {charge_text(soc_pct, limit_pct)}, {word} {limit_pct:g} %.")
    elif settings.battery:
        parts.append("The battery's charge is not known.")
    if high_deg is not None:
        limit = deg_text(settings.limit_deg(unit), unit)
        beyond = high_deg >= settings.limit_deg(unit)
        bound = ("above" if high_deg > settings.limit_deg(unit) else "at most") if settings.preheat else "at least"
        word = bound if beyond or settings.preheat else "below"
        parts.append(f"The forecast high is {deg_text(high_deg, unit)}, {word} {limit}.")
    elif settings.weather:
        parts.append("The forecast is not known" + ("; the battery alone decides." if soc_pct is not None else "."))
    return " ".join(parts)


def _no_window(settings: Settings, now: datetime, peaks: Sequence[Span] | None) -> str:
    what = "preheat" if settings.preheat else "precool"
    if peaks is not None and not peaks:
        return f"Power is not dear at any time today: nothing to {what} for."
    if settings.until is not None:
        return f"It is past {settings.until:%H:%M}: too late to {what} today."
    if peaks is None:
        return f"Neither precool.until nor a tariff window says when to {what} for."
    if any(now in peak for peak in peaks):
        return f"The peak has begun: too late to {what}."
    return f"Today's peaks are over: nothing to {what} for."
