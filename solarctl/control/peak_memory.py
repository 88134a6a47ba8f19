"""What `peak-mode` remembers for its forecast: what peak days have taken so far, and what the next peak will need."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime

from solarctl.value import value


@value
class PeakDay:
    """What the house took on a day with a peak, by the hour of the clock, and how hot it was said to become."""

    day: date
    load_kwh: tuple[float, ...] = ()
    high_deg: float | None = None


@value
class Outlook:
    """The charge to keep for a peak, as foreseen at `made_at`; None where no forecast could be used."""

    made_at: datetime
    peak: datetime  # when it begins
    level_pct: float | None = None
    because: str = ""


@value
class Experience:
    """The peak days learned from, the highs told for the days to come, and the latest outlook."""

    days: tuple[PeakDay, ...] = ()
    learned_until: date | None = None
    highs: dict[str, float] = field(default_factory=dict)  # day -> its high, as last told
    high_at: datetime | None = None  # when the last of them was told
    outlook: Outlook | None = None
