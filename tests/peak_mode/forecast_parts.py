"""Peak days gone by and forecasts of the sun, for peak-mode with a forecast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from solarctl.control.peak_memory import Experience, Outlook, PeakDay
from solarctl.control.peak_mode import Memory, Reason
from solarctl.readings import ForecastReading
from solarctl.value import replace
from tests.peak_mode.peak_rule_parts import RESERVE, TARIFF, at

AHEAD = replace(
    RESERVE,
    offpeak_reserve_pct=80.0,
    idle_reserve_pct=20.0,
    ready_h=4.0,
    forecast="sun",
    weather="sky",
    capacity_kwh=10.0,
)
EVENING, MORNING = "2026-07-14T21:00", "2026-07-15T09:00"
PEAK_DAY = TARIFF.next_peak(at(EVENING))
assert PEAK_DAY is not None


def days(*highs: float | None, load_kw: float = 0.5, in_peak_kw: float = 1.5) -> tuple[PeakDay, ...]:
    """Days with an even load, more of it from 14 to 20 o'clock; 1 kW more in the peak per 5 degrees above 90."""
    found = []
    for number, high_deg in enumerate(highs):
        more = 0.0 if high_deg is None else max(0.0, high_deg - 90) / 5
        hours = tuple(in_peak_kw + more if 14 <= hour < 20 else load_kw for hour in range(24))
        found.append(PeakDay(date(2026, 7, 1) + timedelta(days=number), hours, high_deg))
    return tuple(found)


def sun(now: datetime, morning_kw: float = 0.0, peak_kw: float = 0.0, **more: Any) -> ForecastReading:
    """A forecast by the hour: `morning_kw` from 10 to 14 o'clock, `peak_kw` from 14 to 18."""
    start = now.replace(minute=0)
    hours = [(start + timedelta(hours=n)).hour for n in range(30)]
    watts = tuple(1000 * (morning_kw if 10 <= h < 14 else peak_kw if 14 <= h < 18 else 0.0) for h in hours)
    return ForecastReading(**({"at": now, "start": start, "slot_min": 60, "solar_w": watts, "source": "x"} | more))


def experience(rows: Sequence[PeakDay], high_deg: float | None = 90.0, **more: Any) -> Experience:
    highs = {} if high_deg is None else {"2026-07-15": high_deg}
    return Experience(days=tuple(rows), highs=highs, **more)


def told(when: str, level_pct: float | None = 55.0, because: str = "Sun is expected.") -> Memory:
    """What is remembered of an outlook made at `when` for Wednesday's peak."""
    assert PEAK_DAY is not None
    return Memory(learned=Experience(outlook=Outlook(at(when), PEAK_DAY.start, level_pct, because)))


NONE = "There is no forecast to go by (sun does not know the coming sun)."
FORESEEN = [  # when, what is remembered, reason, target
    ("2026-07-15T09:00", told("2026-07-15T08:30"), Reason.FORECAST, 55.0),
    ("2026-07-14T20:00", told("2026-07-14T20:00"), Reason.FORECAST, 55.0),  # the evening before
    ("2026-07-15T09:00", told("2026-07-15T08:30", 5.0), Reason.FORECAST, 20.0),  # what is kept for outages
    ("2026-07-15T09:00", told("2026-07-15T08:30", 100.0), Reason.FORECAST, 80.0),  # offpeak_reserve_pct
    ("2026-07-15T13:50", told("2026-07-15T13:00"), Reason.PEAK, 0.0),
    ("2026-07-18T12:00", told("2026-07-18T12:00"), Reason.OFF_PEAK, 20.0),  # a Saturday: no peak to look ahead to
    # without a forecast to go by it is as without one: 20 % until four hours before the peak, 80 % from then on
    ("2026-07-15T09:59", Memory(), Reason.NO_FORECAST, 20.0),
    ("2026-07-15T10:00", Memory(), Reason.NO_FORECAST, 80.0),
    ("2026-07-15T09:59", told("2026-07-15T09:30", None, NONE), Reason.NO_FORECAST, 20.0),
    ("2026-07-15T10:00", told("2026-07-15T09:30", None, NONE), Reason.NO_FORECAST, 80.0),
    ("2026-07-15T10:00", told("2026-07-15T06:59"), Reason.NO_FORECAST, 80.0),  # too old
    ("2026-07-15T10:00", told("2026-07-15T10:30"), Reason.NO_FORECAST, 80.0),  # from a clock that was put back
    ("2026-07-16T10:00", told("2026-07-16T09:30"), Reason.NO_FORECAST, 80.0),  # of yesterday's peak
]
