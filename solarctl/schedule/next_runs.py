"""What runs when: the coming moments of a schedule, and what each run would decide then."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

from solarctl.context import Clock
from solarctl.schedule.crontab import Job, runs
from solarctl.schedule.zones import as_cron_sees, machine_zone

DOES_NOT_DECIDE = ("demo", "setup", "simulate", "balance")  # they live for long; asking them takes their whole time
OF_EVERY_LINE = ("-q", "--quiet")
WITH_A_VALUE = ("-c", "--config", "--state-dir")


def coming(jobs: Sequence[Job], now: datetime, hours: float) -> Iterator[tuple[datetime, Job]]:
    """Yield each run after `now`, in order, in `now`'s zone; the hours of the lines are those of this computer."""
    start = now.astimezone(machine_zone())
    for at, job in runs(as_cron_sees(tuple(jobs)), start + timedelta(seconds=1), start + timedelta(hours=hours)):
        yield at.astimezone(now.tzinfo), job


def row(at: datetime, job: Job) -> dict[str, Any]:
    """Return a run as JSON."""
    return {"at": at.isoformat(timespec="minutes"), "command": job.name, "line": shlex.join(job.argv)}


def decided(at: datetime, job: Job, options: Sequence[str], clock: Clock) -> dict[str, Any]:
    """Return a run with what the command says to `--now` at that moment: its reason, sentence and targets."""
    from solarctl.cli import execute
    from solarctl.runner import Environment

    found = row(at, job)
    if job.name in DOES_NOT_DECIDE:
        return found
    out, err = io.StringIO(), io.StringIO()
    code = execute([*job.argv, *options, "--now", at.isoformat(), "--json"], Environment(clock, out, err))
    try:
        said = json.loads(out.getvalue())
    except ValueError:
        return found | {"exit": int(code)}
    errors = [error["message"] for error in said.get("errors", ())]
    return found | {
        "reason": said.get("reason"),
        "because": said.get("because") or (errors[0] if errors else None),
        "actions": said.get("actions", []),
        "exit": int(code),
    }


def overview(jobs: Sequence[Job], now: datetime, hours: float) -> list[tuple[datetime, Job, str]]:
    """Return each line's next run, soonest first, and how it goes on: "every 5 min until 23:55"."""
    found = []
    for job in jobs:
        moments = (at for at, _ in coming((job,), now, hours))
        times = list(islice(moments, 2 if _is_all_day(job) else None))
        if times:
            found.append((times[0], job, _rhythm(times)))
    return sorted(found, key=lambda one: one[0].astimezone(UTC))


def _is_all_day(job: Job) -> bool:
    return job.schedule.split()[1:] == ["*", "*", "*", "*"]


def _rhythm(times: Sequence[datetime]) -> str:
    if len(times) < 2:
        return ""
    step = times[1] - times[0]
    last = next((a for a, b in pairwise(times) if b - a != step), times[-1])
    minutes = step.total_seconds() / 60
    every = "every minute" if minutes == 1 else f"every {minutes:g} min"
    if minutes >= 120:
        every = f"again after {minutes / 60:g} h"
    return every if last is times[-1] else f"{every} until {last:%H:%M}"


def told(rows: Sequence[tuple[dict[str, Any], str]], now: datetime) -> str:
    """Return runs, each with a remark, as a person reads them; the day is named where it changes."""
    from solarctl.explain import describe

    lines: list[str] = []
    day = now.date()
    width = max((len(_short(one)) for one, _ in rows), default=0)
    for one, remark in rows:
        at = datetime.fromisoformat(one["at"])
        if at.date() != day:
            day = at.date()
            lines.append(f"{day:%A} {day}")
        lines.append(f"{at:%H:%M}  {_short(one):{width}}  {remark}".rstrip())
        if one.get("because"):
            words = describe({"because": one["because"], "actions": one.get("actions", [])})
            lines += [f"       {line.rstrip()}" for line in words.splitlines()]
    return "\n".join(lines)


def _short(one: dict[str, Any]) -> str:
    """Return a line's words without the options that every line has."""
    words, shown = iter(shlex.split(one["line"])), []
    for word in words:
        if word in WITH_A_VALUE:
            next(words, None)
        elif word not in OF_EVERY_LINE:
            shown.append(word)
    return " ".join(shown)
