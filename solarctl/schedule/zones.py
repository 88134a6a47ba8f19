"""Whose hours a crontab's hours are: this machine's, unless its cron knows CRON_TZ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from solarctl.schedule.crontab import Job

LOCALTIME = Path("/etc/localtime")
QUARTERS = (0, 15, 30, 45)


def machine_zone(path: Path = LOCALTIME) -> tzinfo:
    """Return the zone that this machine's cron goes by; a TZ in somebody's shell is not cron's."""
    try:
        name = str(path.resolve()).partition("/zoneinfo/")[2]
        if name:
            return ZoneInfo(name)
        with path.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC


@cache
def cron_knows_zones() -> bool:
    """Return whether this machine's cron heeds CRON_TZ: cronie does; Debian's, busybox's and macOS's do not."""
    import subprocess

    try:
        done = subprocess.run(["crontab", "-V"], capture_output=True, timeout=5, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"cronie" in (done.stdout + done.stderr).lower()


def as_cron_sees(jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    """Return the jobs without a CRON_TZ that this machine's cron does not heed."""
    from dataclasses import replace

    if not any("CRON_TZ" in job.environment for job in jobs) or cron_knows_zones():
        return jobs
    return tuple(replace(j, environment={k: v for k, v in j.environment.items() if k != "CRON_TZ"}) for j in jobs)


def differ(one: tzinfo, other: tzinfo, now: datetime) -> bool:
    """Return whether two zones' clocks ever differ within a year from now."""
    return any(day.astimezone(one).utcoffset() != day.astimezone(other).utcoffset() for day in _year(now))


def converted(hours: tuple[int, ...], site: tzinfo, machine: tzinfo, now: datetime, *, widen: bool) -> tuple[int, ...]:
    """Return the machine's hours that are the site's `hours`, in summer and in winter.

    Where the two zones change their clocks differently, or lie half an hour apart, no whole hour fits exactly:
    `widen` takes every hour that belongs to them at some time of the year, else only those that always do.
    """
    offsets = {_difference(day, site, machine) for day in _year(now)}
    fits = any if widen else all
    return tuple(
        hour
        for hour in range(24)
        if fits(
            (datetime(2000, 1, 2, hour, minute) + offset).hour in hours for offset in offsets for minute in QUARTERS
        )
    )


def _difference(moment: datetime, site: tzinfo, machine: tzinfo) -> timedelta:
    there, here = moment.astimezone(site).utcoffset(), moment.astimezone(machine).utcoffset()
    return (there or timedelta()) - (here or timedelta())


def _year(now: datetime) -> list[datetime]:
    return [now.astimezone(UTC) + timedelta(days=day) for day in range(0, 366, 5)]
