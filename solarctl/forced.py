"""Manual power: the small record by which a person overrules a rule, until it ends by itself.

    state.json: {"forced": {"car": {"mode": "now", "until": "…"}, "water-heater": {"power_w": 2000, "until": "…"}}}

`force` and `unforce` write it (as does the MQTT topic of `balance`); `balance`, `easee-balance` and `apply`
read it on each tick. A record that is over counts as absent, whoever reads it; a damaged one too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from solarctl.value import value

SECTION = "forced"  # its key in state.json
MODES = ("off", "surplus", "min+surplus", "now")
LONGEST = timedelta(days=31)

_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(weeks?|w|days?|d|hours?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])", re.IGNORECASE
)
_UNIT_S = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}  # by the unit's first letter


@value
class Forced:
    """What a person wants of a load or charger until `until`: a power in W, a mode of the charger, or both."""

    device: str
    until: datetime
    power_w: float | None = None  # None: as much as it can take (or as `mode` says)
    mode: str | None = None  # of a charger: off | surplus | min+surplus | now

    def to_json(self) -> dict[str, Any]:
        """Return the record as state.json keeps it, under the device's name."""
        return {"until": self.until.isoformat(), "power_w": self.power_w, "mode": self.mode}


def read_forced(state: Mapping[str, Any], now: datetime) -> dict[str, Forced]:
    """Return the records of state.json that hold at `now`, by device."""
    section = state.get(SECTION)
    found = (
        (_decoded(str(device), row) for device, row in section.items()) if isinstance(section, Mapping) else iter(())
    )
    return {record.device: record for record in found if record is not None and now < record.until}


def put_forced(state: dict[str, Any], record: Forced, now: datetime) -> None:
    """Add a record to the state, and drop those that are over."""
    kept = {**read_forced(state, now), record.device: record}
    state[SECTION] = {device: one.to_json() for device, one in kept.items()}


def drop_forced(state: dict[str, Any], device: str, now: datetime) -> bool:
    """Remove a device's record from the state; return whether one was in force."""
    kept = read_forced(state, now)
    was_forced = kept.pop(device, None) is not None
    state[SECTION] = {name: one.to_json() for name, one in kept.items()}
    return was_forced


def duration(text: str, longest: timedelta = LONGEST) -> timedelta:
    """Return "2h", "90min", "1h30m", "45 s" or plain seconds as a time span; `ValueError` when it is none.

    >>> duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    compact = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", compact):
        seconds = float(compact)
    else:
        parts = _PART.findall(compact)
        if not parts or _PART.sub("", compact).strip():
            raise ValueError(f"{text!r} is no time span; write it like 2h, 90m or 1h30m")
        seconds = sum(float(number) * _UNIT_S[unit[0].lower()] for number, unit in parts)
    if not 0 < seconds <= longest.total_seconds():  # before it is a timedelta, which cannot hold every number
        raise ValueError(f"{text!r} is not between 1 s and {longest.days} days")
    return timedelta(seconds=seconds)


def _decoded(device: str, row: Any) -> Forced | None:
    if not isinstance(row, Mapping):
        return None
    try:
        until = datetime.fromisoformat(row["until"])
    except (KeyError, TypeError, ValueError):
        return None
    power_w, mode = row.get("power_w"), row.get("mode")
    if isinstance(power_w, bool) or not isinstance(power_w, (int, float, type(None))):
        return None
    if until.tzinfo is None or mode not in (None, *MODES) or (power_w is not None and not 0 <= power_w < 1e6):
        return None
    return Forced(device, until, power_w, mode)
