"""What the Total Connect Comfort portal shows of its thermostats, and which changes it takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from solarctl.virtualhome.http_emulator import Request
from solarctl.virtualhome.thermostats import WallThermostat

LOCATION_ID = 654321


def location(thermostats: Iterable[WallThermostat], now: datetime, *, alive: bool) -> dict[str, Any]:
    """Return the account's one location with its devices."""
    devices = [
        {
            "DeviceID": one.device_id,
            "DeviceType": 48,
            "LocationID": LOCATION_ID,
            "Name": one.name,
            "MacID": f"00D02D{one.device_id:06X}",
            "IsAlive": alive,
            "HasFan": True,
            "HasUIData": True,
            "ScheduleCapable": one.schedule_capable,
            "HoldUntilCapable": True,
            "IsUpgrading": False,
            "ThermostatData": {
                "DisplayUnits": 1 if one.unit == "F" else 0,
                "IndoorTemperature": one.shown(one.indoor_c),
                "OutdoorTemperature": 128 if one.outdoor_c is None else one.shown(one.outdoor_c),
                "AllowedModes": [1, 2, 3, 4],
                "Deadband": one.deadband,
                "MinHeatSetpoint": one.heat_limits[0],
                "MaxHeatSetpoint": one.heat_limits[1],
                "MinCoolSetpoint": one.cool_limits[0],
                "MaxCoolSetpoint": one.cool_limits[1],
                "ScheduleHeatSp": one.period(now).heat_deg,
                "ScheduleCoolSp": one.period(now).cool_deg,
            },
        }
        for one in thermostats
    ]
    return {
        "LocationID": LOCATION_ID,
        "Name": "Home",
        "HasGateways": False,
        "IsLocationOwner": True,
        "Devices": devices,
    }


def ui_data(one: WallThermostat, now: datetime, *, unknown: bool, null: bool) -> dict[str, Any]:
    """Return a thermostat's display; `unknown` without temperature, `null` without setpoints."""
    period = one.period(now)
    return {
        "DeviceID": one.device_id,
        "DispTemperature": 128 if unknown else one.shown(one.indoor_c),
        "DispTemperatureAvailable": not unknown,
        "DispTemperatureStatus": 0,
        "DisplayUnits": one.unit,
        "HeatSetpoint": None if null else one.heat_deg,
        "CoolSetpoint": None if null else one.cool_deg,
        "StatusHeat": one.heat_status,
        "StatusCool": one.cool_status,
        "HeatNextPeriod": one.next_index(now),
        "CoolNextPeriod": one.next_index(now),
        "HeatLowerSetptLimit": one.heat_limits[0],
        "HeatUpperSetptLimit": one.heat_limits[1],
        "CoolLowerSetptLimit": one.cool_limits[0],
        "CoolUpperSetptLimit": one.cool_limits[1],
        "ScheduleHeatSp": period.heat_deg if one.schedule_capable else None,
        "ScheduleCoolSp": period.cool_deg if one.schedule_capable else None,
        "SwitchAutoAllowed": True,
        "SwitchCoolAllowed": True,
        "SwitchOffAllowed": True,
        "SwitchHeatAllowed": True,
        "SwitchEmergencyHeatAllowed": False,
        "SystemSwitchPosition": one.switch,
        "Deadband": one.deadband,
        "DualSetpointStatus": False,
        "HoldUntilCapable": True,
        "ScheduleCapable": one.schedule_capable,
        "SetpointChangeAllowed": True,
        "VacationHold": one.vacation,
        "IsInVacationHoldMode": one.vacation,
        "EquipmentOutputStatus": one.output,
        "IndoorHumidity": 128,
        "IndoorHumiditySensorAvailable": False,
        "OutdoorTemperature": 128 if one.outdoor_c is None else one.shown(one.outdoor_c),
        "OutdoorTemperatureAvailable": one.outdoor_c is not None,
    }


def zone(one: WallThermostat) -> dict[str, Any]:
    """Return a thermostat as the list of zones has it."""
    return {
        "DeviceID": one.device_id,
        "Name": one.name,
        "IsLost": False,
        "GatewayIsLost": False,
        "DispTempAvailable": True,
        "DispTemp": one.shown(one.indoor_c),
        "DispUnits": one.unit,
    }


def fields(request: Request) -> dict[str, Any]:
    """Return the wanted changes of a JSON or form body; null and absent mean unchanged."""
    if "json" in request.headers.get("Content-Type", ""):
        found = request.json()
    else:
        found = {key: json.loads(value) if value not in ("", "null") else None for key, value in request.form().items()}
    return {key: value for key, value in found.items() if value is not None} if isinstance(found, dict) else {}


def is_acceptable(one: WallThermostat, wanted: Mapping[str, Any]) -> bool:
    """Return whether the thermostat takes such setpoints: limits, deadband, quarter of an hour."""
    cool = float(wanted.get("CoolSetpoint", one.cool_deg))
    heat = float(wanted.get("HeatSetpoint", one.heat_deg))
    if "CoolSetpoint" in wanted and not one.cool_limits[0] <= cool <= one.cool_limits[1]:
        return False
    if "HeatSetpoint" in wanted and not one.heat_limits[0] <= heat <= one.heat_limits[1]:
        return False
    if ("CoolSetpoint" in wanted or "HeatSetpoint" in wanted) and one.deadband > 0 and cool < heat + one.deadband:
        return False
    return all(0 <= int(wanted.get(key, 0)) <= 95 for key in ("CoolNextPeriod", "HeatNextPeriod"))


def apply(one: WallThermostat, wanted: Mapping[str, Any], now: datetime) -> None:
    """Change the thermostat."""
    one.cool_deg = float(wanted.get("CoolSetpoint", one.cool_deg))
    one.heat_deg = float(wanted.get("HeatSetpoint", one.heat_deg))
    one.switch = int(wanted.get("SystemSwitch", one.switch))
    one.fan_mode = int(wanted.get("FanMode", one.fan_mode))
    status = wanted.get("StatusCool", wanted.get("StatusHeat"))
    if status is None and ("CoolSetpoint" in wanted or "HeatSetpoint" in wanted):
        status = 1
    if status is not None:
        index = wanted.get("CoolNextPeriod", wanted.get("HeatNextPeriod"))
        one.hold(int(status), None if index is None else int(index), now)
