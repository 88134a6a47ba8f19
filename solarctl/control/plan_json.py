"""A plan as the contract's JSON, and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from solarctl.control.plan_words import Bound, Expected, Inputs, Plan

Json = dict[str, Any]


def to_json(plan: Plan) -> Json:
    """Return a plan as the contract prints it: W, kWh and money, rounded to what matters."""
    inputs, expected = plan.inputs, plan.expected
    return {
        "version": plan.version,
        "made_at": plan.made_at.isoformat(timespec="seconds"),
        "slots": [start.isoformat(timespec="seconds") for start in plan.slots],
        "slot_min": plan.slot_min,
        "inputs": {
            "hash": inputs.hash,
            "solar_w": _rounded(inputs.solar_w, 1),
            "base_w": _rounded(inputs.base_w, 1),
            "import_price": _rounded(inputs.import_price, 6),
            "export_price": _rounded(inputs.export_price, 6),
            "told_w": _rounded(inputs.told_w, 1),
            "usual_w": _rounded(inputs.usual_w, 1),
        },
        "devices": {name: list(row) for name, row in plan.devices.items()},
        "battery_w": None if plan.battery_w is None else _rounded(plan.battery_w, 1),
        "expected": {
            "import_kwh": round(expected.import_kwh, 4),
            "export_kwh": round(expected.export_kwh, 4),
            "cost": round(expected.cost, 5),
            "unmet_kwh": {name: round(kwh, 4) for name, kwh in expected.unmet_kwh.items()},
        },
        "bound": {"cost": round(plan.bound.cost, 5), "gap": round(plan.bound.gap, 5)},
        "why": dict(plan.why),
        "powers_w": dict(plan.powers_w),
        "battery_mode": None if plan.battery_mode is None else list(plan.battery_mode),
        "soc_kwh": None if plan.soc_kwh is None else _rounded(plan.soc_kwh, 4),
    }


def from_json(found: Json) -> Plan | None:
    """Return the plan that plan.json holds, None when it does not fit (an older or newer program's)."""
    try:
        inputs, expected = found["inputs"], found["expected"]
        return Plan(
            made_at=datetime.fromisoformat(found["made_at"]),
            slots=tuple(datetime.fromisoformat(text) for text in found["slots"]),
            slot_min=int(found["slot_min"]),
            inputs=Inputs(
                inputs["hash"],
                *(tuple(inputs[name]) for name in ("solar_w", "base_w", "import_price", "export_price")),
                *(tuple(inputs.get(name) or ()) for name in ("told_w", "usual_w")),
            ),
            devices={name: tuple(row) for name, row in found["devices"].items()},
            battery_w=None if found["battery_w"] is None else tuple(found["battery_w"]),
            expected=Expected(
                expected["import_kwh"], expected["export_kwh"], expected["cost"], dict(expected["unmet_kwh"])
            ),
            bound=Bound(found["bound"]["cost"], found["bound"]["gap"]),
            why=dict(found["why"]),
            powers_w=dict(found.get("powers_w") or {}),
            battery_mode=_optional(found, "battery_mode"),
            soc_kwh=_optional(found, "soc_kwh"),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _optional(found: Json, name: str) -> Any:
    row = found.get(name)
    return None if row is None else tuple(row)


def _rounded(numbers: tuple[float, ...], digits: int) -> list[float]:
    return [round(number, digits) + 0.0 for number in numbers]
