"""config_devices.json of homewizard_project: its meters, sockets, batteries and roofs, and what is planned.

Energies are Wh and powers W there, orientations compass bearings (180 is south) as here; a battery's token stands in
clear text in it and goes to a file of its own. Nobody looked the file over there: a value that cannot be meant is named
and left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solarctl.onboarding.imported import Imported

SOCKET, P1, BATTERY = "HWE-SKT", "HWE-P1", "HWE-BAT"
NO_USE = ("HWE-WTR", "HWE-DSP")


def read(path: Path, text: str) -> Imported | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
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
        if kind in NO_USE:
            notes.append(f"{name} ({kind}) measures no electricity and was left out.")
            continue
        homewizard[name] = {"host": host}
        if kind == P1 and "grid" in plan:
            notes.append(f"One meter tells the grid's power, {plan['grid']}; {name} is read only.")
        elif kind == P1:
            plan["grid"] = name
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
        if capacity := _number(device, "energy_capacity", name, notes, least=1):
            plan["battery_capacity_kwh"] = capacity / 1000
        if power := _number(device, "max_power_usage", name, notes, least=1):
            plan["battery_max_w"] = power
    user = device.get("user_info")
    token = user.get("token") if isinstance(user, Mapping) else None
    token = token.strip() if isinstance(token, str) else ""
    if not token:
        notes.append(f"{name} has no token there; pair with it: solarctl setup.")
        return {}
    return {"token": token}


def _load(device: Mapping[str, Any], name: str, notes: list[str]) -> list[dict[str, Any]]:
    power = _number(device, "max_power_usage", name, notes, least=1)
    capacity = _number(device, "energy_capacity", name, notes, least=1)
    if not power or not capacity:
        notes.append(f"{name} has no power or capacity there and is not planned.")
        return []
    load: dict[str, Any] = {"device": name, "power_w": power, "capacity_kwh": capacity / 1000}
    load["daily_need"] = _yes(device, name, notes)
    if (priority := _number(device, "priority", name, notes, least=-1e6, most=1e6)) is not None:
        load["priority"] = round(priority)
    share = _number(device, "min_battery_charge", name, notes, least=0, most=1)
    if share and not load["daily_need"]:
        load["min_battery_pct"] = round(share * 100, 1)
    return [load]


def _roofs(panels: Any, notes: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    planes: list[dict[str, Any]] = []
    place: dict[str, Any] = {}
    for panel in panels if isinstance(panels, list) else ():
        site = panel.get("quartz_parameters") if isinstance(panel, Mapping) else None
        if not isinstance(site, Mapping):
            continue
        name = str(panel.get("name") or "a roof")
        peak = _number(site, "capacity_kwp", name, notes, least=0.001)
        if not peak:
            notes.append(f"{name} has no peak power there and is not forecast.")
            continue
        tilt = _number(site, "tilt", name, notes, 35.0, most=90)
        azimuth = _number(site, "orientation", name, notes, 180.0, most=360)
        planes.append({"peak_kw": peak, "tilt_deg": tilt, "azimuth_deg": azimuth})
        latitude = _number(site, "latitude", name, notes, least=-90, most=90)
        longitude = _number(site, "longitude", name, notes, least=-180, most=180)
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


def _number(
    table: Mapping[str, Any],
    key: str,
    name: str,
    notes: list[str],
    default: float | None = None,
    *,
    least: float = 0.0,
    most: float = math.inf,
) -> float | None:
    """Return a number, also one written as text; the default, with a note, for what cannot be meant."""
    said = table.get(key)
    if said is None:
        return default
    try:
        found = math.nan if isinstance(said, bool) else float(said)
    except (TypeError, ValueError):
        found = math.nan
    if least <= found <= most and math.isfinite(found):
        return found
    usual = "" if default is None else f"; {default:g} is taken"
    notes.append(f"{name}: {key} = {json.dumps(said, default=str)[:40]} cannot be meant and was left out{usual}.")
    return default


def _yes(device: Mapping[str, Any], name: str, notes: list[str]) -> bool:
    said = device.get("daily_need", False)
    if isinstance(said, bool):
        return said
    found = str(said).strip().lower() in ("true", "yes", "1")
    notes.append(f"{name}: daily_need = {json.dumps(said, default=str)[:40]} is read as {str(found).lower()}.")
    return found
