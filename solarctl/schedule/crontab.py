"""Crontab text: its lines, the solarctl commands in them, and the moments they run at.

    parsed = parse('*/5 * * * * /opt/solarctl/bin/solarctl grid-guard -q')
    parsed.jobs[0].argv            # ('grid-guard', '-q')
    list(runs(parsed.jobs, start, end))

Both forms are read: a user's crontab, and /etc/cron.d with a user name before the command (`system=True`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

from solarctl.errors import Problem
from solarctl.value import value

_VARIABLE = r"""^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$"""
_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@value
class Job:
    """One line that runs something. `argv`: what stands after `solarctl`, empty for other programs."""

    schedule: str  # five fields, or @reboot
    command: str  # as cron hands it to the shell
    line: int
    program: str = ""  # the path in front of argv, as written
    argv: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    written: str = ""  # the command as it stands in the file, before cron takes what follows a % for its input
    source: str = "crontab"

    @property
    def name(self) -> str:
        """The solarctl command, such as grid-guard."""
        return next((word for word in self.argv if not word.startswith("-")), "")


@value
class Crontab:
    """A parsed crontab: its jobs, and the lines that do not parse."""

    jobs: tuple[Job, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def ours(self) -> tuple[Job, ...]:
        """The jobs that run solarctl."""
        return tuple(job for job in self.jobs if job.argv)


def parse(text: str, *, system: bool = False, source: str = "crontab") -> Crontab:
    """Read a crontab; what cron would refuse becomes a problem with its line."""
    jobs: list[Job] = []
    problems: list[Problem] = []
    environment: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        variable = re.match(_VARIABLE, line)
        if variable:
            environment = {**environment, variable[1]: variable[2].strip("\"'")}
            continue
        try:
            jobs.append(_job(line, number, environment, system=system, source=source))
        except ValueError as error:
            problems.append(Problem(source, str(error), f"It says: {line[:80]}", number))
    return Crontab(tuple(jobs), tuple(problems))


def runs(jobs: Iterable[Job], start: datetime, end: datetime) -> Iterator[tuple[datetime, Job]]:
    """Yield every moment from `start` up to (not including) `end` at which a job runs, in order.

    Times are those of CRON_TZ where a job has one, else of `start`'s zone; DST is handled as cron does.
    """
    import heapq
    from datetime import timedelta

    from cronsim import CronSim

    streams = []
    for index, job in enumerate(jobs):
        if job.schedule.startswith("@"):
            continue
        zone = job.environment.get("CRON_TZ")
        local = start.astimezone(ZoneInfo(zone)) if zone else start
        streams.append(_stream(CronSim(job.schedule, local - timedelta(minutes=1)), index, job, start, end))
    for at, _index, job in heapq.merge(*streams, key=lambda found: (found[0], found[1])):
        yield at.astimezone(start.tzinfo), job


def times_of_day(job: Job) -> tuple[int, ...] | None:
    """Return the minutes of the day at which a job runs, when that is so every day; None when days differ.

    Most lines are like that. Whoever counts their runs need not go through a week of them, minute by minute.

    >>> times_of_day(parse("0,30 6-7 * * * solarctl plan").jobs[0])
    (360, 390, 420, 450)
    """
    if job.schedule.split()[2:] != ["*", "*", "*"]:
        return None
    from datetime import UTC

    from cronsim import CronSim

    found = CronSim(job.schedule, datetime(2026, 1, 1, tzinfo=UTC))
    return tuple(60 * hour + minute for hour in sorted(found.hours) for minute in sorted(found.minutes))


def _stream(
    moments: Iterator[datetime], index: int, job: Job, start: datetime, end: datetime
) -> Iterator[tuple[datetime, int, Job]]:
    for moment in moments:
        if moment >= end:
            return
        if moment >= start:
            yield moment, index, job


def variables(text: str) -> dict[str, str]:
    """Return the variables that hold for a line put at the end of a crontab."""
    found = (re.match(_VARIABLE, line) for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {one[1]: one[2].strip("\"'") for one in found if one}


def _job(line: str, number: int, environment: Mapping[str, str], *, system: bool, source: str) -> Job:
    if line.startswith("@"):
        nickname, _, rest = line.partition(" ")
        if nickname != "@reboot" and nickname not in _NICKNAMES:
            raise ValueError(f"cron does not know {nickname}")
        schedule = _NICKNAMES.get(nickname, nickname)
    else:
        fields = line.split(None, 5)
        if len(fields) < 6:
            raise ValueError("five fields of time and a command are wanted")
        schedule, rest = " ".join(fields[:5]), fields[5]
        _check_schedule(schedule)
    rest = rest.strip()
    if system:
        _user, _, rest = rest.partition(" ")
    if not rest.strip():
        raise ValueError("there is no command after the time")
    command = _without_input(rest.strip())
    program, argv = _solarctl_words(command)
    return Job(schedule, command, number, program, argv, dict(environment), rest.strip(), source)


def _check_schedule(schedule: str) -> None:
    from datetime import UTC

    from cronsim import CronSim, CronSimError

    try:
        CronSim(schedule, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"cron would not take the time {schedule!r} ({error})") from None


def _without_input(command: str) -> str:
    r"""Return the command as the shell gets it: an unescaped % starts its standard input, \% is a plain one."""
    return re.split(r"(?<!\\)%", command, maxsplit=1)[0].replace("\\%", "%").strip()


def _solarctl_words(command: str) -> tuple[str, tuple[str, ...]]:
    import shlex

    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError as error:
        raise ValueError(f"the shell would not take the command ({error})") from None
    for index, word in enumerate(words):
        if word.rpartition("/")[2] == "solarctl":
            tail = words[index + 1 :]
            if index >= 2 and words[index - 1] == "-m":
                word = words[index - 2]
            stop = next((i for i, one in enumerate(tail) if set(one) & set("|&;<>()")), len(tail))
            redirected = stop < len(tail) and tail[stop][0] in "<>" and stop > 0 and tail[stop - 1].isdigit()
            return word, tuple(tail[: stop - 1 if redirected else stop])
    return "", ()
