"""Home Assistant finds the balancer by itself: one retained, device-based message per balancer and per load.

States come out of the status topic, orders go to the force topic; so there is nothing to keep in step. A value
that is not renewed expires, and everything is unavailable when the last will says so.
"""

from __future__ import annotations

import json
import re
from typing import Any

from solarctl import __version__
from solarctl.control.balance_settings import Settings

EXPIRE_AFTER_S = 60


def discovery_messages(settings: Settings) -> dict[str, str]:
    """Return topic → payload of all devices."""
    if not (settings.discovery_prefix and settings.status_topic):
        return {}
    found = {_topic(settings, settings.discovery_id): json.dumps(_balancer(settings))}
    for index, load in enumerate(settings.loads):
        name = f"{settings.discovery_id}_{_id(load.device)}"
        found[_topic(settings, name)] = json.dumps(_load(settings, name, load.device, index))
    return found


def birth_topic(settings: Settings) -> str:
    """Return where Home Assistant says that it has started."""
    return f"{settings.discovery_prefix}/status"


def availability_topic(settings: Settings) -> str:
    """Return where we say whether we run."""
    return f"{settings.status_topic}/availability"


def _topic(settings: Settings, name: str) -> str:
    return f"{settings.discovery_prefix}/device/{name}/config"


def _id(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", text)


def _common(settings: Settings, name: str, label: str, components: dict[str, Any], via: str = "") -> dict[str, Any]:
    device: dict[str, Any] = {
        "identifiers": [name],
        "name": label,
        "manufacturer": "solarctl",
        "sw_version": __version__,
    }
    if via:
        device["via_device"] = via
    return {
        "device": device,
        "origin": {"name": "solarctl", "sw_version": __version__},
        "availability_topic": availability_topic(settings),
        "state_topic": settings.status_topic,
        "components": components,
    }


def _sensor(name: str, label: str, field: str, unit: str) -> dict[str, Any]:
    energy = unit == "Wh"
    return {
        "platform": "sensor",
        "unique_id": name,
        "name": label,
        "value_template": "{{ value_json." + field + " }}",
        "unit_of_measurement": unit,
        "device_class": "energy" if energy else "power",
        "state_class": "total_increasing" if energy else "measurement",
        "expire_after": EXPIRE_AFTER_S,
    }


def _balancer(settings: Settings) -> dict[str, Any]:
    me = settings.discovery_id
    rows = (
        ("consumption", "Consumption", "power_consumption", "W"),
        ("production", "Production", "power_production", "W"),
        ("import", "Grid import", "grid", "W"),
        ("export", "Grid export", "injection", "W"),
        ("house", "House without loads", "power_house", "W"),
        ("loads", "Loads", "power_equipments", "W"),
        ("production_energy", "Produced today", "production_energy", "Wh"),
        ("import_energy", "Imported today", "import_energy", "Wh"),
        ("export_energy", "Exported today", "export_energy", "Wh"),
    )
    parts: dict[str, Any] = {key: _sensor(f"{me}_{key}", label, field, unit) for key, label, field, unit in rows}
    parts["silent"] = {
        "platform": "binary_sensor",
        "unique_id": f"{me}_silent",
        "name": "Meters",
        "device_class": "problem",
        "entity_category": "diagnostic",
        "value_template": "{{ 'ON' if value_json.reason == 'no-reading' else 'OFF' }}",
        "expire_after": EXPIRE_AFTER_S,
    }
    return _common(settings, me, "solarctl balance", parts)


def _load(settings: Settings, name: str, device: str, index: int) -> dict[str, Any]:
    field = f"equipments[{index}]"
    parts: dict[str, Any] = {
        "power": _sensor(f"{name}_power", "Power", f"{field}.current_power", "W"),
        "energy": _sensor(f"{name}_energy", "Energy today", f"{field}.energy", "Wh"),
        "full": {
            "platform": "binary_sensor",
            "unique_id": f"{name}_full",
            "name": "Full",
            "value_template": "{{ 'ON' if value_json." + field + ".overed else 'OFF' }}",
            "expire_after": EXPIRE_AFTER_S,
        },
        "reason": {
            "platform": "sensor",
            "unique_id": f"{name}_reason",
            "name": "Reason",
            "entity_category": "diagnostic",
            "value_template": "{{ value_json." + field + ".reason }}",
            "expire_after": EXPIRE_AFTER_S,
        },
    }
    if settings.force_topic:
        parts["mode"] = {
            "platform": "select",
            "unique_id": f"{name}_mode",
            "name": "Mode",
            "options": ["auto", "off", "on"],
            "command_topic": settings.force_topic,
            "command_template": _mode_command(device),
            "value_template": "{{ 'auto' if not value_json." + field + ".forced else "
            "('on' if value_json." + field + ".on else 'off') }}",
        }
    return _common(settings, name, device, parts, via=settings.discovery_id)


def _mode_command(device: str) -> str:
    unforce = json.dumps({"command": "unforce", "name": device})
    off = json.dumps({"command": "force", "name": device, "power": 0})
    on = json.dumps({"command": "force", "name": device})
    return f"{{% if value == 'auto' %}}{unforce}{{% elif value == 'off' %}}{off}{{% else %}}{on}{{% endif %}}"
