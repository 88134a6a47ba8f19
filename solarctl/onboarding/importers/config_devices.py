"""config_devices.json of homewizard_project: its meters, sockets, batteries and roofs, and what is planned.

Energies are Wh and powers W there, orientations compass bearings (180 is south) as here; a battery's token stands in
clear text in it and goes to a file of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solarctl.onboarding.imported import Imported

SOCKET, P1, BATTERY = "HWE-SKT", "HWE-P1", "HWE-BAT"


def read(path: Path, text: str) -> Imported | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("devices"), list):
        return None
    devices = [one for one in found["devices"] if isinstance(one, dict) and one.get("device_type")]
    if not devices:
        return None
    notes: list[str] = []
    homewizard: dict[str, Any] = {}
    plan: dict[str, Any] = {}
    loads: list[dict[str, Any]] = []
    names: set[str] = set()
    for device in devices:
        name = _name(str(device.get("device_name", "device")), names)
        kind, host = str(device["device_type"]), str(device.get("ip_address", "")).strip()
        if not host:
            notes.append(f"{name} has no address and was left out.")
            continue
        homewizard[name] = {"host": host}
        if kind == P1:
            plan.setdefault("grid", name)
        elif kind == BATTERY:
            homewizard[name] |= _battery(device, name, plan, notes)
        elif kind == SOCKET:
            loads += _load(device, name, notes)
        else:
            homewizard[name]["measures"] = "solar"
            notes.append(
                f"{name} ({kind}) was added to the grid's power there; it is taken for the panels' meter. "
                'If it measures something else, say measures = "load" or "device".'
            )
    if loads:
        plan["devices"] = loads
    answers: dict[str, Any] = {"homewizard": {"devices": homewizard}}
    planes, place = _roofs(found.get("solar panels"), notes)
    if planes:
        answers["sun"] = {"service": "open-meteo-solar", "planes": planes} | place
        plan["forecast"] = "sun"
    if loads:
        answers["rules"] = {"plan": plan}
    notes.append('The forecast comes from Open-Meteo; Quartz is there too (driver = "quartz").')
    return Imported(answers, notes=tuple(notes))


def _battery(device: Mapping[str, Any], name: str, plan: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    if "battery" in plan:
        notes.append(f"One battery is planned with, {plan['battery']}; {name} is read only.")
    else:
        plan["battery"] = name
        if (capacity := _number(device, "energy_capacity")) is not None:
            plan["battery_capacity_kwh"] = capacity / 1000
        if (power := _number(device, "max_power_usage")) is not None:
            plan["battery_max_w"] = power
    user = device.get("user_info")
    token = user.get("token") if isinstance(user, Mapping) else None
    if not token:
        notes.append(f"{name} has no token there; pair with it: solarctl setup.")
        return {}
    return {"token": str(token)}


def _load(device: Mapping[str, Any], name: str, notes: list[str]) -> list[dict[str, Any]]:
    power, capacity = _number(device, "max_power_usage"), _number(device, "energy_capacity")
    if not power or not capacity:
        notes.append(f"{name} has no power or capacity there and is not planned.")
        return []
    load: dict[str, Any] = {"device": name, "power_w": power, "capacity_kwh": capacity / 1000}
    load["daily_need"] = bool(device.get("daily_need", False))
    if (priority := _number(device, "priority")) is not None:
        load["priority"] = int(priority)
    if (share := _number(device, "min_battery_charge")) and not load["daily_need"]:
        load["min_battery_pct"] = round(share * 100, 1)
    return [load]


def _roofs(panels: Any, notes: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    planes: list[dict[str, Any]] = []
    place: dict[str, Any] = {}
    for panel in panels if isinstance(panels, list) else ():
        site = panel.get("quartz_parameters") if isinstance(panel, Mapping) else None
        if not isinstance(site, Mapping) or not _number(site, "capacity_kwp"):
            continue
        plane = {"peak_kw": _number(site, "capacity_kwp")}
        plane |= {"tilt_deg": _number(site, "tilt", 35.0), "azimuth_deg": _number(site, "orientation", 180.0)}
        planes.append(plane)
        latitude, longitude = _number(site, "latitude"), _number(site, "longitude")
        if latitude is not None and longitude is not None and not place:
            place = {"latitude": latitude, "longitude": longitude}
    if planes and not place:
        notes.append("The roofs have no position there; add latitude and longitude to [site].")
    return planes, place


def _name(text: str, taken: set[str]) -> str:
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in text.lower()).strip("-") or "device"
    while "--" in name:
        name = name.replace("--", "-")
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    taken.add(found)
    return found


def _number(table: Mapping[str, Any], key: str, default: float | None = None) -> float | None:
    value = table.get(key, default)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default
