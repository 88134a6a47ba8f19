"""The status that goes out: the seed's fields under the seed's names, and what we have to say beyond them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from solarctl.control.balance import Memory, Meters
from solarctl.control.balance_energy import is_estimated


def status_of(
    meters: Meters,
    memory: Memory,
    loads: list[dict[str, Any]],
    *,
    forced: Collection[str],
    reason: str,
    because: str,
    ignored: int,
    now: datetime,
) -> dict[str, Any]:
    """Return the status message. Unknown values are null, except those that the seed's readers compute with."""
    house_w, solar_w, grid_w = flows(meters)
    drawn_w = sum(load["power_w"] for load in loads)
    first = memory.loads.get(loads[0]["device"]) if loads else None
    return {
        "date": int(now.timestamp()),
        "date_str": f"{now:%Y-%m-%d %H:%M:%S}",
        "power_consumption": house_w,
        "power_production": solar_w,
        "production_energy": round(memory.solar_wh),
        "injection": None if grid_w is None else min(0, grid_w),
        "grid": None if grid_w is None else max(0, grid_w),
        "CLOUD_forecast": memory.cloud_pct,
        "ECS_energy_yesterday": round(first.yesterday_wh) if first is not None else 0,
        "power_equipments": drawn_w,
        "power_house": None if house_w is None else max(0, house_w - drawn_w),
        "equipments": [_equipment(load, memory, forced) for load in loads],
        "mode": memory.mode,
        "import_energy": round(memory.import_wh),
        "export_energy": round(memory.export_wh),
        "reason": reason,
        "because": because,
        "ignored_payloads": ignored,
    }


def flows(meters: Meters) -> tuple[int | None, int | None, int | None]:
    """Return what the house uses, the panels give and the grid delivers, in W, as far as the meters tell."""
    solar_w = round(meters.solar.power_w) if meters.solar is not None else None
    house_w = round(meters.house.power_w) if meters.house is not None else None
    grid_w = round(meters.grid.power_w) if meters.grid is not None else None
    if grid_w is None and house_w is not None and solar_w is not None:
        grid_w = house_w - solar_w
    if house_w is None and grid_w is not None and solar_w is not None:
        battery_w = meters.battery.power_w if meters.battery is not None else None
        house_w = grid_w + solar_w + round(battery_w or 0)
    return house_w, solar_w, grid_w


def _equipment(load: Mapping[str, Any], memory: Memory, forced: Collection[str]) -> dict[str, Any]:
    past = memory.loads[load["device"]]
    return {
        "name": load["device"],
        "current_power": load["power_w"],
        "set_power": load["set_w"],
        "energy": load["energy_wh"],
        "estimated": is_estimated(past),
        "overed": past.full_since is not None,
        "forced": load["device"] in forced,
        "on": load["on"],
        "reason": load["reason"],
        "yesterday": round(past.yesterday_wh),
        "minutes": round(past.on_s / 60),
    }
