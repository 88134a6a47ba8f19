"""What a Tuya device's list of functions says of a data point: its kind, its range, its words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from solarctl.drivers.answers import number, words


def outside(function: Mapping[str, Any], value: object) -> str:
    """Return what a data point takes where a value is not of it; nothing where it is, or where nobody can tell.

    >>> outside({"type": "Integer", "values": '{"min": 0, "max": 86400, "unit": "s"}'}, 99999)
    'it takes whole numbers from 0 to 86400 s'
    """
    limits = _limits(function.get("values"))
    match words(function.get("type")):
        case "Boolean":
            return "" if isinstance(value, bool) else "it takes true or false"
        case "Integer":
            low, high = number(limits.get("min")), number(limits.get("max"))
            if low is None or high is None:
                return ""
            unit = words(limits.get("unit"))
            fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
            return "" if fits else f"it takes whole numbers from {low:.0f} to {high:.0f} {unit}".rstrip()
        case "Enum":
            known = limits.get("range")
            if not isinstance(known, list) or not known or value in known:
                return ""
            return f"it takes {', '.join(map(str, known))}"
    return ""


def _limits(values: Any) -> Mapping[str, Any]:
    if isinstance(values, str):
        try:
            values = json.loads(values)
        except (ValueError, RecursionError):
            return {}
    return values if isinstance(values, Mapping) else {}
