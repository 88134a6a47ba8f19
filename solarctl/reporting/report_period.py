"""What a report is about: a day, a month or a year of the site's calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from solarctl.control.wall_clock import begins_at
from solarctl.errors import UsageError
from solarctl.value import value

KINDS = ("day", "month", "year")
ONE_DAY = timedelta(days=1)


@value
class Period:
    """From midnight of `first` until midnight of `after`, in the site's zone."""

    kind: str
    first: date
    after: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        return begins_at(self.first, time(0), self.zone)

    @property
    def end(self) -> datetime:
        return begins_at(self.after, time(0), self.zone)

    @property
    def title(self) -> str:
        """The period as a person says it.

        >>> from datetime import UTC
        >>> period("month", "2026-07", date(2026, 1, 1), UTC).title
        'July 2026'
        """
        if self.kind == "day":
            return f"{self.first:%A} {self.first.day} {self.first:%B %Y}"
        return f"{self.first:%B %Y}" if self.kind == "month" else f"{self.first.year}"

    @property
    def name(self) -> str:
        """The period as part of a file's name: 2026-07-01, 2026-07 or 2026."""
        return self.first.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.kind]]

    def days(self) -> Iterator[date]:
        """Yield each day."""
        day = self.first
        while day < self.after:
            yield day
            day += ONE_DAY

    def of_day(self, day: date) -> Period:
        """Return one day of it."""
        return Period("day", day, day + ONE_DAY, self.zone)


def period(kind: str, which: str | None, today: date, zone: tzinfo) -> Period:
    """Return the period that is asked for: 2026-07-01, 2026-07, 2026, "yesterday", "last", or the present one."""
    if which is None or which == "today":
        first = today
    elif which == "yesterday":
        first = today - ONE_DAY
    elif which == "last":
        first = _begin(kind, today) - ONE_DAY
    else:
        try:
            first = date.fromisoformat(which + "-01-01"[len(which) - 4 :] if len(which) in (4, 7) else which)
        except ValueError:
            raise UsageError(
                f"{which!r} is no {kind}", hint="Such as 2026-07-01, 2026-07, 2026, yesterday or last."
            ) from None
    first = _begin(kind, first)
    return Period(kind, first, _after(kind, first), zone)


def _begin(kind: str, day: date) -> date:
    if kind == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if kind == "month" else day


def _after(kind: str, first: date) -> date:
    if kind == "day":
        return first + ONE_DAY
    if kind == "year" or first.month == 12:
        return date(first.year + 1, 1, 1)
    return first.replace(month=first.month + 1)
