"""A lint need not go through a week minute by minute where each day is alike."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from solarctl.schedule.crontab import parse, runs, times_of_day

START = datetime(2026, 7, 1, tzinfo=UTC)
LINES = ("*/5 * * * *", "0 6 * * *", "7,37 */2 * * *", "*/15 12-13 * * *", "@hourly", "@daily", "59 23 * * *")


@pytest.mark.parametrize("when", LINES)
def test_times_of_day_are_those_of_every_day(when):
    """The minutes that are worked out are those at which cron runs the line on each day of a week."""
    job = parse(f"{when} solarctl record").jobs[0]
    days: dict[int, list[int]] = {}
    for at, _job in runs([job], START, START + timedelta(days=7)):
        days.setdefault((at - START).days, []).append(at.hour * 60 + at.minute)
    assert list(days) == list(range(7))
    assert all(tuple(minutes) == times_of_day(job) for minutes in days.values())


@pytest.mark.parametrize("when", ["0 6 * * 1", "0 6 1 * *", "0 6 * 7 *", "@weekly", "@reboot"])
def test_days_that_differ_have_none(when):
    """A line that rests on some days, or has no time, is gone through."""
    assert times_of_day(parse(f"{when} solarctl record").jobs[0]) is None


@pytest.mark.parametrize("when", [LINES[:1], LINES[1:2], LINES[2:3], ("7,37 */2 * * *", "0 6 * * *"), ("0 6 * * 1-5",)])
def test_gaps_and_counts_agree_with_the_runs(tmp_path, when):
    """The longest pause and the runs of a day are those of the runs themselves."""
    from solarctl.config import Config
    from solarctl.schedule.lint_devices import runs_a_day
    from solarctl.schedule.lint_times import longest_gap_min
    from solarctl.schedule.linting import Schedule

    (tmp_path / "config.toml").write_text('[site]\ntimezone = "UTC"\n')
    jobs = parse("".join(f"{one} solarctl record\n" for one in when)).jobs
    schedule = Schedule(jobs, Config.load(tmp_path / "config.toml"), START, {}, None, UTC, knows_zones=False)
    found = [at for at, _job in runs(jobs, START - timedelta(days=7), START + timedelta(days=8))]
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert longest_gap_min(jobs, schedule) == max(gaps).total_seconds() / 60
    for job, count in runs_a_day(schedule):
        assert count == max(Counter(at.date() for at, _ in runs([job], START, START + timedelta(days=7))).values())
