"""What `peak-mode` asks for its forecast: the sun once an hour, the heat now and then, yesterday's load once a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from solarctl.capabilities import LoadMeter, SolarForecast, WeatherForecast
from solarctl.control.peak_memory import Experience
from solarctl.control.peak_mode import Memory, Settings
from solarctl.control.peak_outlook import FEWEST, foreseen, learned, with_high
from solarctl.control.peak_phase import due
from solarctl.control.plan_base import days_to_learn
from solarctl.control.tariff import Span, Tariff
from solarctl.errors import ConfigError, Problem, StateError
from solarctl.run import Run
from solarctl.value import replace

HEAT_ANEW = timedelta(hours=6)


def looked_ahead(run: Run, settings: Settings, tariff: Tariff, memory: Memory) -> Memory:
    """Return the memory with what the next peak will need, where it is time to look."""
    sun = run.site.get(settings.forecast, SolarForecast)
    heat = run.site.get(settings.weather, WeatherForecast) if settings.weather else None
    known = _learned(run, _meter(run, settings), tariff, memory.learned)
    peak = due(known.outlook, tariff, settings, run.now)
    if peak is not None:
        if heat is not None:
            known = _with_high(run, settings.weather, heat, known, peak)
        told = None
        if len(known.days) >= FEWEST:
            told = run.read(settings.forecast, lambda: sun.read_production(run.now, peak.end, slot_min=60))
        unit = run.config.site.temperature_unit
        known = replace(known, outlook=foreseen(told, known, settings, peak, run.now, unit=unit))
    return replace(memory, learned=known)


def _with_high(run: Run, name: str, heat: WeatherForecast, known: Experience, peak: Span) -> Experience:
    """Return what is known of the peak's day: asked anew every six hours, and kept where nobody answers."""
    day = peak.start.date()
    if day.isoformat() in known.highs and known.high_at is not None:
        age = run.now.astimezone(UTC) - known.high_at.astimezone(UTC)
        if timedelta(0) <= age < HEAT_ANEW:
            return known
    told = run.read(name, lambda: heat.read_high(day))
    if told is None or told.high_deg is None or told.day not in (None, day):
        return known
    return with_high(known, day, told.high_deg, run.now)


def _meter(run: Run, settings: Settings) -> str:
    """Return the device whose load is learned from."""
    if settings.load:
        run.site.get(settings.load, LoadMeter)
        return settings.load
    if run.site.offers(settings.battery, LoadMeter):
        return settings.battery
    message = f"{settings.battery} does not tell what the house draws, which the forecast goes by"
    raise ConfigError([Problem("peak-mode.load", message, 'Add load = "…", the meter of the house.')])


def _learned(run: Run, meter: str, tariff: Tariff, known: Experience) -> Experience:
    """Return what is known with the peak days that are over; history is read once a day."""
    if run.what_if:
        return known
    for day in days_to_learn(known.learned_until, run.now.date()):
        if any(span.window.peak for span in tariff.windows_on(day)):
            begin = datetime.combine(day, datetime.min.time(), run.config.timezone)
            try:
                rows = run.history.readings(meter, "load", begin, begin + timedelta(days=1) - timedelta(seconds=1))
            except StateError as error:
                run.warn(f"what the house took on {day:%d %B} was not learned: {error}")
                return known
            known = learned(known, day, rows)
        known = replace(known, learned_until=day)
    return known
