"""The crontabs of this machine: the user's own, and what lies in /etc/crontab and /etc/cron.d."""

from __future__ import annotations

import os
from pathlib import Path

from solarctl.schedule.crontab import Crontab, parse

SYSTEM_FILES = (Path("/etc/crontab"),)
SYSTEM_FOLDER = Path("/etc/cron.d")


def installed() -> Crontab:
    """Return every cron job on this machine that can be read; problems only of lines that mention solarctl."""
    found = [parse(own_crontab(), source="crontab")]
    files = [*SYSTEM_FILES, *(sorted(SYSTEM_FOLDER.iterdir()) if SYSTEM_FOLDER.is_dir() else [])]
    for path in files:
        try:
            found.append(parse(path.read_text(encoding="utf-8"), system=True, source=str(path)))
        except (OSError, UnicodeDecodeError):
            continue
    problems = [p for one in found for p in one.problems if "solarctl" in p.hint]
    return Crontab(tuple(job for one in found for job in one.jobs), tuple(problems))


def own_crontab() -> str:
    """Return the text of the user's crontab, empty when there is none."""
    import subprocess

    if os.environ.get("SOLARCTL_CRONTAB"):  # a crontab kept elsewhere (busybox, tests)
        try:
            return Path(os.environ["SOLARCTL_CRONTAB"]).read_text(encoding="utf-8")
        except OSError:
            return ""
    try:
        done = subprocess.run(["crontab", "-l"], capture_output=True, text=True, timeout=5, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
