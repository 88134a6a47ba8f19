"""Since when each command's lines are in the crontab: noted by `crontab install`, for whoever looks for missed runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from solarctl.schedule.crontab import parse
from solarctl.value import value

SECTION = "crontab"


@value
class Times:
    """Each command's moment; of one that is not there (a line written by hand) nobody knows it."""

    moments: Mapping[str, datetime]

    def of(self, command: str) -> datetime | None:
        """Return since when this command's lines are there."""
        return self.moments.get(command)


def noted(state: Mapping[str, Any]) -> Times:
    """Return what the state file has; whatever does not fit counts as not noted."""
    section = state.get(SECTION)
    since = section.get("since") if isinstance(section, Mapping) else None
    found: dict[str, datetime] = {}
    for command, at in (since if isinstance(since, Mapping) else {}).items():
        try:
            moment = datetime.fromisoformat(at)
        except (TypeError, ValueError):
            continue
        if moment.tzinfo is not None:
            found[str(command)] = moment
    return Times(found)


def note(state: dict[str, Any], before: str, after: str, now: datetime) -> None:
    """Keep the moment of each command of the block `after`; one whose lines stand in `before` already keeps its own."""
    old, new = _lines(before), _lines(after)
    kept = noted(state)
    since = {name: now for name, lines in new.items() if lines != old.get(name)}
    since |= {name: at for name, at in kept.moments.items() if name in new and name not in since}
    state[SECTION] = {"since": {name: at.isoformat(timespec="seconds") for name, at in since.items()}}


def _lines(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for job in parse(text).ours:
        found.setdefault(job.name, set()).add(f"{job.environment.get('CRON_TZ', '')} {job.schedule}")
    return found
