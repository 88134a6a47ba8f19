"""Readings as time series: one small compressed block per series and day.

A series is one field of one device, such as ("p1", "grid", "grid_w"). Its block is a list of moments (seconds since
1970, each as the step from the one before) and a list of values; a day of minutes takes 2 to 4 kB.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from itertools import accumulate
from typing import Any

from solarctl.context import Json

Series = tuple[str, str, str]  # device, what, field
Points = dict[int, Any]  # seconds since 1970 -> value

COUNTERS = ("energy_kwh", "import_kwh", "export_kwh")  # lifetime counters: of a slot, the last value counts
_NAMES = ("device", "what", "at")


def points_of(reading: Json) -> Iterator[tuple[Series, int, Any]]:
    """Yield a reading object's values as points; what is not known is left out."""
    device, what, at = (reading.get(name) for name in _NAMES)
    if not (isinstance(device, str) and isinstance(what, str) and isinstance(at, str)):
        return
    try:
        second = seconds(at)
    except ValueError:
        return
    for field, value in reading.items():
        if field not in _NAMES and value is not None:
            yield (device, what, field), second, _short(value)


def seconds(at: str) -> int:
    """Return the moment of a row, in seconds since 1970; ValueError when it is none."""
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return round(moment.timestamp())


def packed(points: Points) -> bytes:
    """Return the points as a block."""
    import zlib

    moments = sorted(points)
    steps = [b - a for a, b in zip([0, *moments], moments)]
    return zlib.compress(json.dumps([steps, [points[m] for m in moments]], separators=(",", ":")).encode(), 9)


def unpacked(block: bytes) -> Points:
    """Return the points of a block."""
    import zlib

    steps, values = json.loads(zlib.decompress(block))
    return dict(zip(accumulate(steps), values))


def merged(stored: Points, stored_step_s: int, new: Points) -> Points:
    """Return both; what was recorded first stays, and new points add nothing to slots that already have their mean."""
    if stored_step_s:
        slots = {moment // stored_step_s for moment in stored}
        new = {moment: value for moment, value in new.items() if moment // stored_step_s not in slots}
    return new | stored


def thinned(field: str, points: Points, step_s: int) -> Points:
    """Return one point per slot of `step_s`, at the slot's start: the mean, or the last of counters and words."""
    slots: dict[int, list[Any]] = {}
    for moment in sorted(points):
        slots.setdefault(moment // step_s * step_s, []).append(points[moment])
    return {start: _typical(field, values) for start, values in slots.items()}


def readings_of(series: Iterable[tuple[Series, Points]], zone: tzinfo) -> list[Json]:
    """Return the points as reading objects again, oldest first; a field without a value at a moment is null."""
    fields: dict[tuple[str, str], dict[str, None]] = {}
    found: dict[tuple[int, str, str], dict[str, Any]] = {}
    for (device, what, field), points in series:
        fields.setdefault((device, what), {})[field] = None
        for moment, value in points.items():
            found.setdefault((moment, device, what), {})[field] = value
    texts = {moment: _text(moment, zone) for moment in {key[0] for key in found}}
    return [
        {"device": device, "what": what, "at": texts[moment]} | _all(fields[device, what], values)
        for (moment, device, what), values in sorted(found.items())
    ]


def _all(fields: Mapping[str, None], values: Json) -> Json:
    return {field: values.get(field) for field in fields}


def _text(moment: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).isoformat(timespec="seconds")


def _short(value: Any) -> Any:
    if isinstance(value, float):
        value = round(value, 3)
        return int(value) if value.is_integer() else value
    return value


def _typical(field: str, values: list[Any]) -> Any:
    if field in COUNTERS or not all(type(value) in (int, float) for value in values):
        return values[-1]
    return _short(sum(values) / len(values))
