"""Runs that should have happened and did not: the crontab's moments against the history of decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from solarctl.run import Run
from solarctl.schedule.crontab import Job, runs
from solarctl.schedule.installed import installed
from solarctl.schedule.zones import as_cron_sees, machine_zone

LOOK_BACK_H = 26
GRACE_MIN = 10  # a run may be late, or busy, before it counts as missed


def missed_runs(
    run: Run, *, jobs: tuple[Job, ...] | None = None, look_back_h: float = LOOK_BACK_H
) -> list[dict[str, Any]]:
    """Return {command, at} for each command's newest scheduled moment that left no trace in history.

    Only commands that record decisions are looked at, and only moments between `look_back_h` hours
    and GRACE_MIN minutes ago.
    """
    jobs = installed().ours if jobs is None else jobs
    watched = [job for job in jobs if run.config.find(job.name) is not None]
    if not watched:
        return []
    now = run.now.astimezone(machine_zone())  # cron's hours are this computer's
    newest: dict[str, Any] = {}
    for at, job in runs(
        as_cron_sees(tuple(watched)), now - timedelta(hours=look_back_h), now - timedelta(minutes=GRACE_MIN)
    ):
        newest[job.name] = at.astimezone(run.config.timezone)
    missed = []
    for name, at in newest.items():
        if not run.history.decisions(command=name, since=at - timedelta(minutes=1), limit=1):
            missed.append({"command": name, "at": at.isoformat(timespec="minutes")})
    return missed
