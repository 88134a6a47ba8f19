"""Reading vendors' answers: numbers that come as text, words that come as numbers, and what is no value at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from solarctl.errors import DeviceReplyError

LARGEST = 1e20  # no house has more of anything; beyond it, sums and squares would end in infinity


def number(value: Any) -> float | None:
    """Return a finite number, also one sent as text; None for anything else.

    >>> number(" 12.5 "), number(True), number("n/a"), number("1e308")
    (12.5, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) <= LARGEST else None


def whole(value: Any) -> int | None:
    """Return a whole number, also one sent as text, such as an error code."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def flag(value: Any) -> bool | None:
    """Return true or false, also when sent as text; None for anything else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def words(value: Any) -> str:
    """Return a text or number as text without blanks around it; nothing for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value).strip()


def moment(value: Any, zone: tzinfo | None = None) -> datetime | None:
    """Return a moment written as ISO 8601, without a zone of its own in `zone`; None for anything else.

    The first and the last year there are stand for "never", and leave no room for another zone's wall clock.

    >>> moment("2026-07-01T12:00:00Z"), moment("2026-07-01T12:00:00"), moment("0001-01-01T00:00:00Z")
    (datetime.datetime(2026, 7, 1, 12, 0, tzinfo=datetime.timezone.utc), None, None)
    """
    try:
        found = datetime.fromisoformat(words(value))
    except ValueError:
        return None
    found = found if found.tzinfo is not None else found.replace(tzinfo=zone)
    return found if found.tzinfo is not None and datetime.min.year < found.year < datetime.max.year else None


def since_1970(value: Any) -> datetime | None:
    """Return a moment told as seconds since 1970; None for anything else."""
    seconds = number(value)
    try:
        return None if seconds is None else moment(datetime.fromtimestamp(seconds, UTC).isoformat())
    except (ValueError, OverflowError, OSError):
        return None


def table(value: Any, device: str, what: str) -> Mapping[str, Any]:
    """Return a JSON object, or raise `DeviceReplyError` naming `what` should have been one."""
    if not isinstance(value, Mapping):
        raise DeviceReplyError(device, f"{what} should be a JSON object, not {_kind(value)}")
    return value


def rows(value: Any, device: str, what: str) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list, or raise `DeviceReplyError` naming `what` should have been one."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise DeviceReplyError(device, f"{what} should be a JSON list, not {_kind(value)}")
    return [row for row in value if isinstance(row, Mapping)]


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "true or false", str: "text", dict: "an object", list: "a list"}
    return names.get(type(value), "a number")
