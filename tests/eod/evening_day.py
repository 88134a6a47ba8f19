"""A summer's day in Phoenix with a peak, and readings of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MIDNIGHT = datetime(2026, 7, 15, tzinfo=ZoneInfo("America/Phoenix"))
PEAK = ((MIDNIGHT.replace(hour=14), MIDNIGHT.replace(hour=20)),)


def rows(**watts: Any) -> list[dict[str, Any]]:
    """Return readings every five minutes until eight in the evening; each quantity is a function of the slot."""
    return [
        {"at": MIDNIGHT + timedelta(minutes=5 * slot)} | {key: value(slot) for key, value in watts.items()}
        for slot in range(20 * 12)
    ]
