"""A lint of a schedule's meaning: not whether cron takes the lines, but whether the house is served by them.

lint(parse(text), config, now)   ->  problems, errors first
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from solarctl.config import Config
from solarctl.errors import ConfigError, Problem
from solarctl.schedule import lint_devices, lint_lines, lint_peaks, lint_times
from solarctl.schedule.crontab import Crontab, Job
from solarctl.value import value


@value
class Schedule:
    """What the rules of the lint look at. `settings`: the decoded tables of the commands that have one."""

    jobs: tuple[Job, ...]
    config: Config
    now: datetime
    settings: dict[str, Any]
    cache: Path | None
    machine: tzinfo
    knows_zones: bool

    def of(self, *commands: str) -> tuple[Job, ...]:
        """Return the jobs that run one of these commands and change something."""
        return tuple(job for job in self.jobs if job.name in commands and not is_look(job))

    def zone(self, job: Job) -> tzinfo:
        """Return whose hours a job's hours are."""
        from zoneinfo import ZoneInfo

        name = job.environment.get("CRON_TZ")
        try:
            return ZoneInfo(name) if name and self.knows_zones else self.machine
        except (KeyError, ValueError):
            return self.machine


RULES = (lint_lines.check, lint_times.check, lint_peaks.check, lint_devices.check)


def is_look(job: Job) -> bool:
    """Return whether a job changes nothing."""
    return bool({"-n", "--dry-run", "--now"} & set(job.argv))


def lint(
    crontab: Crontab,
    config: Config,
    now: datetime,
    cache: Path | None = None,
    *,
    machine: tzinfo | None = None,
    knows_zones: bool | None = None,
) -> list[Problem]:
    """Return every problem of a schedule, errors first, each once; lines that name another config are left out."""
    from solarctl.schedule import zones
    from solarctl.schedule.whose import of_config

    everybodys, crontab = crontab, of_config(crontab, config.path)
    names_zones = any("CRON_TZ" in job.environment for job in crontab.ours)  # else cron need not be asked
    schedule = Schedule(
        crontab.ours,
        config,
        now,
        settings_of(config),
        cache,
        zones.machine_zone() if machine is None else machine,
        names_zones and zones.cron_knows_zones() if knows_zones is None else knows_zones,
    )
    found: list[Problem] = list(crontab.problems)
    if not crontab.ours:
        words = f"nothing runs solarctl with {config.path}" if everybodys.ours else "nothing runs solarctl"
        found.append(Problem("crontab", words, "Type: solarctl crontab install", None, "warning"))
    else:
        found += _all(schedule)
    return sorted(dict.fromkeys(found), key=lambda one: (one.severity != "error", one.line or 0))


def _all(schedule: Schedule) -> Iterable[Problem]:
    for rule in RULES:
        yield from rule(schedule)


def settings_of(config: Config) -> dict[str, Any]:
    """Return the decoded tables of the commands that have one; `check` says what is wrong with the others."""
    return dict(_settings(config))


def _settings(config: Config) -> Iterator[tuple[str, Any]]:
    from solarctl.commands import COMMANDS
    from solarctl.inspection import settings_class

    for name in COMMANDS:
        if config.find(name) is None:
            continue
        try:
            cls = settings_class(name)
            if cls is not None:
                yield name, config.table(name, cls)
        except ConfigError:
            continue  # `check` says what is wrong with it
