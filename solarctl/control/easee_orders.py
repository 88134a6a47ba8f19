"""What a car is to draw whatever the sun does: ordered by a person, by the mode, or by a departure that is near."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from solarctl.control.departure import need
from solarctl.control.easee_house import House
from solarctl.control.easee_memory import Memory
from solarctl.control.surplus import whole_amps
from solarctl.forced import Forced


def order_of(
    house: House, memory: Memory, forced: Forced | None, price_at: Callable[[datetime], float]
) -> tuple[int, str] | None:
    """Return the current in A that is ordered, and why, as a sentence; None: the sun decides."""
    settings, now = house.settings, house.now
    who = f"Forced until {forced.until.astimezone(house.zone):%H:%M}" if forced else f"Mode is {settings.mode}"
    mode = (forced.mode or "now") if forced else settings.mode
    most_a = house.most_a()
    if forced is not None and forced.power_w is not None:
        wanted_a = min(most_a, whole_amps(forced.power_w, house.per_amp_w()))
        target_a = wanted_a if wanted_a >= settings.min_a else 0
        short = "" if target_a else f", less than the {settings.min_a} A a car needs"
        return target_a, f"{who}, {forced.power_w:.0f} W: {target_a} A on {on_phases(house.phases)}{short}."
    if mode == "off":
        return 0, f"{who}{', off' if forced else ''}: the car gets nothing."
    if mode == "now":
        return most_a, f"{who}{', charging at once' if forced else ''}: {_all_of(house, most_a)}"
    if settings.departure is not None:
        at_most_a = most_a or settings.min_a
        power_w = at_most_a * house.per_amp_w()
        missing = need(settings.departure, memory.delivered, power_w, price_at, now.astimezone(house.zone))
        if missing is not None and missing.is_now(now):
            text = f"{missing.kwh:.1f} kWh are due by {missing.due:%H:%M}, cheapest {missing.told()}"
            return most_a, f"{text}: {_all_of(house, most_a)}"
    return None


def _all_of(house: House, most_a: int) -> str:
    if not most_a:
        return "but the house leaves the main fuse no room for the car."
    unseen = " (the meter is silent: half of the main fuse is left to the house)" if house.grid is None else ""
    return f"{most_a} A on {on_phases(house.phases)}{unseen}."


def on_phases(phases: int) -> str:
    """Return a number of phases in words."""
    return {1: "one phase", 2: "two phases"}.get(phases, "three phases")
