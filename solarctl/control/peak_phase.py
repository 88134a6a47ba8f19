"""Peak or off-peak: until when, what belongs to it, and how it is called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from solarctl.control.peak_memory import Experience, Outlook
from solarctl.control.tariff import Span, Tariff
from solarctl.value import replace, value

if TYPE_CHECKING:
    from solarctl.control.peak_mode import Settings

HIGHEST_BUT_FULL_PCT = 80.0  # since firmware 25.18 Powerwalls take 0–80 or 100 %, and nothing in between
FULL_PCT = 100.0
AHEAD = timedelta(hours=18)  # a peak of the afternoon is looked ahead to from the evening before
OUTLOOK_HOLDS = timedelta(hours=3)
ANEW = timedelta(hours=1)  # so often the forecast is looked at
ANEW_IN_TROUBLE = timedelta(minutes=15)
Level = float | str  # a reserve in %, or a mode


@value
class Phase:
    """A stretch of time between two edges. `key` tells it from the one before; `explained` is what to add, if any."""

    is_peak: bool
    key: str
    text: str
    target: Level
    explained: str
    is_foreseen: bool | None = None  # whether a forecast says so; None: where none is asked for


def phase_at(tariff: Tariff, settings: Settings, now: datetime, outlook: Outlook | None = None) -> Phase:
    """Return the phase that a moment belongs to, the lead included."""
    phase = _by_the_clock(tariff, settings, now)
    if phase.is_peak or not settings.forecast:
        return phase
    edge = tariff.next_edge(now, settings.lead_min)
    key = f"off-peak until {edge}"  # one for all of it: what a person chose stays, however the forecast changes
    peak = tariff.next_peak(now, within_days=3)
    if peak is None or peak.start.astimezone(UTC) - now.astimezone(UTC) > AHEAD:
        return replace(phase, key=key)
    if outlook is None or outlook.peak != peak.start or not _holds(outlook, now):
        because = " There is no forecast to go by (none was told lately)."
        return replace(phase, key=key, explained=phase.explained + because, is_foreseen=False)
    if outlook.level_pct is None:
        return replace(phase, key=key, explained=f"{phase.explained} {outlook.because}", is_foreseen=False)
    highest = writable(max(settings.offpeak_reserve_pct, lowest_pct(settings)), settings.floor_pct)
    level = min(highest, max(lowest_pct(settings), outlook.level_pct))
    text = f"Off-peak until {edge:%a %H:%M}"
    return Phase(False, key, text, writable(level, settings.floor_pct), f" {outlook.because}", is_foreseen=True)


def due(known: Outlook | None, tariff: Tariff, settings: Settings, now: datetime) -> Span | None:
    """Return the peak that should be looked ahead to now, if any."""
    if not settings.forecast or tariff.peak_at(now, settings.lead_min) is not None:
        return None
    peak = tariff.next_peak(now, within_days=3)
    if peak is None or peak.start.astimezone(UTC) - now.astimezone(UTC) > AHEAD:
        return None
    if known is not None and known.peak == peak.start:
        age = now.astimezone(UTC) - known.made_at.astimezone(UTC)
        if timedelta(0) <= age < (ANEW_IN_TROUBLE if known.level_pct is None else ANEW):
            return None
    return peak


def knows_yesterday(known: Experience, now: datetime) -> bool:
    """Return whether all days that are over have been learned from."""
    return known.learned_until is not None and known.learned_until >= now.date() - timedelta(days=1)


def _holds(outlook: Outlook, now: datetime) -> bool:
    return timedelta(0) <= now.astimezone(UTC) - outlook.made_at.astimezone(UTC) < OUTLOOK_HOLDS


def lowest_pct(settings: Settings) -> float:
    """Return what is kept for outages outside the peak, however little the next peak will need."""
    idle_pct = settings.offpeak_reserve_pct if settings.idle_reserve_pct is None else settings.idle_reserve_pct
    return max(idle_pct, settings.floor_pct)


def _by_the_clock(tariff: Tariff, settings: Settings, now: datetime) -> Phase:
    span = tariff.peak_at(now, settings.lead_min)
    edge = tariff.next_edge(now, settings.lead_min)
    is_peak = span is not None
    if span is not None:
        when = f"{span.name}, {span.start:%H:%M}–{span.end_text}"
        text = f"Peak ({when})" if span.contains(now) else f"Peak ahead ({when})"
    else:
        holiday = ", a holiday" if tariff.is_holiday(tariff.day(now)) else ""
        text = f"Off-peak{holiday}" + (f" until {edge:%a %H:%M}" if edge is not None else "")
    is_idle = not is_peak and _is_idle(tariff, settings, now)
    if is_idle:
        edge = next_change(tariff, settings, now)
        text = f"{text}, no peak within {settings.ready_h:g} h"
    key = f"{'peak' if is_peak else 'idle' if is_idle else 'off-peak'} until {edge}"
    level = wanted(settings, peak=is_peak, idle=is_idle)
    return Phase(is_peak, key, text, level, _explained(settings, level, peak=is_peak, idle=is_idle))


def next_change(tariff: Tariff, settings: Settings, now: datetime) -> datetime | None:
    """Return until when the phase of a moment lasts; None when there is never another."""
    edges = [tariff.next_edge(now, settings.lead_min)]
    if settings.idle_reserve_pct is not None:
        edges.append(tariff.next_edge(now, _ready_min(settings)))
    return min((edge for edge in edges if edge is not None), key=lambda edge: edge.timestamp(), default=None)


def _is_idle(tariff: Tariff, settings: Settings, now: datetime) -> bool:
    return settings.idle_reserve_pct is not None and tariff.peak_at(now, _ready_min(settings)) is None


def _ready_min(settings: Settings) -> float:
    return max(settings.ready_h * 60, settings.lead_min)


def wanted(settings: Settings, *, peak: bool, idle: bool = False) -> Level:
    """Return the mode or the reserve (in %) that belongs to peak or off-peak; never below the floor."""
    if settings.strategy == "mode":
        return settings.peak_mode if peak else settings.offpeak_mode
    return writable(_wish(settings, peak=peak, idle=idle), settings.floor_pct)


def _wish(settings: Settings, *, peak: bool, idle: bool) -> float:
    level = settings.peak_reserve_pct if peak else settings.offpeak_reserve_pct
    if idle and settings.idle_reserve_pct is not None:
        level = settings.idle_reserve_pct
    return max(level, settings.floor_pct)


def writable(level_pct: float, floor_pct: float) -> float:
    """Return the reserve nearest to `level_pct` that a Powerwall takes and that is not below the floor.

    >>> writable(85, floor_pct=0), writable(95, floor_pct=0), writable(85, floor_pct=85)
    (80.0, 100.0, 100.0)
    """
    if level_pct <= HIGHEST_BUT_FULL_PCT or level_pct >= FULL_PCT:
        return float(level_pct)
    middle = (HIGHEST_BUT_FULL_PCT + FULL_PCT) / 2
    return FULL_PCT if level_pct > middle or floor_pct > HIGHEST_BUT_FULL_PCT else HIGHEST_BUT_FULL_PCT


def what(level: Level) -> str:
    """Return a level with its name."""
    return f"mode {level}" if isinstance(level, str) else f"reserve {level:g} %"


def level_text(level: Level) -> str:
    """Return a level alone."""
    return level if isinstance(level, str) else f"{level:g} %"


def _explained(settings: Settings, level: Level, *, peak: bool, idle: bool) -> str:
    """Return why the reserve is not the one that was wished for, if it is not."""
    wish = _wish(settings, peak=peak, idle=idle)
    if settings.strategy == "mode" or level == wish:
        return ""
    return f" ({wish:g} % cannot be set: Powerwalls take 0–80 % or 100 %.)"
