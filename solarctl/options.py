"""The options that every command has, decoded; and how a run is told to stop."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path

from solarctl.errors import UsageError
from solarctl.value import value

YEARS = range(1970, 2400)  # rules look days and years ahead, which the calendar's last days have not


@value
class Options:
    """What stands after every command."""

    config: Path | None = None
    state_dir: Path | None = None
    dry_run: bool = False
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    now: str | None = None


class Interrupted(BaseException):
    """SIGTERM came; like KeyboardInterrupt it passes everything that catches errors."""


def moment(text: str, timezone: tzinfo, today: date | None = None) -> datetime:
    """Return an ISO 8601 moment; a naive one is in `timezone`, and a bare time is today's, where there is a today."""
    try:
        if today is not None and text[2:3] == ":":
            found = datetime.combine(today, time.fromisoformat(text))
        else:
            found = datetime.fromisoformat(text)
        found.astimezone(UTC)  # the first and the last day of all have no other zone's
        if found.year not in YEARS:
            raise ValueError
    except (ValueError, OverflowError):
        hint = "Write it as 2026-07-01T13:55" + (", or for today as 13:55." if today else ".")
        raise UsageError(f"--now {text!r} is no moment", hint=hint) from None
    if found.tzinfo is None:
        # through UTC, which moves a time that the clocks leap over to the one they show then
        return found.replace(tzinfo=timezone).astimezone(UTC).astimezone(timezone)
    return found.astimezone(timezone)
