"""The schedule against devices and clouds: two hands on one device, more requests than a cloud gives, tokens.

Requests are estimated: one for each device that a run names, and one of several devices of an account that answers
for all of them at once. Writes and repetitions come on top; so a limit is called near from 90 % on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from solarctl.device_keys import device_keys
from solarctl.errors import Problem
from solarctl.schedule.crontab import Job, runs, times_of_day
from solarctl.schedule.lint_lines import problem

if TYPE_CHECKING:
    from solarctl.schedule.linting import Schedule

# driver or service -> requests a day, in whose words. Sources are in the drivers' own notes.
A_DAY = {
    "solax-cloud": (9_500, "SolaxCloud allows 10 000 requests a day and shuts out for an hour who asks more"),
    "tuya": (860, "Tuya's trial plan has about 26 000 requests a month"),
    "honeywell-tcc": (400, "Honeywell's portal locks out who asks every few minutes"),
    "openweather": (1_000, "OpenWeather's One Call has 1 000 free requests a day"),
    "open-meteo": (10_000, "Open-Meteo gives homes 10 000 requests a day"),
    "open-meteo-solar": (10_000, "Open-Meteo gives homes 10 000 requests a day"),
    "forecast-solar": (288, "Forecast.Solar gives 12 requests an hour without a key"),
    "solcast": (10, "Solcast's hobby plan has 10 requests a day"),
}
ONE_ANSWER_FOR_ALL = ("solax-cloud", "huawei-sun2000", "tesla")
CACHED = ("open-meteo", "openweather", "nws", "open-meteo-solar", "forecast-solar", "solcast", "quartz")
CACHE_MIN = 30  # a forecast is asked for at most so often
RECORDED_MIN = {"honeywell-tcc": 30, "tuya": 15}  # `record` asks at most so often; it has the last answer meanwhile
IN_PEAKS_ONLY = ("precool", "thermostat-step")  # they ask nobody at other times; a peak is a quarter of a day
NEAR = 0.9
DESIGNED_TOGETHER = ({"precool", "thermostat-step"}, {"peak-mode", "eod-status"}, {"plan", "apply"})


def check(schedule: Schedule) -> Iterator[Problem]:
    yield from _two_hands(schedule)
    yield from _quotas(schedule)
    yield from _tokens(schedule)


def named(command: str, schedule: Schedule) -> dict[str, bool]:
    """Return the devices that a command works with, and whether it steers them."""
    if command == "record":
        return dict.fromkeys(schedule.config.names("devices"), False)
    settings = schedule.settings.get("plan" if command == "apply" else command)
    found: dict[str, bool] = {}
    for key in device_keys(settings) if settings is not None else ():
        found[key.device] = found.get(key.device, False) or key.steers
    return found


def _two_hands(schedule: Schedule) -> Iterator[Problem]:
    hands: dict[str, dict[str, Job]] = {}
    for job in schedule.jobs:
        if job.name == "device" and len(job.argv) > 3 and job.argv[1] not in ("list", "read"):
            hands.setdefault(job.argv[2], {})[f"device {job.argv[1]}"] = job
        elif job.name == "force" and len(job.argv) > 1:
            continue  # rules heed it
        else:
            for name, steers in named(job.name, schedule).items():
                if steers and schedule.of(job.name):
                    hands.setdefault(name, {})[job.name] = job
    for device, commands in hands.items():
        names = set(commands)
        if len(names) > 1 and not any(names <= pair for pair in DESIGNED_TOGETHER):
            last = max(commands.values(), key=lambda job: job.line)
            message = f"{device} is steered by {' and '.join(sorted(names))}; they would work against each other"
            yield problem(last, message, "Take one of the lines out.")


def _quotas(schedule: Schedule) -> Iterator[Problem]:
    asked: Counter[tuple[str, str]] = Counter()
    busiest: dict[tuple[str, str], tuple[int, Job]] = {}
    for job, count in runs_a_day(schedule):
        for account, kind, requests in _requests(job, count, schedule):
            asked[account, kind] += requests
            if requests > busiest.get((account, kind), (0, job))[0]:
                busiest[account, kind] = (requests, job)
    for (account, kind), requests in asked.items():
        limit, words = A_DAY.get(kind, (0, ""))
        if limit and requests > NEAR * limit:
            over = "more than" if requests > limit else "near"
            message = f"the schedule asks {account} about {requests} times a day, {over} what it gives: {words}"
            hint = "Let this line run more seldom."
            yield problem(busiest[account, kind][1], message, hint, severity="error" if requests > limit else "warning")


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


def _requests(job: Job, count: int, schedule: Schedule) -> Iterator[tuple[str, str, int]]:
    config = schedule.config
    per_account: Counter[tuple[str, str]] = Counter()
    if job.name in IN_PEAKS_ONLY:
        count //= 4
    for name in named(job.name, schedule):
        driver = str(config.find(f"devices.{name}.driver") or "")
        account = config.find(f"devices.{name}.account")
        if driver in CACHED and job.name == "record":
            continue  # it asks meters
        if driver in CACHED:
            yield name, driver, min(count, round(1440 / CACHE_MIN))
        elif isinstance(account, str):
            per_account[account, str(config.find(f"accounts.{account}.service") or "")] += 1
    for (account, service), devices in per_account.items():
        seldom = RECORDED_MIN.get(service) if job.name == "record" else None
        asks = min(count, 1440 // seldom) if seldom else count
        yield account, service, asks * (1 if service in ONE_ANSWER_FOR_ALL else devices)


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
