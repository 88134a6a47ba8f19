"""Tariffs that setup offers ready-made. Hours and seasons as the utilities publish them; prices are the owner's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SUMMER, WINTER = [5, 6, 7, 8, 9, 10], [11, 12, 1, 2, 3, 4]


@dataclass(frozen=True)
class Preset:
    """A tariff: what it is called, its windows, and its holidays."""

    name: str
    title: str
    windows: tuple[dict[str, Any], ...]
    holidays: dict[str, Any] | None = None


US_SIX = {"country": "US", "observed": "nearest"}
PRESETS = (
    Preset(
        "srp",
        "Salt River Project, Arizona: weekdays 14–20 in summer, 5–9 and 17–21 in winter",
        (
            {"name": "summer", "months": SUMMER, "days": "mon-fri", "from": "14:00", "to": "20:00"},
            {"name": "winter morning", "months": WINTER, "days": "mon-fri", "from": "05:00", "to": "09:00"},
            {"name": "winter evening", "months": WINTER, "days": "mon-fri", "from": "17:00", "to": "21:00"},
        ),
        US_SIX,
    ),
    Preset(
        "pge-e-tou-c",
        "PG&E E-TOU-C, California: 16–21 every day",
        ({"name": "peak", "days": "mon-sun", "from": "16:00", "to": "21:00"},),
    ),
    Preset(
        "weekday-evening",
        "weekdays 17–21",
        ({"name": "peak", "days": "mon-fri", "from": "17:00", "to": "21:00"},),
    ),
)


def find(name: str) -> Preset | None:
    """Return a preset by name."""
    return next((preset for preset in PRESETS if preset.name == name), None)
