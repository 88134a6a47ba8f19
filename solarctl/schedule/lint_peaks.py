"""The schedule against the tariff: each peak needs a run that begins it, one that ends it, and what belongs before it.

A year of peaks is looked at, so that a mask of weekdays or months that skips a reset is found, and on which day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from solarctl.errors import ConfigError, Problem
from solarctl.schedule.crontab import Job, runs
from solarctl.schedule.lint_lines import problem
from solarctl.schedule.recommended import lines

if TYPE_CHECKING:
    from solarctl.control.tariff import Span, Tariff
    from solarctl.schedule.linting import Schedule

SOON = timedelta(minutes=30)
NEVER = timedelta(days=4)
DAYS = 366


def check(schedule: Schedule) -> Iterator[Problem]:
    for name in dict.fromkeys(line.command for line in lines(schedule.config) if not line.is_service):
        if schedule.config.find(name) is not None and not schedule.of(name):
            message = f"[{name}] is in the config, and no line runs it"
            yield Problem("crontab", message, "solarctl crontab print has the line.", None, "warning")
    spans = list(peaks(schedule))
    if not spans:
        return
    yield from _edges(schedule, spans)
    yield from _before(schedule, spans)
    yield from _after(schedule, spans)


def peaks(schedule: Schedule) -> Iterator[Span]:
    """Yield the tariff's peaks of the coming year."""
    if schedule.config.find("tariff") is None:
        return  # by default there are none
    tariff = _tariff(schedule)
    if tariff is None:
        return
    first = tariff.day(schedule.now) + timedelta(days=1)
    for day in range(DAYS):
        yield from (span for span in tariff.windows_on(first + timedelta(days=day)) if span.window.peak)


def _tariff(schedule: Schedule) -> Tariff | None:
    from solarctl import holiday_dates
    from solarctl.control import tariff

    try:
        settings = schedule.config.table("tariff", tariff.Settings)
        dates = holiday_dates.known(settings, schedule.now, schedule.cache, keep=False)
    except ConfigError:
        return None  # `check` says what is wrong with it
    return tariff.Tariff(settings, schedule.config.timezone, dates)


def _edges(schedule: Schedule, spans: Sequence[Span]) -> Iterator[Problem]:
    for name in ("peak-mode", "thermostat-step"):
        jobs = schedule.of(name)
        settings = schedule.settings.get(name)
        if not jobs or settings is None:
            continue
        lead = timedelta(minutes=getattr(settings, "lead_min", 0.0))
        found: dict[str, Problem] = {}
        for span in spans:
            started = following(jobs, span.start - lead, schedule)
            ended = following(jobs, span.end, schedule)
            if started is None or started >= span.end:
                found.setdefault(
                    "start", _edge(jobs[0], f"{name} does not run during the peak of {{}}", span.start, None)
                )
            elif started > span.start + SOON:
                found.setdefault("start", _edge(jobs[0], f"{name} begins the peak of {{}} late", span.start, started))
            if ended is None or ended > span.end + SOON:
                words = f"{name} has a start without an end: nothing ends the peak at {{}}"
                found.setdefault("end", _edge(jobs[-1], words, span.end, ended))
        yield from found.values()


def _edge(job: Job, words: str, edge: datetime, run: datetime | None) -> Problem:
    words = words.format(f"{edge:%a %Y-%m-%d %H:%M}")
    after = f"; the next run is on {run.astimezone(edge.tzinfo):%a %Y-%m-%d at %H:%M}" if run else ""
    hint = "Let it run every 5 minutes on every day: it knows peaks, weekdays and holidays itself."
    return problem(job, words + after, hint)


def following(jobs: Sequence[Job], moment: datetime, schedule: Schedule) -> datetime | None:
    """Return when one of the jobs runs next, `moment` included; None when not for days."""
    local = []
    for job in jobs:
        start = moment.astimezone(schedule.zone(job))
        local += [at for at, _ in _first(job, start)]
    return min(local, default=None)


def _first(job: Job, start: datetime) -> list[tuple[datetime, Any]]:
    from dataclasses import replace
    from itertools import islice

    plain = replace(job, environment={})  # the zone is start's
    return list(islice(runs((plain,), start, start + NEVER), 1))


def _before(schedule: Schedule, spans: Sequence[Span]) -> Iterator[Problem]:
    """Precooling after the peak has begun is dear."""
    jobs, settings = schedule.of("precool"), schedule.settings.get("precool")
    if not jobs or settings is None:
        return
    for span in spans:
        until = span.start
        if settings.until is not None:
            until = until.replace(hour=settings.until.hour, minute=settings.until.minute)
        last = _last_before(jobs, until, schedule)
        if last is None:
            next_run = following(jobs, until, schedule)
            when = f"; it runs at {next_run.astimezone(until.tzinfo):%H:%M}" if next_run else ""
            hint = "Let it run in the two hours before the peak: solarctl crontab print."
            words = f"precool does not run before the peak of {until:%a %Y-%m-%d %H:%M} begins{when}"
            yield problem(jobs[0], words, hint)
            return


def _last_before(jobs: Sequence[Job], until: datetime, schedule: Schedule) -> datetime | None:
    day = until.replace(hour=0, minute=0, second=0)
    found = following(jobs, day, schedule)
    return found if found is not None and found.astimezone(UTC) < until.astimezone(UTC) else None


def _after(schedule: Schedule, spans: Sequence[Span]) -> Iterator[Problem]:
    """An evening mail that is sent before the day's last peak is over tells half of it."""
    jobs = schedule.of("eod-status")
    if not jobs:
        return
    for span in spans:
        first = following(jobs, span.start, schedule)
        if first is not None and first.astimezone(UTC) < span.end.astimezone(UTC):
            words = f"eod-status mails at {first.astimezone(span.end.tzinfo):%H:%M}, before the peak ends"
            hint = f"Let it run from {span.end:%H:%M} on; solarctl crontab print has the line."
            yield problem(jobs[0], f"{words} ({span.end:%a %Y-%m-%d %H:%M})", hint, severity="warning")
            return
