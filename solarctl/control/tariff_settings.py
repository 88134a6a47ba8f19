"""[tariff]: what a kilowatt-hour costs when, and which windows of the day are peaks.

    [[tariff.windows]]      several a day; across midnight when `to` is not after `from`; "24:00" ends a day
    months, from_day/to_day the season; both may run across new year
    days                    "mon-fri", "sat,sun", "daily", ["mon", "wed"]; "holidays" adds the holidays
    [[tariff.versions]]     another tariff from `valid_from` on; what a version does not say stays as it was

A window belongs to the day on which it begins. On a holiday a peak window does not apply, unless `days` says
"holidays"; windows with `peak = false` follow the weekday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from functools import cached_property
from typing import Literal

from solarctl.capabilities import PriceForecast
from solarctl.settings import device, setting
from solarctl.value import value

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAYS = "holidays"
DAILY = frozenset(WEEKDAYS)


@value
class Holidays:
    """Which days count as holidays; the dates themselves are computed once a year (holiday_dates.py)."""

    country: str = setting("", help='country of the holidays, such as "US"; empty: only the extra dates')
    subdivision: str = setting("", help='state or province, such as "CA"')
    observed: Literal["nearest", "sunday", "none", "country"] = setting(
        "nearest",
        help="a holiday on a weekend: nearest (Sat to Fri, Sun to Mon), sunday (only Sun to Mon), none, "
        "or as the country's law has it",
    )
    extra: tuple[date, ...] = setting((), help="further dates")
    names: tuple[str, ...] = setting((), help="only these holidays; default: all, in the US the six of most tariffs")


@value
class Window:
    """A part of the day with a price of its own, or a peak."""

    from_: time = setting(help="when it begins, in the site's time")
    to: time = setting(help='when it ends; "24:00" is the end of the day')
    name: str = setting("peak", help="what you call it")
    peak: bool = setting(True, help="whether rules that avoid the peak go by it")
    months: tuple[int, ...] = setting((), ge=1, le=12, help="months in which it applies; default: all")
    from_day: str = setting("", help='first day of its season, such as "11-01"')
    to_day: str = setting("", help='last day of its season, such as "03-15"')
    days: str | tuple[str, ...] = setting("daily", help='"mon-fri", "sat,sun", "daily", a list; "holidays" adds those')
    import_price: float | None = setting(None, help="price per kWh bought; default: the tariff's")
    export_price: float | None = setting(None, help="price per kWh sold; default: the tariff's")

    def problems(self) -> Iterator[tuple[str, str]]:
        try:
            if not day_words(self.days):
                yield "days", "names no day"
        except ValueError as error:
            yield "days", str(error)
        for key, text in (("from_day", self.from_day), ("to_day", self.to_day)):
            if text and month_day(text) is None:
                yield key, f'must be a month and a day such as "11-01", not {text!r}'
        if bool(self.from_day) != bool(self.to_day):
            there, missing = ("from_day", "to_day") if self.from_day else ("to_day", "from_day")
            yield missing, f"is missing, though {there} is there"

    @cached_property
    def weekdays(self) -> frozenset[str]:
        """The days' words, ranges spelt out."""
        return day_words(self.days)

    def in_season(self, day: date) -> bool:
        """Return whether a day is in the window's season."""
        if self.months and day.month not in self.months:
            return False
        first, last = month_day(self.from_day), month_day(self.to_day)
        if first is None or last is None:
            return True
        this = (day.month, day.day)
        return first <= this <= last if first <= last else this >= first or this <= last

    def applies(self, day: date, *, is_holiday: bool) -> bool:
        """Return whether the window begins on that day."""
        if not self.in_season(day):
            return False
        if is_holiday and HOLIDAYS in self.weekdays:
            return True
        return WEEKDAYS[day.weekday()] in self.weekdays and not (is_holiday and self.peak)


@value
class Version:
    """What changes with a day."""

    valid_from: date = setting(help="first day of this version")
    import_price: float | None = setting(None, help="price per kWh bought, outside windows")
    export_price: float | None = setting(None, help="price per kWh sold, outside windows")
    holidays: Holidays | None = setting(None, help="which days count as holidays")
    windows: tuple[Window, ...] | None = setting(None, help="the windows, in place of all former ones")


@value
class Settings:
    currency: str = setting("USD", help="in which prices are")
    import_price: float = setting(0.11, help="price per kWh bought, outside windows")
    export_price: float = setting(0.03, help="price per kWh sold, outside windows")
    prices: str = device(PriceForecast, default="", help="a price device whose prices go before these")
    holidays: Holidays = setting(default_factory=Holidays, help="which days count as holidays")
    windows: tuple[Window, ...] = setting(default_factory=tuple, help="parts of the day with prices of their own")
    versions: tuple[Version, ...] = setting(default_factory=tuple, help="the tariff from later days on")

    def problems(self) -> Iterator[tuple[str, str]]:
        days = [version.valid_from for version in self.versions]
        if len(set(days)) < len(days):
            yield "versions", "two of them are valid from the same day"

    def on(self, day: date) -> Settings:
        """Return the tariff in force on a day, as if it had no versions."""
        now = replace(self, versions=())
        for version in sorted(self.versions, key=lambda one: one.valid_from):
            if version.valid_from > day:
                break
            said = {"import_price", "export_price", "holidays", "windows"}
            now = replace(now, **{key: value for key in said if (value := getattr(version, key)) is not None})
        return now


def day_words(days: str | tuple[str, ...]) -> frozenset[str]:
    """Return the words of `days` with ranges spelt out; `ValueError` says what is wrong.

    >>> sorted(day_words("sat-mon, holidays"))
    ['holidays', 'mon', 'sat', 'sun']
    """
    words = days.split(",") if isinstance(days, str) else [part for text in days for part in text.split(",")]
    found: set[str] = set()
    for word in (one.strip().lower() for one in words):
        first, dash, last = (part.strip()[:3] for part in word.partition("-"))
        if word in ("daily", "all"):
            found |= DAILY
        elif word == HOLIDAYS:
            found.add(HOLIDAYS)
        elif first in WEEKDAYS and (last in WEEKDAYS if dash else True):
            start = WEEKDAYS.index(first)
            length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
            found |= {WEEKDAYS[(start + step) % 7] for step in range(length + 1)}
        elif word:
            raise ValueError(f'{word!r} is no day; write "mon-fri", "sat,sun", "daily" or "holidays"')
    return frozenset(found)


def month_day(text: str) -> tuple[int, int] | None:
    """Return "MM-DD" as numbers, or None when it is no such day."""
    try:
        found = date.fromisoformat(f"2000-{text}")  # a leap year, so that 02-29 is a day
    except ValueError:
        return None
    return found.month, found.day
