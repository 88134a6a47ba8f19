"""Whose a line is: one crontab may serve several houses, each with a config of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from solarctl.schedule.crontab import Crontab, Job, parse

VARIABLE = "SOLARCTL_CONFIG"


def named_config(job: Job) -> Path | None:
    """Return the config that a line names itself, by -c or by SOLARCTL_CONFIG; None where it names none."""
    words = job.argv
    for index, word in enumerate(words):
        if word in ("-c", "--config") and index + 1 < len(words):
            return _as_cron_sees(words[index + 1])
        if word.startswith("--config="):
            return _as_cron_sees(word.removeprefix("--config="))
        if re.match(r"-c.", word):
            return _as_cron_sees(word.removeprefix("-c"))
    inline = re.search(rf"\b{VARIABLE}=(\S+)", job.command)
    found = inline[1].strip("\"'") if inline else job.environment.get(VARIABLE)
    return _as_cron_sees(found) if found else None


def is_of(job: Job, config: Path) -> bool:
    """Return whether a line serves this config; one that names none is taken for its own."""
    named = named_config(job)
    return named is None or _same(named, config)


def of_config(crontab: Crontab, config: Path) -> Crontab:
    """Return a crontab without the lines that name another config."""
    return Crontab(tuple(job for job in crontab.jobs if not job.argv or is_of(job, config)), crontab.problems)


def strangers_config(block: bytes | None, config: Path, default: Path) -> Path | None:
    """Return the other config that a block was written for; None where it is this one's, nobody's, or gone.

    `default`: what a line finds under cron that names none.
    """
    jobs: Iterable[Job] = parse((block or b"").decode(errors="replace")).ours
    configs = [named_config(job) or default for job in jobs]
    if not configs or any(_same(one, config) for one in configs):
        return None
    return next((one for one in configs if one.is_file()), None)


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _as_cron_sees(word: str) -> Path:
    """Return a path as a line of cron's means it: from the home folder."""
    return Path.home() / Path(os.path.expandvars(word)).expanduser()
