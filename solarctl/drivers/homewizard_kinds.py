"""What is known of a HomeWizard device without asking it: by `measures`, its token, and the kind it said it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solarctl.capabilities import (
    BatteryMeter,
    BatteryMode,
    BatteryPermissions,
    DeviceMeter,
    GridMeter,
    LoadMeter,
    SolarMeter,
    Switch,
)

BATTERY, P1, SOCKET, WATER = "HWE-BAT", "HWE-P1", "HWE-SKT", "HWE-WTR"
NAMES = {P1: "a P1 meter", SOCKET: "an Energy Socket", BATTERY: "a battery", WATER: "a water meter"}
METERS: Mapping[type, str] = {
    GridMeter: "grid",
    SolarMeter: "solar",
    LoadMeter: "load",
    BatteryMeter: "battery",
    DeviceMeter: "device",
}
NEEDS_MEASURES = ("solar", "load")  # no kind of device measures these unless the config says so


def named(product: str) -> str:
    """Return a kind of device with its article.

    >>> named("HWE-SKT")
    'an Energy Socket'
    """
    return NAMES.get(product, f"a {product}" if product else "a HomeWizard device")


def what_it_measures(product: str, measures: str) -> str:
    """Return what it measures: a P1 the grid, a battery itself, anything else what the config says."""
    return {P1: "grid", BATTERY: "battery"}.get(product, measures or "device")


def measures_not(product: str, what: str, wanted: str) -> str:
    """Return the sentence for a meter that is asked for something else."""
    return f"it is {named(product)} and measures {what}, not {wanted}"


def cannot(capability: type, table: Mapping[str, Any], stored: Mapping[str, Any]) -> str:
    """Return why a device cannot do something, as far as that is known; nothing where it may."""
    product, measures = _product(table, stored), str(table.get("measures") or "")
    if capability in METERS:
        return _cannot_measure(METERS[capability], product, measures, has_token=bool(table.get("token")))
    if capability is Switch and product not in ("", SOCKET):
        return f"it is {named(product)} and has no switch"
    if capability in (BatteryMode, BatteryPermissions) and product in (SOCKET, BATTERY, WATER):
        return f"it is {named(product)}; batteries are told by the P1 or kWh meter that manages them"
    return ""


def _cannot_measure(wanted: str, product: str, measures: str, *, has_token: bool) -> str:
    if product or measures:
        what = what_it_measures(product, measures)
        if what != wanted:
            return measures_not(product, what, wanted) if product else f"it measures {what}, not {wanted}"
    elif wanted in NEEDS_MEASURES:
        return f'it does not say measures = "{wanted}"'
    if wanted == "battery" and not has_token:
        return "it has no token, and a battery speaks to nobody without (solarctl setup pairs with it)"
    return ""


def _product(table: Mapping[str, Any], stored: Mapping[str, Any]) -> str:
    """Return the kind learned at first contact, unless that was another device than the config's."""
    serial = "".join(one for one in str(table.get("serial") or "").lower() if one.isalnum())
    learned = str(stored.get("product_type") or "")
    return "" if serial and stored.get("serial") != serial else learned
