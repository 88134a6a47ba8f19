"""How much charge the next peak will need: the sun that is foreseen, and what such days have taken before.

    the peak takes    what past peak days took by the hour, days as hot as this one above all, less the sun foreseen
    before it         what the sun will leave over by then need not be kept
    what is kept      the rest, and a tenth of the battery for what no forecast knows; in steps of 5 %

A forecast that is missing, old, too short or absurd, or fewer than three days to learn from: no level, and why.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from solarctl.control.forecast import CLEAR_SKY
from solarctl.control.peak_memory import Experience, Outlook, PeakDay
from solarctl.control.peak_phase import AHEAD, ANEW, ANEW_IN_TROUBLE, lowest_pct
from solarctl.control.plan_base import OPENING_DAYS
from solarctl.control.setpoints import deg_text
from solarctl.control.tariff import Span, Tariff
from solarctl.control.wall_clock import earlier
from solarctl.readings import ForecastReading
from solarctl.value import replace, value

if TYPE_CHECKING:
    from solarctl.control.peak_mode import Settings

OLDEST = timedelta(hours=12)  # of a forecast that a service told
DAYS, FEWEST = 30, 3  # peak days that are remembered, and that are needed
ALIKE_DEG = {"C": 1.5, "F": 2.7}  # days that differ by so much are still much alike
FADES = 0.97  # what a day counts beside the one after it
HIGHS = {"C": (-60.0, 65.0), "F": (-76.0, 149.0)}  # anything else is no temperature of this planet
MOST_W = 100_000.0  # no home has more of the sun
SUN_COUNTS = 0.95  # of the sun foreseen; tried on years of weather
SPARE_PCT = 10.0  # kept on top; tried likewise
STEP_PCT = 5.0
ONE_WAY = 0.95  # a kWh that goes into the cells or comes out of them loses so much
POWERWALL_KWH = 13.5  # 2 and 3
CHARGES_KW = 5.0  # a home battery takes no more of the sun


@value
class Piece:
    """Some minutes with one expectation, in kWh; `is_peak`: they are in the peak."""

    hours: float
    sun_kwh: float
    load_kwh: float
    is_peak: bool


def next_look(known: Outlook | None, tariff: Tariff, settings: Settings, now: datetime) -> datetime | None:
    """Return when `due` will next name a peak, at the earliest; None: not before the next edge."""
    edge = tariff.next_edge(now, settings.lead_min)
    if edge is None or tariff.peak_at(now, settings.lead_min) is not None:
        return None
    begins = earlier(edge, -settings.lead_min) - AHEAD
    if known is None or known.made_at < begins or known.peak <= now:
        return max(begins, now, key=datetime.timestamp)
    return known.made_at + (ANEW_IN_TROUBLE if known.level_pct is None else ANEW)


def foreseen(
    sun: ForecastReading | None, known: Experience, settings: Settings, peak: Span, now: datetime, *, unit: str = "F"
) -> Outlook:
    """Return how much charge to keep for a peak, and why; no level where nothing can be told."""
    high_deg = known.highs.get(peak.start.date().isoformat())
    load_kwh = expected_load(known.days, high_deg, unit)
    trouble = _trouble(sun, high_deg, settings, peak, now, unit) if load_kwh is not None else _too_few(known)
    if trouble or sun is None or load_kwh is None:
        return Outlook(now, peak.start, None, f"There is no forecast to go by ({trouble}).")
    pieces = list(_pieces(sun, load_kwh, peak, now))
    need_kwh = _needed(0.0, [one for one in pieces if one.is_peak])
    kept_kwh = _kept_kwh(need_kwh, [one for one in pieces if not one.is_peak], settings)
    level_pct = _level(kept_kwh, settings)
    sun_kwh = sum(one.sun_kwh for one in pieces)
    heat = "" if high_deg is None else f" and {deg_text(round(high_deg), unit)}"
    takes = f"the peak will need {need_kwh:.0f} kWh of the battery" if need_kwh > 0 else "the sun will carry the peak"
    because = (
        f"Until {peak.start:%a} {peak.end_text} {sun_kwh:.0f} kWh of sun{heat} are expected: {takes}, "
        f"so {level_pct:g} % are kept."
    )
    return Outlook(now, peak.start, level_pct, because)


def _too_few(known: Experience) -> str:
    return f"only {len(known.days)} of {FEWEST} peak days have been learned from"


def expected_load(days: Sequence[PeakDay], high_deg: float | None, unit: str) -> list[float] | None:
    """Return what a day with that high will take by the hour; never more or less than past days took."""
    if len(days) < FEWEST:
        return None
    weights = []
    for age, one in enumerate(reversed(days)):
        apart = 2.0 if high_deg is None or one.high_deg is None else (one.high_deg - high_deg) / ALIKE_DEG[unit]
        weights.append(max(1e-9, math.exp(-0.5 * apart * apart)) * FADES**age)
    total = sum(weights)
    rows = [one.load_kwh for one in reversed(days)]
    return [sum(weight * kwh for weight, kwh in zip(weights, hour)) / total for hour in zip(*rows)]


def learned(known: Experience, day: date, rows: Sequence[Mapping[str, Any]]) -> Experience:
    """Return what is known after one more peak day, from its readings of the load."""
    hours: list[list[float]] = [[] for _ in range(24)]
    for row in rows:
        watts = row.get("load_w")
        if isinstance(watts, int | float) and math.isfinite(watts) and 0 <= watts <= MOST_W:
            hours[datetime.fromisoformat(row["at"]).hour].append(float(watts))
    return learned_hours(known, day, hours)


def learned_hours(known: Experience, day: date, hours: Sequence[Sequence[float]]) -> Experience:
    """Return what is known after one more peak day, from W by the hour; one with gaps teaches nothing."""
    if not all(hours):
        return known
    kwh = tuple(round(sum(hour) / len(hour) / 1000, 2) for hour in hours)
    seen = PeakDay(day, kwh, known.highs.get(day.isoformat()))
    return replace(known, days=(*(one for one in known.days if one.day != day), seen)[-DAYS:])


def with_high(known: Experience, day: date, high_deg: float, now: datetime) -> Experience:
    """Return what is known with a day's high as it is told now; older days are forgotten once they are learned."""
    since = (day - timedelta(days=OPENING_DAYS + 1)).isoformat()
    highs = {one: deg for one, deg in known.highs.items() if one >= since}
    return replace(known, highs=highs | {day.isoformat(): high_deg}, high_at=now)


def _trouble(
    sun: ForecastReading | None, high_deg: float | None, settings: Settings, peak: Span, now: datetime, unit: str
) -> str:
    """Return what is wrong with the forecasts, or nothing."""
    name = settings.forecast
    if sun is None or not sun.solar_w or sun.source == CLEAR_SKY:
        return f"{name} does not know the coming sun"
    if now - sun.at > OLDEST:
        return f"what {name} tells is {(now - sun.at).total_seconds() / 3600:.0f} h old"
    if any(not math.isfinite(watts) or not 0 <= watts <= MOST_W for watts in sun.solar_w):
        return f"{name} tells powers that cannot be"
    ends = sun.start.astimezone(UTC) + len(sun.solar_w) * timedelta(minutes=sun.slot_min)
    if sun.start.astimezone(UTC) > now.astimezone(UTC) or ends < peak.end.astimezone(UTC):
        return f"{name} does not reach from now to the peak's end"
    low, high = HIGHS[unit]
    if settings.weather and high_deg is None:
        return f"{settings.weather} does not know how hot it will be"
    if high_deg is not None and not low <= high_deg <= high:
        return f"{settings.weather} tells a high of {high_deg:g} °{unit}"
    return ""


def _pieces(sun: ForecastReading, load_kwh: Sequence[float], peak: Span, now: datetime) -> Iterator[Piece]:
    """Yield the time from now to the peak's end, cut at each slot and at the peak's start."""
    begin, end, zone = peak.start.astimezone(UTC), peak.end.astimezone(UTC), peak.start.tzinfo
    first, slot = sun.start.astimezone(UTC), timedelta(minutes=sun.slot_min)
    at = now.astimezone(UTC)
    while at < end:
        index = int((at - first) // slot)
        until = min(first + (index + 1) * slot, end)
        if at < begin:
            until = min(until, begin)
        hours = (until - at).total_seconds() / 3600
        hour = at.astimezone(zone).hour
        yield Piece(hours, sun.solar_w[index] / 1000 * hours, load_kwh[hour] * hours, at >= begin)
        at = until


def _needed(after_kwh: float, pieces: Sequence[Piece]) -> float:
    """Return what must be in the cells before some pieces, so that nothing is bought and `after_kwh` are there then."""
    found = after_kwh
    for one in reversed(pieces):
        lacks_kwh = one.load_kwh - SUN_COUNTS * one.sun_kwh
        if lacks_kwh < 0:
            found = max(0.0, found - min(-lacks_kwh, CHARGES_KW * one.hours) * ONE_WAY)
        elif one.is_peak:  # before the peak the grid serves what the sun does not: what is kept stays kept
            found += lacks_kwh / ONE_WAY
    return found


def _kept_kwh(need_kwh: float, before: Sequence[Piece], settings: Settings) -> float:
    """Return what of a need must be kept now, because the sun will not bring it."""
    if need_kwh <= 0:
        return 0.0
    full_kwh = settings.capacity_kwh or POWERWALL_KWH
    return _needed(min(need_kwh + SPARE_PCT / 100 * full_kwh, full_kwh), before)


def _level(kept_kwh: float, settings: Settings) -> float:
    """Return the reserve for an energy, within what the owner allows."""
    below_pct = max(settings.peak_reserve_pct, settings.floor_pct)
    share_pct = 100 * kept_kwh / (settings.capacity_kwh or POWERWALL_KWH)
    pct = below_pct + math.ceil(share_pct / STEP_PCT - 1e-9) * STEP_PCT
    return max(lowest_pct(settings), min(pct, settings.offpeak_reserve_pct))
