"""What a typed answer must be; each returns the value, or raises `ValueError` with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone(text: str) -> str:
    """Return a time zone's name."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("that is not a time zone; write it like Europe/Amsterdam or America/Phoenix") from None
    if not text:
        raise ValueError("a time zone is needed, such as Europe/Amsterdam")
    return text


def number(low: float, high: float) -> Callable[[str], float]:
    """Return a check for a number within limits."""

    def check(text: str) -> float:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            raise ValueError("that is not a number") from None
        if not low <= value <= high:
            raise ValueError(f"it must be between {low:g} and {high:g}")
        return int(value) if value == int(value) else value

    return check


def whole(text: str) -> int:
    """Return a whole number."""
    if not text.isdigit():
        raise ValueError("that is not a whole number")
    return int(text)


def not_empty(text: str) -> str:
    """Return a text that is there."""
    if not text:
        raise ValueError("something must stand here")
    return text


def mail_addresses(text: str) -> list[str]:
    """Return mail addresses, typed with commas or blanks between them."""
    found = [one for one in re.split(r"[,;\s]+", text.strip("[]").replace("'", "").replace('"', "")) if one]
    for one in found:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", one):
            raise ValueError(f"{one} is not a mail address")
    if not found:
        raise ValueError("at least one address is needed")
    return found


def time_of_day(text: str) -> str:
    """Return a time of day as HH:MM."""
    found = re.fullmatch(r"(\d{1,2})(?::(\d{2}))?", text)
    if not found or int(found[1]) > 24 or int(found[2] or 0) > 59:
        raise ValueError("write the time like 14:00")
    return f"{int(found[1]):02}:{found[2] or '00'}"
