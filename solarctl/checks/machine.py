"""The machine: its clock, its zone, its state folder, and whether trouble can reach anybody."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from solarctl.checks import House
from solarctl.errors import Problem

BUILT_YEAR = 2026  # a clock before the year this was written in was never set


def check(house: House) -> Iterable[Problem]:
    yield from _clock()
    yield from _zone(house)
    crontab = house.crontab
    if crontab.ours and house.config.find("mail") is None and not _has_mta():
        message = "nobody hears of trouble: there is neither [mail] nor a mail transport for cron on this machine"
        yield house.problem("mail", message, "Add [mail]; trouble is in the system log meanwhile.", severity="warning")
    if not os.access(_existing(house.state_dir), os.W_OK | os.X_OK):
        yield Problem(str(house.state_dir), "the state folder cannot be written", "Run as its owner, or change it.")


def _clock() -> Iterable[Problem]:
    year = datetime.now(UTC).year
    if year < BUILT_YEAR:
        yield Problem("clock", f"this machine thinks it is {year}", "Set its clock: timedatectl set-ntp true")


def _zone(house: House) -> Iterable[Problem]:
    longitude = house.config.site.longitude
    offset = datetime.now(UTC).astimezone(house.config.timezone).utcoffset()
    if longitude is not None and offset is not None and abs(offset.total_seconds() / 3600 - longitude / 15) > 3.5:
        message = f"{house.config.site.timezone} and a longitude of {longitude:g}° are far apart"
        hint = "East is positive, west is negative."
        yield house.problem("site.longitude", message, hint, severity="warning")


def _has_mta() -> bool:
    # shutil.which would load Python's archivers, 1 % of the floor
    folders = (*os.environ.get("PATH", os.defpath).split(os.pathsep), "/usr/sbin")
    return any(os.access(f"{folder}/{name}", os.X_OK) for folder in folders for name in ("sendmail", "msmtp"))


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there (what cannot be looked into counts as absent)."""
    return folder if os.path.exists(folder) or folder == folder.parent else _existing(folder.parent)  # noqa: PTH110
