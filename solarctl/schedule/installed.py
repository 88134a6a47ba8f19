"""The crontabs of this machine: the user's own, and what lies in /etc/crontab and /etc/cron.d."""

from __future__ import annotations

import os
from pathlib import Path

from solarctl.schedule.crontab import Crontab, parse

SYSTEM_FILES = (Path("/etc/crontab"),)
SYSTEM_FOLDER = Path("/etc/cron.d")
SPOOL = Path("/var/spool/cron/crontabs")  # Debian's; others keep to `crontab -l`


def installed() -> Crontab:
    """Return the cron jobs of solarctl on this machine, as far as the crontabs can be read."""
    found = [parse(_ours(own_crontab()), source="crontab")]
    files = [*SYSTEM_FILES, *(sorted(SYSTEM_FOLDER.iterdir()) if SYSTEM_FOLDER.is_dir() else [])]
    for path in files:
        try:
            found.append(parse(_ours(path.read_text(encoding="utf-8")), system=True, source=str(path)))
        except (OSError, UnicodeDecodeError):
            continue
    return Crontab(tuple(job for one in found for job in one.jobs), tuple(p for one in found for p in one.problems))


def _ours(text: str) -> str:
    """Return a crontab with the lines blanked that are other people's business."""
    if "solarctl" not in text:
        return ""
    return "\n".join(line if "solarctl" in line or "=" in line else "" for line in text.splitlines())


def _is_debians() -> bool:
    """Return whether `crontab` is the system's own program, and not one that somebody has put before it."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    first = next((folder for folder in folders if os.access(f"{folder}/crontab", os.X_OK)), "")
    return first in ("/usr/bin", "/bin")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def own_crontab() -> str:
    """Return the text of the user's crontab, empty when there is none."""
    if os.environ.get("SOLARCTL_CRONTAB"):  # a crontab kept elsewhere (busybox, tests)
        return _text(Path(os.environ["SOLARCTL_CRONTAB"]))
    if os.geteuid() == 0 and SPOOL.is_dir() and _is_debians():  # root may look for itself, which costs no process
        return _text(SPOOL / "root")
    import subprocess

    try:
        done = subprocess.run(["crontab", "-l"], capture_output=True, timeout=5, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
