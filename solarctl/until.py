"""When something shall end, as people type it; the one reader of it for all commands.

18:00                        the next time the clock shows it
tomorrow, friday             when that day begins; "tomorrow 06:00", "fri 18:00" at that hour
2h, +2h, 90min, 1h30m, 3d    from now on
2026-07-14, 2026-07-14T18:00 as they stand, in the site's zone
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from solarctl.errors import UsageError
from solarctl.forced import duration

FORMS = "Such as 18:00, tomorrow 06:00, friday, 2h, 90min, 2026-07-14 or 2026-07-14T18:00."
LATEST = timedelta(days=36525)  # a hundred years; whoever means longer has mistyped the year
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_SPAN = re.compile(r"\+?\s*\d+(?:\.\d+)?\s*[a-z].*")
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::00)?"
_DAY = re.compile(rf"(?P<day>[a-z]+)(?:[\s,]+(?:at\s+)?{_CLOCK})?|{_CLOCK.replace('P<', 'P<only_')}")


def end_of(text: str, now: datetime, option: str = "--until") -> datetime:
    """Return the moment a text means, after `now` and in its zone; `UsageError` when it is none, or past."""
    compact = text.strip().lower()
    try:
        found = _relative(compact, now) if _SPAN.fullmatch(compact) else _absolute(compact, now)
        end = found.astimezone(UTC)
    except ValueError:
        raise UsageError(f"{option} {text!r} is no time", hint=FORMS) from None
    except OverflowError:
        raise UsageError(f"{option} {text!r} is too far away", hint=FORMS) from None
    if end <= now.astimezone(UTC):
        raise UsageError(f"{option} {text!r} is past: it is {now:%A %Y-%m-%d %H:%M} now", hint=FORMS)
    if end - now.astimezone(UTC) > LATEST:
        raise UsageError(f"{option} {text!r} is more than a hundred years away", hint=FORMS)
    return end.astimezone(now.tzinfo)


def after(now: datetime, span: timedelta) -> datetime:
    """Return the moment a time span after `now`, by a clock that knows no summer time."""
    return (now.astimezone(UTC) + span).astimezone(now.tzinfo)


def _relative(text: str, now: datetime) -> datetime:
    try:
        return after(now, duration(text.removeprefix("+"), LATEST))
    except ValueError as error:
        raise UsageError(str(error), hint=FORMS) from None


def _absolute(text: str, now: datetime) -> datetime:
    found = _DAY.fullmatch(text)
    if found is None:
        moment = datetime.fromisoformat(text.upper())
        return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    if found["day"] is None:
        day, again = now.date(), 1  # tomorrow, when that is past today
    else:
        day, again = _day(found["day"], now.date())
    hour, minute = int(found["hour"] or found["only_hour"] or 0), int(found["minute"] or found["only_minute"] or 0)
    if (hour, minute) == (24, 0):
        day, hour = day + timedelta(days=1), 0
    first = _on(day, time(hour, minute), now)
    if not again or first.astimezone(UTC) > now.astimezone(UTC):
        return first
    return _on(day + timedelta(days=again), time(hour, minute), now)


def _day(word: str, today: date) -> tuple[date, int]:
    """Return the day a word names, and after how many days it comes again (0: never)."""
    if word in ("today", "tomorrow"):
        return today + timedelta(days=word == "tomorrow"), 0
    named = [number for number, name in enumerate(WEEKDAYS) if len(word) >= 2 and name.startswith(word)]
    if len(named) != 1:
        raise ValueError
    return today + timedelta(days=(named[0] - today.weekday()) % 7), 7


def _on(day: date, clock: time, now: datetime) -> datetime:
    """Return a wall-clock time of a day; of one that the clocks show twice, the first that is not past."""
    moment = datetime.combine(day, clock, now.tzinfo)
    second = moment.replace(fold=1)
    return second if moment.astimezone(UTC) <= now.astimezone(UTC) < second.astimezone(UTC) else moment
