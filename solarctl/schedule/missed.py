"""Runs that should have happened and did not: the crontab's moments against the history of decisions.

A moment was kept when a decision was written down in its own time, which lasts until the next moment. A run made up
for later is still one that did not happen when it should. Moments close to each other form one gap; a frequent
command that was only late or busy for less than `GRACE` has none. Nothing is said about the time before `crontab
install`; of lines written by hand, about the time before the first record of all.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from solarctl.run import Run
from solarctl.schedule.crontab import Job, runs
from solarctl.schedule.installed import installed
from solarctl.schedule.since import noted
from solarctl.schedule.whose import is_of
from solarctl.schedule.zones import as_cron_sees, machine_zone
from solarctl.value import value

LOOK_BACK_H = 26
GRACE = timedelta(minutes=10)  # a run may be late, or busy, before it counts as missed
EARLY = timedelta(seconds=20)  # clocks that were set meanwhile
FREQUENT = 4  # so many moments before a command's first run of all: the line is new, nothing was missed
CLOSE = timedelta(hours=1)  # moments so near each other form one gap, sparse ones are told one by one
MOST_GAPS = 3  # of one command; more are told in one sentence


@value
class Gap:
    """Moments of one command that left no trace: `runs` from `at` on; `until` it ran again, if it did."""

    command: str
    at: datetime
    until: datetime | None = None
    runs: int = 1
    gaps: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return it as `status --json` prints it."""
        until = self.until.isoformat(timespec="minutes") if self.until else None
        return {"command": self.command, "at": self.at.isoformat(timespec="minutes"), "until": until, "runs": self.runs}

    def sentence(self, now: datetime) -> str:
        """Return it in words; the day is named where it is not today."""
        at = _clock(self.at, now)
        if self.runs == 1:
            return f"{self.command} should have run at {at} and did not."
        if self.gaps > 1:
            end = _clock(self.until or now, now)
            return f"{self.command} did not run {self.runs} times between {at} and {end}."
        if self.until is None:
            return f"{self.command} has not run since {at} ({self.runs} runs)."
        return f"{self.command} did not run between {at} and {_clock(self.until, now)} ({self.runs} runs)."


def missed_runs(run: Run, *, jobs: tuple[Job, ...] | None = None, look_back_h: float = LOOK_BACK_H) -> list[Gap]:
    """Return what did not run, command by command.

    Only commands that record decisions are looked at, and only moments between `look_back_h` hours
    and GRACE ago.
    """
    jobs = installed().ours if jobs is None else jobs
    watched = [job for job in jobs if run.config.find(job.name) is not None and is_of(job, run.config.path)]
    if not watched:
        return []
    now = run.now.astimezone(machine_zone())  # cron's hours are this computer's
    since = now - timedelta(hours=look_back_h)
    wanted: dict[str, list[datetime]] = {}
    for at, job in runs(as_cron_sees(tuple(watched)), since, now):
        wanted.setdefault(job.name, []).append(at.astimezone(run.config.timezone))
    installed_at = noted(run.state.read())
    found: list[Gap] = []
    for name, moments in wanted.items():
        ran = _moments_of(run, name, moments[0])
        began = installed_at.of(name)
        if began is not None:
            gaps = gaps_of(name, [one for one in moments if one >= began], ran, run.now)
        else:
            gaps = gaps_of(name, moments, ran, run.now)
            if gaps and not run.history.decisions(command=name, until=moments[0] - EARLY, limit=1):
                first = _first_trace(run, moments[0])
                known = [] if first is None else [one for one in moments if one >= first]
                gaps = _of_a_new_line(gaps_of(name, known, ran, run.now), ran, run.now)
        found += [_together(gaps)] if len(gaps) > MOST_GAPS else gaps
    return found


def _moments_of(run: Run, command: str | None, since: datetime) -> list[datetime]:
    rows = run.history.decisions(command=command, since=since - EARLY)
    return sorted(datetime.fromisoformat(row["at"]) for row in rows)


def _first_trace(run: Run, since: datetime) -> datetime | None:
    """Return from when on, at the earliest, anything ran here: before the first record of all nothing was installed."""
    if run.history.decisions(until=since - EARLY, limit=1):
        return since
    return next(iter(_moments_of(run, None, since)), None)


def gaps_of(command: str, moments: Sequence[datetime], ran: Sequence[datetime], now: datetime) -> list[Gap]:
    """Return the gaps among a command's moments, given when it ran; both in order.

    A single moment counts when its own time was GRACE at least: a frequent command may be late once.
    """
    found: list[Gap] = []
    missing: list[datetime] = []
    place = 0
    for at, following in pairwise([*dict.fromkeys(moments), None]):
        if at is None or at > now - GRACE:
            break  # it may still come
        if missing and at - missing[-1] > CLOSE:
            found += _gap(command, missing, ran)
            missing = []
        while place < len(ran) and ran[place] < at - EARLY:
            place += 1
        if place < len(ran) and (following is None or ran[place] < following - EARLY):
            found += _gap(command, missing, ran)
            missing = []
        else:
            missing.append(at)
    return found + _gap(command, missing, ran)


def _gap(command: str, missing: Sequence[datetime], ran: Sequence[datetime]) -> list[Gap]:
    if not missing:
        return []
    until = next(iter(ran[bisect(ran, missing[-1]) :]), None)
    if until is not None and until - missing[0] < GRACE:
        return []
    return [Gap(command, missing[0], until, len(missing))]


def _of_a_new_line(gaps: list[Gap], ran: Sequence[datetime], now: datetime) -> list[Gap]:
    """Return what of a command is told that has no older record: nobody knows since when its line is there."""
    if not ran:
        return gaps[-1:]
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [one for one in gaps if one.at > ran[0] or (one.runs < FREQUENT and one.at >= today)]


def _together(gaps: Sequence[Gap]) -> Gap:
    first, last = gaps[0], gaps[-1]
    return Gap(first.command, first.at, last.until, sum(one.runs for one in gaps), len(gaps))


def _clock(at: datetime, now: datetime) -> str:
    at = at.astimezone(now.tzinfo)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%a %H:%M}"
