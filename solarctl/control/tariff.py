"""The tariff on a certain day: windows as moments, what a kilowatt-hour costs now, and when that changes.

    settings = run.settings(tariff.Settings, "tariff")
    dates = holiday_dates.known(settings, run.now, run.context.cache_dir, keep=not run.dry_run)
    house_tariff = Tariff(settings, run.config.timezone, dates)
    house_tariff.peak_at(run.now, lead_min=10)

Windows are wall-clock times of the site (wall_clock.py says what that means on days with a change of clocks);
the computer's own zone plays no part. `settings.prices` may name a price device, whose prices the command asks for;
slots that it does not know have the prices of this tariff.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from solarctl.control.tariff_settings import Holidays, Settings, Version, Window
from solarctl.control.wall_clock import begins_at, earlier, ends_at
from solarctl.value import value

ONE_DAY = timedelta(days=1)
A_YEAR_AND_MORE = 370  # days: after a whole year without an edge there is none

__all__ = ["Holidays", "Price", "Settings", "Span", "Tariff", "Version", "Window"]


@value
class Span:
    """A window on a certain day: from `start` until just before `end`, both in the site's zone."""

    window: Window
    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        return self.window.name

    @property
    def end_text(self) -> str:
        """Its end as people write it: the end of a day is 24:00."""
        text = f"{self.end:%H:%M}"
        return "24:00" if text == "00:00" else text

    def contains(self, now: datetime, *, lead_min: float = 0.0) -> bool:
        """Return whether `now` is in it, or at most `lead_min` before it."""
        moment = now.astimezone(
            UTC
        )  # two moments of one zone would be compared by the wall, in the hour that comes twice
        return earlier(self.start, lead_min).astimezone(UTC) <= moment < self.end.astimezone(UTC)


@value
class Price:
    """What a kilowatt-hour costs (import) and earns (export)."""

    import_price: float
    export_price: float


class Tariff:
    """The house's tariff. `holidays` are the dates of all countries' holidays that the settings ask for."""

    def __init__(self, settings: Settings, zone: tzinfo, holidays: Collection[date] = ()) -> None:
        self.settings = settings
        self._zone = zone
        self._holidays = frozenset(holidays)
        self._days: dict[date, tuple[Span, ...]] = {}

    def is_holiday(self, day: date) -> bool:
        """Return whether a day counts as a holiday."""
        return day in self._holidays or day in self.settings.on(day).holidays.extra

    def windows_on(self, day: date) -> tuple[Span, ...]:
        """Return the windows that begin on a day of the site, earliest first."""
        if day not in self._days:
            holiday = self.is_holiday(day)
            windows = self.settings.on(day).windows
            spans = [self._span(one, day) for one in windows if one.applies(day, is_holiday=holiday)]
            real = [span for span in spans if span.start.astimezone(UTC) < span.end.astimezone(UTC)]
            self._days[day] = tuple(sorted(real, key=lambda span: span.start.astimezone(UTC)))
        return self._days[day]

    def active_window(self, now: datetime) -> Span | None:
        """Return the window that `now` is in; of several at once a peak, else the one that began first."""
        here = [span for span in self._near(now) if span.contains(now)]
        return next((span for span in here if span.window.peak), here[0] if here else None)

    def peak_at(self, now: datetime, lead_min: float = 0.0) -> Span | None:
        """Return the peak window that `now` is in, its lead included (the start counts, the end does not)."""
        peaks = (span for span in self._near(now, lead_min) if span.window.peak)
        return next((span for span in peaks if span.contains(now, lead_min=lead_min)), None)

    def next_peak(self, now: datetime, within_days: int = A_YEAR_AND_MORE) -> Span | None:
        """Return the next peak window that begins after `now`."""
        for span in self._from(self.day(now), within_days):
            if span.window.peak and span.start.astimezone(UTC) > now.astimezone(UTC):
                return span
        return None

    def next_edge(self, now: datetime, lead_min: float = 0.0) -> datetime | None:
        """Return the next moment at which the peak (with its lead) begins or ends; None when it never does."""
        inside = self.peak_at(now, lead_min)
        if inside is None:
            following = self.next_peak(earlier(now, -lead_min))
            return earlier(following.start, lead_min) if following else None
        end = inside.end
        for _ in range(A_YEAR_AND_MORE):
            touching = self.peak_at(end, lead_min)
            if touching is None:
                return end
            end = touching.end
        return None

    def price_at(self, now: datetime) -> Price:
        """Return the prices of the tariff at a moment."""
        base = self.settings.on(self.day(now))
        span = self.active_window(now)
        if span is None:
            return Price(base.import_price, base.export_price)
        window = span.window
        return Price(
            base.import_price if window.import_price is None else window.import_price,
            base.export_price if window.export_price is None else window.export_price,
        )

    def _span(self, window: Window, day: date) -> Span:
        last = day if window.to > window.from_ else day + ONE_DAY
        return Span(window, begins_at(day, window.from_, self._zone), ends_at(last, window.to, self._zone))

    def day(self, now: datetime) -> date:
        """Return the site's date at a moment."""
        return now.astimezone(self._zone).date()

    def _near(self, now: datetime, lead_min: float = 0.0) -> Iterator[Span]:
        """Yield the windows that `now` can be in: yesterday's may run past midnight, tomorrow's may have a lead."""
        first = self.day(now) - ONE_DAY
        last = self.day(earlier(now, -lead_min))
        return self._from(first, (last - first).days + 1)

    def _from(self, first: date, days: int) -> Iterator[Span]:
        for offset in range(days):
            yield from self.windows_on(first + offset * ONE_DAY)
