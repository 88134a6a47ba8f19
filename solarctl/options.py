"""The options that every command has, decoded; and how a run is told to stop."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path

from solarctl.errors import UsageError
from solarctl.value import value


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


def moment(text: str, timezone: tzinfo) -> datetime:
    """Return an ISO 8601 moment; a naive one is in `timezone`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--now {text!r} is no moment", hint="Write it as 2026-07-01T13:55.") from None
    if found.tzinfo is None:
        # through UTC, which moves a time that the clocks leap over to the one they show then
        return found.replace(tzinfo=timezone).astimezone(UTC).astimezone(timezone)
    return found.astimezone(timezone)
