"""The home battery's part of the surplus, and what is left for loads.

    battery-first until N   below N % the battery keeps what it takes (or `battery_charge_w`), loads get the rest
    loads-first from N      from N % on the loads come first; below, the battery
    share                   half and half until it is full

What the battery gives is never surplus: a load does not run on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from solarctl.control.balance_settings import Settings

POLICY = re.compile(r"(battery-first until|loads-first from|share)(?: (\d+(?:\.\d+)?))?")
FRESH_S = 300.0
FULL_PCT = 99.0


@dataclass(frozen=True, slots=True)
class Battery:
    """State of charge in %, power in W (discharging is positive), and when that was true."""

    soc_pct: float | None
    power_w: float | None
    at: float


def policy_of(text: str) -> tuple[str, float]:
    """Return a policy's name and its limit in %.

    >>> policy_of("battery-first until 80")
    ('battery-first', 80.0)
    """
    found = POLICY.fullmatch(text.strip())
    if found is None or (found[1] != "share" and found[2] is None):
        raise ValueError(f"{text!r} is not: battery-first until N, loads-first from N, or share")
    name = {"battery-first until": "battery-first", "loads-first from": "loads-first", "share": "share"}[found[1]]
    return name, float(found[2] or 100)


def left_for_loads_w(surplus_w: float, battery: Battery | None, settings: Settings, now: float) -> float:
    """Return what loads may draw of `surplus_w`, in W."""
    if not settings.battery:
        return surplus_w
    if battery is None or battery.soc_pct is None or now - battery.at > FRESH_S:
        return surplus_w  # what a silent battery does cannot be told; the meters still can
    charging_w = max(0.0, -(battery.power_w or 0.0))
    if settings.grid:  # the meter at the street sees what the battery leaves
        surplus_w += charging_w - max(0.0, battery.power_w or 0.0)
    if battery.soc_pct < settings.battery_floor_pct:
        return min(0.0, surplus_w)
    name, limit_pct = policy_of(settings.battery_policy)
    if name == "share":
        return surplus_w / 2 if battery.soc_pct < FULL_PCT and surplus_w > 0 else surplus_w
    if battery.soc_pct >= limit_pct:
        return surplus_w
    return surplus_w - max(charging_w, settings.battery_charge_w)
