"""Where the city of a time zone lies: a first guess at the house's position, from the system's own table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

TABLES = (Path("/usr/share/zoneinfo/zone1970.tab"), Path("/usr/share/zoneinfo/zone.tab"))
_PLACE = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


def city_of(zone: str) -> tuple[float, float] | None:
    """Return latitude and longitude of the city that a zone is named after; None when no table knows it."""
    for table in TABLES:
        try:
            lines = table.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            columns = line.split("\t")
            if len(columns) > 2 and columns[2].strip() == zone and not line.startswith("#"):
                return degrees(columns[1])
    return None


def degrees(text: str) -> tuple[float, float] | None:
    """Return an ISO 6709 position in degrees.

    >>> degrees("+332654-1120424")
    (33.45, -112.07)
    """
    found = _PLACE.fullmatch(text.strip())
    return (_degrees(*found.group(1, 2, 3, 4)), _degrees(*found.group(5, 6, 7, 8))) if found else None


def _degrees(sign: Any, whole: Any, minutes: Any, seconds: Any) -> float:
    value = int(whole) + int(minutes) / 60 + int(seconds or 0) / 3600
    return round(-value if sign == "-" else value, 2)
