"""The schedule against devices and clouds: two hands on one device, more requests than a cloud gives, tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from solarctl.errors import Problem
from solarctl.schedule.crontab import Job, runs, times_of_day
from solarctl.schedule.lint_lines import problem
from solarctl.schedule.quotas import A_DAY, NEAR, Asked, asked, named, total

if TYPE_CHECKING:
    from solarctl.schedule.linting import Schedule

DESIGNED_TOGETHER = ({"precool", "thermostat-step"}, {"peak-mode", "eod-status"}, {"plan", "apply"})


def check(schedule: Schedule) -> Iterator[Problem]:
    yield from _two_hands(schedule)
    yield from _quotas(schedule)
    yield from _tokens(schedule)


def _two_hands(schedule: Schedule) -> Iterator[Problem]:
    hands: dict[str, dict[str, Job]] = {}
    for job in schedule.jobs:
        if job.name == "device" and len(job.argv) > 3 and job.argv[1] not in ("list", "read"):
            hands.setdefault(job.argv[2], {})[f"device {job.argv[1]}"] = job
        elif job.name == "force" and len(job.argv) > 1:
            continue  # rules heed it
        else:
            for name, steers in named(job.name, schedule.config, schedule.settings).items():
                if steers and schedule.of(job.name):
                    hands.setdefault(name, {})[job.name] = job
    for device, commands in hands.items():
        names = set(commands)
        if len(names) > 1 and not any(names <= pair for pair in DESIGNED_TOGETHER):
            last = max(commands.values(), key=lambda job: job.line)
            message = f"{device} is steered by {' and '.join(sorted(names))}; they would work against each other"
            yield problem(last, message, "Take one of the lines out.")


def _quotas(schedule: Schedule) -> Iterator[Problem]:
    parts: list[Asked] = []
    busiest: dict[str, tuple[int, Job]] = {}
    for job, count in runs_a_day(schedule):
        for one in asked(job.name, count, schedule.config, schedule.settings):
            parts.append(one)
            if one.requests > busiest.get(one.whom, (0, job))[0]:
                busiest[one.whom] = (one.requests, job)
    for one in total(parts):
        if one.requests > NEAR * one.limit:
            is_over = one.requests > one.limit
            over = "more than" if is_over else "near"
            message = f"the schedule asks {one.whom} about {one.requests} times a day, {over} what it gives"
            hint = "Let this line run more seldom: solarctl crontab print shows how seldom."
            severity = "error" if is_over else "warning"
            words = f"{message}: {A_DAY[one.kind][1]}"
            yield problem(busiest[one.whom][1], words, hint, severity=severity)


def runs_a_day(schedule: Schedule) -> list[tuple[Job, int]]:
    """Return how often each job runs on its busiest day of the coming week."""
    start = schedule.now.replace(hour=0, minute=0, second=0, microsecond=0)
    counts = []
    for job in schedule.jobs:
        times = times_of_day(job)
        if times is not None:
            counts.append((job, len(times)))
            continue
        days = Counter((at - start).days for at, _job in runs((job,), start, start + timedelta(days=7)))
        counts.append((job, max(days.values(), default=0)))
    return counts


def _tokens(schedule: Schedule) -> Iterator[Problem]:
    from solarctl.schedule.lint_times import longest_gap_min
    from solarctl.schedule.recommended import renewing

    accounts = renewing(schedule.config)
    if not accounts:
        return
    jobs = schedule.of("token-refresh")
    if not jobs:
        message = f"no line renews the tokens of {', '.join(accounts)}: each run does it when it must, and waits"
        yield Problem("crontab", message, "solarctl crontab print has a line for token-refresh.", None, "warning")
        return
    gap_min = longest_gap_min(jobs, schedule)
    for account in accounts:
        life_min = LIFE_MIN.get(str(schedule.config.find(f"accounts.{account}.service")), 0)
        if life_min and gap_min > life_min:
            words = (
                f"token-refresh rests for {gap_min / 60:.0f} h, and a token of {account} lives {life_min / 60:.0f} h"
            )
            hint = "Let it run every 15 minutes; it asks nobody until a token is due."
            yield problem(jobs[0], words, hint)


LIFE_MIN = {"easee": 60, "tuya": 120, "tesla": 480}  # of an access token; the services' own answers say the same
