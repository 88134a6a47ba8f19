"""Tomorrow's sun: what the panels will give, how sure that is, and what the past says about the service.

    forecast     the service's word, fresh or young enough
    cached       the service is silent; its last answer, with its age
    clear-sky    no answer at all: a clear sky times the last known clearness
    no-reading   not even that

Each day's real production is compared with what had been forecast for it the day before. The ratios of the last ten
days, without the quarter that is highest and the quarter that is lowest, give the correction of forecasts to come (0.5
to 1.5): for a shadow, dirt, or a wrong peak power. One wild day teaches nothing, nor does one on which hardly anything
came of a bright forecast: snow, or an inverter that was off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from solarctl.capabilities import SolarForecast, SolarMeter
from solarctl.decision import Decision
from solarctl.errors import Exit
from solarctl.readings import ForecastReading
from solarctl.settings import device, setting
from solarctl.value import replace, value

CLEAR_SKY = "clear sky"  # as the drivers call it
DAYS = 10  # over which the correction is averaged
USUAL_DAYS = 2  # of a ratio of 1, that are taken to have been before the first
SMALLEST_DAY_WH = 300.0  # a darker day teaches nothing
OFF = 0.2  # less of what was expected is no matter of calibration
SMALLEST_RATIO, LARGEST_RATIO = 0.3, 2.0
LARGEST_GAP = timedelta(minutes=30)
EDGE = timedelta(hours=3)  # a counter's first and last reading of a day may be so far from its ends


class Reason(StrEnum):
    FORECAST = "forecast"
    CACHED = "cached"
    CLEAR_SKY = "clear-sky"
    NO_READING = "no-reading"


@value
class Settings:
    solar: str = device(
        SolarMeter, default="", help="the panels' meter, to learn from; default: the plan's, or the only one"
    )
    device: str = device(SolarForecast, default="", help="the forecast device; default: the plan's, or the only one")
    slot_min: int = setting(15, ge=5, le=60, help="length of a slot")
    hours: float = setting(48.0, gt=0, le=96, help="how far ahead")


@value
class Memory:
    expected_wh: dict[str, float] = field(
        default_factory=dict
    )  # local day -> its forecast, uncorrected, of the day before
    ratios: dict[str, float] = field(default_factory=dict)  # local day -> produced over expected
    correction: float = 1.0


@value
class Sample:
    """The panels' power at a moment, and their lifetime counter where there is one."""

    at: datetime
    solar_w: float | None
    energy_kwh: float | None = None


def decide(reading: ForecastReading | None, memory: Memory, now: datetime) -> Decision[Memory]:
    """Return the forecast as a decision: the numbers, and a sentence about how good they are."""
    if reading is None:
        return Decision(Reason.NO_READING, "There is no forecast.", memory=memory, exit_code=Exit.TRY_AGAIN)
    age_s = max(0.0, reading.age_s(now))
    details: dict[str, Any] = {"forecast": to_json(reading), "age_s": round(age_s), "source": reading.source}
    if reading.guessed:
        details["guessed_slots"] = reading.guessed
    outlook = _outlook(reading)
    if reading.correction != 1:
        outlook += f" Corrected by {reading.correction:.2f}, learned from what was produced."
    if reading.source == CLEAR_SKY:
        because = f"{outlook} That is a guess: {reading.note}."
        return Decision(Reason.CLEAR_SKY, because, memory=memory, exit_code=Exit.TRY_AGAIN, details=details)
    if reading.note:
        because = f"{outlook} {reading.note}; its answer is {_age(age_s)} old.{_guessed(reading)}"
        return Decision(Reason.CACHED, because, memory=memory, details=details)
    because = f"{outlook} {reading.source}, told {_age(age_s)} ago.{_guessed(reading)}"
    return Decision(Reason.FORECAST, because, memory=memory, details=details)


def _guessed(reading: ForecastReading) -> str:
    if not reading.guessed:
        return ""
    slots = f"{reading.guessed} of {len(reading.solar_w)} slots"
    return f" It says nothing about {slots}; there a clear sky times the last known clearness stands."


def to_json(reading: ForecastReading) -> dict[str, Any]:
    """Return a forecast as the contract prints it, with the cautious and bold values where they are known."""
    row: dict[str, Any] = {
        "start": reading.start.isoformat(timespec="seconds"),
        "slot_min": reading.slot_min,
        "solar_w": [round(one, 1) for one in reading.solar_w],
    }
    if reading.low_w is not None and reading.high_w is not None:
        row |= {"p10_w": [round(w, 1) for w in reading.low_w], "p90_w": [round(w, 1) for w in reading.high_w]}
    return row


def slot_starts(reading: ForecastReading) -> list[datetime]:
    """Return when each slot begins, in the site's zone; an hour that comes twice is there twice."""
    start, zone = reading.start.astimezone(UTC), reading.start.tzinfo
    return [(start + timedelta(minutes=n * reading.slot_min)).astimezone(zone) for n in range(len(reading.solar_w))]


def energy_kwh(reading: ForecastReading, day: date | None = None) -> float:
    """Return the energy of a forecast, of one local day or in all, in kWh."""
    hours = reading.slot_min / 60
    return sum(w for at, w in zip(slot_starts(reading), reading.solar_w) if day in (None, at.date())) * hours / 1000


def expecting(memory: Memory, day: date, reading: ForecastReading) -> Memory:
    """Return the memory with a day's forecast, as the service told it; a guess teaches nothing."""
    if reading.source == CLEAR_SKY or reading.note or reading.guessed:
        return memory
    wh = 1000 * energy_kwh(reading, day) / (reading.correction or 1)
    kept = {name: one for name, one in memory.expected_wh.items() if date.fromisoformat(name) > day - timedelta(days=7)}
    return replace(memory, expected_wh=kept | {day.isoformat(): round(wh, 1)})


def learned(memory: Memory, day: date, produced_wh: float) -> Memory:
    """Return the memory after a day is over: one more ratio, and the correction that follows."""
    expected = memory.expected_wh.get(day.isoformat())
    if expected is None or expected < SMALLEST_DAY_WH or day.isoformat() in memory.ratios:
        return memory
    ratio = produced_wh / expected
    if ratio < OFF:
        return memory
    ratio = min(LARGEST_RATIO, max(SMALLEST_RATIO, ratio))
    ratios = dict(sorted((memory.ratios | {day.isoformat(): round(ratio, 3)}).items())[-DAYS:])
    return replace(memory, ratios=ratios, correction=_correction(list(ratios.values())))


def _correction(ratios: Sequence[float]) -> float:
    """Return the mean of the days' ratios without those at either end.

    >>> _correction([0.3]), _correction([0.8] * 9 + [2.0])
    (1.0, 0.8)
    """
    known = sorted([*ratios, *[1.0] * USUAL_DAYS])
    left_out = max(1, len(known) // 4)
    middle = known[left_out:-left_out]
    return round(min(1.5, max(0.5, sum(middle) / len(middle))), 4)


def produced_wh(samples: Sequence[Sample], start: datetime, end: datetime) -> float | None:
    """Return a day's production, by the counter or by the power; None when too much of it was not seen."""
    counted = [one for one in samples if one.energy_kwh is not None and start <= one.at <= end]
    if len(counted) >= 2 and counted[0].at - start <= EDGE and end - counted[-1].at <= EDGE:
        kwh = (counted[-1].energy_kwh or 0.0) - (counted[0].energy_kwh or 0.0)
        if kwh >= 0:
            return 1000 * kwh
    seen, wh = timedelta(0), 0.0
    powers = [(one.at, one.solar_w) for one in samples if one.solar_w is not None and start <= one.at <= end]
    for (first, before), (second, after) in pairwise(powers):
        if second - first <= LARGEST_GAP:
            seen += second - first
            wh += (before + after) / 2 * (second - first).total_seconds() / 3600
    return wh if seen >= 0.85 * (end - start) else None


def _outlook(reading: ForecastReading) -> str:
    hours = len(reading.solar_w) * reading.slot_min / 60
    text = f"{energy_kwh(reading):.1f} kWh in the next {hours:g} h"
    if not any(reading.solar_w):
        return f"No sun in the next {hours:g} h."
    best = max(range(len(reading.solar_w)), key=lambda n: reading.solar_w[n])
    at = slot_starts(reading)[best]
    return f"{text}, at most {reading.solar_w[best] / 1000:.1f} kW, {at:%A} at {at:%H:%M}."


def _age(age_s: float) -> str:
    if age_s < 90:
        return "a moment"
    return f"{age_s / 60:.0f} min" if age_s < 5400 else f"{age_s / 3600:.1f} h"
