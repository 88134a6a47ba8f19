"""The group of plug-in batteries that an emulated meter manages: modes, permissions, and what they bring about.

zero            follows the meter, as far as the permissions go; without any it is standby
standby         no permission at all
to_full         charges at full speed, permissions cannot be written; full, it goes back to zero
predictive      from API 2.3.0 on
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import Response

ALL = ("charge_allowed", "discharge_allowed")


class BatteryGroup:
    """`fault` tells which faults of the meter are on."""

    def __init__(self, house: House, fault: Callable[[str], bool]) -> None:
        self._house = house
        self._fault = fault
        self.mode = "zero"
        self.permissions = list(ALL)

    def answer(self) -> dict[str, Any]:
        """Return what GET /api/batteries says."""
        battery = self._house.battery
        assert battery is not None
        found: dict[str, Any] = {"mode": self.mode, "permissions": self.permissions, "battery_count": 1}
        found |= {"power_w": round(-self._house.battery_w), "target_power_w": 0}
        found |= {"max_consumption_w": battery.max_charge_w, "max_production_w": battery.max_discharge_w}
        if self._fault("old-firmware"):
            found.pop("permissions"), found.pop("battery_count")
        if self._fault("new-firmware"):
            found["charge_to_full"] = self.mode == "to_full"
        return found

    def put(self, body: Any) -> Response:
        """Take what PUT /api/batteries wishes, or say why not."""
        if not isinstance(body, dict) or not {"mode", "permissions"} & body.keys():
            return Response.of({"error": "json:no-parameters-recognized"}, 400)
        mode, permissions = body.get("mode", self.mode), body.get("permissions", self.permissions)
        if self._fault("old-firmware") and "permissions" in body:
            return Response.of({"error": "json:no-parameters-recognized"}, 400)
        if mode not in ("zero", "standby", "to_full", *(("predictive",) if self._fault("new-firmware") else ())):
            return Response.of({"error": "json:parameter-invalid-value:mode"}, 400)
        if mode == "to_full" and "permissions" in body:
            return Response.of({"error": "json:parameter-not-exclusive"}, 400)
        if not self._fault("ignores-writes"):
            if body.get("mode") == "standby":
                permissions = []
            elif body.get("mode") in ("zero", "predictive") and "permissions" not in body:
                permissions = list(ALL)
            elif "permissions" in body and mode in ("zero", "standby"):
                mode = "zero" if permissions else "standby"
            self._become(mode, list(permissions))
        return Response.of(self.answer())

    def pass_(self) -> None:
        """Let a group that was to fill up follow the meter again once it is full."""
        battery = self._house.battery
        if self.mode == "to_full" and battery is not None and battery.soc_pct >= 99.9:
            self._become("zero", list(ALL))

    def _become(self, mode: str, permissions: list[str]) -> None:
        self.mode, self.permissions = mode, permissions
        battery = self._house.battery
        assert battery is not None
        battery.may_charge = mode == "to_full" or "charge_allowed" in permissions
        battery.may_discharge = "discharge_allowed" in permissions
        battery.force_w = -battery.max_charge_w if mode == "to_full" else None
        self._house.settle()
