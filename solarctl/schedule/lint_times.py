"""When lines run: the hour that a change of clocks skips or repeats, the wrong zone, single minutes, one line twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING

from solarctl.errors import Problem
from solarctl.schedule.crontab import Job
from solarctl.schedule.lint_lines import problem

if TYPE_CHECKING:
    from solarctl.schedule.linting import Schedule

# how long a rule may rest before the house feels it
LONGEST_MIN = {"grid-guard": 20, "easee-balance": 3, "balance": 2, "apply": 15, "plan": 180, "record": 20}


def check(schedule: Schedule) -> Iterator[Problem]:
    yield from _unheeded_zone(schedule)
    seen: dict[tuple[str, ...], Job] = {}
    for job in schedule.jobs:
        if job.schedule.startswith("@"):
            yield problem(job, f"{job.name} runs only when this computer starts", "Give it times.", severity="warning")
            continue
        yield from _either_day(job)
        yield from _zone(job, schedule)
        yield from _change_of_clocks(job, schedule)
        yield from _rare(job, schedule)
        first = seen.setdefault((*job.argv, job.schedule), job)
        if first is not job:
            yield problem(job, f"line {first.line} is the same", "Take one of them out.", severity="warning")


def _either_day(job: Job) -> Iterator[Problem]:
    _, _, day, _, weekday = job.schedule.split()
    if not day.startswith("*") and not weekday.startswith("*"):
        message = f"it runs on day {day} of the month and on weekday {weekday} as well: cron takes either, not both"
        yield problem(job, message, "Leave one of them *.", severity="warning")


def _unheeded_zone(schedule: Schedule) -> Iterator[Problem]:
    job = next((one for one in schedule.jobs if "CRON_TZ" in one.environment), None)
    if job is not None and not schedule.knows_zones:
        hint = f"The hours are those of {schedule.machine}: solarctl crontab print converts them."
        yield problem(job, f"this computer's cron does not know CRON_TZ={job.environment['CRON_TZ']}", hint)


def _zone(job: Job, schedule: Schedule) -> Iterator[Problem]:
    from solarctl.schedule import zones

    if _has_hours(job) and zones.differ(schedule.zone(job), schedule.config.timezone, schedule.now):
        message = f"its hours are those of {schedule.zone(job)}, and the house is in {schedule.config.timezone}"
        if not _is_converted(job, schedule):
            hint = "solarctl crontab print writes them for this computer."
            yield problem(job, message, hint, severity="warning")


def _is_converted(job: Job, schedule: Schedule) -> bool:
    """Return whether the line is as `crontab print` writes it, with hours converted."""
    from solarctl.errors import ConfigError
    from solarctl.schedule import printing, recommended, thrift
    from solarctl.schedule.crontab import parse

    where = printing.Place("/solarctl", (), schedule.config.timezone, schedule.config.site.timezone, schedule.now)
    try:
        lines = thrift.affordable(recommended.lines(schedule.config), schedule.config)
        text = "\n".join(printing.crontab_lines(lines, where, knows_zones=False, machine=schedule.machine))
    except ConfigError:
        return False
    return any(ours.name == job.name and ours.schedule == job.schedule for ours in parse(text).jobs)


def _has_hours(job: Job) -> bool:
    _, hour, day, _, weekday = job.schedule.split()
    return not (hour.startswith("*") and day.startswith("*") and weekday.startswith("*"))


def _change_of_clocks(job: Job, schedule: Schedule) -> Iterator[Problem]:
    minute, hour = job.schedule.split()[:2]
    if hour.startswith("*") or minute.startswith("*"):
        return  # frequent lines are made up for by the next one
    zone = schedule.zone(job)
    for change, step in changes_of_clocks(zone, schedule.now):
        wall = change.astimezone(zone)  # right after it
        skipped_h = [(wall - timedelta(hours=back)).hour for back in range(1, round(step.total_seconds() / 3600) + 1)]
        again_h = [(wall + timedelta(hours=on)).hour for on in range(round(-step.total_seconds() / 3600))]
        for hours, verb in ((skipped_h, "does not run"), (again_h, "may run twice")):
            if set(hours) & _hours_named(hour):
                day = f"{wall:%Y-%m-%d}"
                message = f"{job.name} {verb} on {day}: the clocks of {zone} change in the hour of {min(hours)}:00"
                yield problem(job, message, "Choose another hour, or */5.", severity="warning")


def changes_of_clocks(zone: tzinfo, now: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """Yield the moments of the next year at which a zone's clocks jump, and by how much."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for day in range(366):
        first = hour + timedelta(days=day)
        if _offset(first, zone) == _offset(first + timedelta(days=1), zone):
            continue
        for one in range(24):
            start = first + timedelta(hours=one)
            step = _offset(start + timedelta(hours=1), zone) - _offset(start, zone)
            if step:
                yield start + timedelta(hours=1), step


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _hours_named(field: str) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if first.isdigit():
            found |= set(range(int(first), int(last if dash else first) + 1, int(step or 1)))
    return found


def _rare(job: Job, schedule: Schedule) -> Iterator[Problem]:
    minute, hour = job.schedule.split()[:2]
    longest = LONGEST_MIN.get(job.name)
    gap_min = longest_gap_min(schedule.of(job.name), schedule) if longest else 0
    if longest and gap_min > longest:
        longest = max(longest, _recommended_min(job.name, schedule))
    if longest and gap_min > longest:
        message = f"{job.name} rests for {_span(gap_min)} at times; the house wants it every {longest} min or so"
        yield problem(job, message, "solarctl crontab print shows a better line.", severity="warning")
    elif job.name in ("peak-mode", "thermostat-step", "eod-status") and minute.isdigit() and not hour.startswith("*"):
        message = f"{job.name} runs at a single minute: what is missed then is not made up for"
        yield problem(job, message, "Write */5 in place of the minute; it is harmless.", severity="warning")


def _recommended_min(command: str, schedule: Schedule) -> int:
    """Return how seldom `crontab print` lets a command run, where clouds give no more."""
    from solarctl.schedule import recommended, thrift

    lines = thrift.affordable(recommended.lines(schedule.config), schedule.config)
    return max((line.every_min for line in lines if line.command == command), default=0)


def longest_gap_min(jobs: tuple[Job, ...], schedule: Schedule, days: int = 8) -> float:
    """Return the longest pause between two runs of these jobs within a week."""
    from solarctl.schedule.crontab import runs, times_of_day

    times = [times_of_day(job) for job in jobs]
    if times and len({job.environment.get("CRON_TZ") for job in jobs}) == 1 and None not in times:
        minutes = sorted({minute for of_job in times for minute in of_job or ()})
        return max(later - earlier for earlier, later in pairwise([*minutes, minutes[0] + 1440]))
    start = schedule.now.replace(second=0, microsecond=0)
    end = start + timedelta(days=days)
    previous, longest = start, timedelta()
    for at, _job in runs(jobs, start, end):
        longest = max(longest, at - previous)
        previous = at
    return max(longest, end - previous).total_seconds() / 60


def _span(minutes: float) -> str:
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 72 * 60 else f"{minutes / 1440:.0f} days"
