"""One emulated HomeWizard device: its answers at /api, by version, and its own faults.

What a device knows comes from the house: the P1 the street's meter, a socket its appliance, a battery the battery.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from solarctl.virtualhome.emulator import Faults
from solarctl.virtualhome.homewizard_batteries import BatteryGroup
from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import Request, Response
from solarctl.virtualhome.sockets import Socket

FAULTS: Mapping[str, str] = {
    "dead": "the device does not answer (value: its name, or names; all by default)",
    "slow": "answers take 3 seconds",
    "api-off": "v1: 403, the local API is switched off in the app",
    "unauthorized": "v2: 401, the token is not known",
    "http-500": "an internal error",
    "html-200": "a page instead of JSON",
    "torn": "the answer breaks off",
    "other-serial": "another device answers at the address",
    "no-power": "the answer has no power",
    "registers-only": "the totals are missing, only t1 to t4 are told",
    "three-phases": "the meter tells three phases",
    "text-numbers": "numbers come as text",
    "counter-reset": "the counters start again at 0",
    "locked": "the socket is locked on",
    "ignores-writes": "a switch is acknowledged, but the relay does not move",
    "unplugged": "what should be in the socket is not",
    "stale-telegram": "v2: the meter has sent nothing for ten minutes",
    "old-firmware": "v2: API 2.1.0, the batteries' permissions are not known yet",
    "new-firmware": "v2: API 2.3.0, the batteries may be predictive, and charge_to_full is there",
    "no-batteries": "v2: API 2.0.0, nothing is known of batteries",
    "no-charge": "v2: the battery does not tell its charge",
}
USER_NAME = re.compile(r"local/[a-zA-Z0-9\-_/\\# ]{1,40}")
BUTTON_S = 30
VERSIONS = {"HWE-P1": "2.2.0", "HWE-BAT": "2.0.1", "HWE-KWH1": "2.2.0"}


@dataclass
class Device:
    """`kind`: HWE-P1, HWE-SKT, HWE-KWH1 or HWE-BAT."""

    name: str
    kind: str
    serial: str
    house: House
    faults: Faults
    now: Callable[[], datetime]
    socket: Socket | None = None
    production: bool = False  # a kWh meter on the panels
    users: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    _button_until: datetime | None = None

    def __post_init__(self) -> None:
        self.group = BatteryGroup(self.house, self.fault)  # what a meter manages

    def fault(self, name: str) -> bool:
        """Return whether a fault is on for this device, and count its use."""
        value = self.faults.peek(name)
        is_meant = value in (True, self.name) or (isinstance(value, tuple) and self.name in value)
        return is_meant and bool(self.faults.take(name))

    def press_button(self) -> None:
        """Allow one user to be made within the next 30 seconds."""
        self._button_until = self.now() + timedelta(seconds=BUTTON_S)

    def handle(self, request: Request, *, v2: bool) -> Response:
        """Answer a request."""
        self.house.advance(self.now())
        self.group.pass_()
        if self.socket is not None:
            self.socket.unplugged = self.fault("unplugged")
            self.socket.locked = self.fault("locked")
        self.house.settle()  # whoever is asked first, all devices tell of the same moment
        if self.fault("dead"):
            return Response(body=b"..", torn=True)
        if self.fault("http-500"):
            return Response.of({"error": "request:internal-server-error"}, 500)
        if self.fault("html-200"):
            return Response.html("<html>HomeWizard</html>")
        response = self._v2(request) if v2 else self._v1(request)
        response.delay_s = 3.0 if self.fault("slow") else 0.0
        response.torn = self.fault("torn")
        return response

    # --- version 1

    def _v1(self, request: Request) -> Response:
        if self.fault("api-off"):
            return Response.of({"error": {"id": 202, "description": "API not enabled"}}, 403)
        match (request.method, request.path):
            case ("GET", "/api" | "/api/"):
                return Response.of(self._identity("v1"))
            case ("GET", "/api/v1/data"):
                return Response.of(self._texts(self._data()))
            case ("GET", "/api/v1/state") if self.socket is not None:
                return Response.of(self._state(self.socket))
            case ("PUT", "/api/v1/state") if self.socket is not None:
                return self._put_state(self.socket, request.json())
            case ("PUT", "/api/v1/identify"):
                return Response.of({"identify": "ok"})
            case ("GET", "/api/v1/system"):
                return Response.of({"cloud_enabled": True})
            case _:
                return Response(404)

    def _identity(self, version: str) -> dict[str, Any]:
        serial = "aabbccddeeff" if self.fault("other-serial") else self.serial
        names = {"HWE-P1": "P1 Meter", "HWE-SKT": "Energy Socket", "HWE-BAT": "Plug-In Battery"}
        return {
            "product_type": self.kind,
            "product_name": names.get(self.kind, "kWh Meter 1-phase"),
            "serial": serial,
            "firmware_version": "5.18" if version == "v1" else "6.0204",
            "api_version": version,
        }

    def _state(self, socket: Socket) -> dict[str, Any]:
        return {"power_on": socket.on or socket.locked, "switch_lock": socket.locked, "brightness": 255}

    def _put_state(self, socket: Socket, body: Any) -> Response:
        if not isinstance(body, dict):
            return Response.of({"error": {"id": 2, "description": "body contains invalid json"}}, 400)
        self.writes += 1
        if "switch_lock" in body:
            socket.locked = bool(body["switch_lock"])
            if not socket.locked:
                self.faults.clear("locked")
        if "power_on" in body:
            if socket.locked and not body["power_on"]:
                return Response.of({"error": {"id": 8, "description": "parameter is not modifiable"}}, 400)
            if not self.fault("ignores-writes"):
                socket.switch(bool(body["power_on"]))
                self.house.settle()
        return Response.of({key: body[key] for key in ("power_on", "switch_lock", "brightness") if key in body})

    def _data(self) -> dict[str, Any]:
        power_w, imported, exported = self._values()
        found: dict[str, Any] = {"wifi_ssid": "Home", "wifi_strength": 100}
        if self.kind == "HWE-P1":
            found |= {
                "smr_version": 50,
                "meter_model": "ISKRA 2M550T-101",
                "unique_id": "4530303433303036",
                "active_tariff": 2,
            }
            found |= {"total_gas_m3": 2569.646, "gas_timestamp": 210606140010, "any_power_fail_count": 4}
        halves: dict[str, float] = {}
        for way, kwh in (("import", imported), ("export", exported)):
            halves |= {
                f"total_power_{way}_t1_kwh": round(kwh * 0.4, 3),
                f"total_power_{way}_t2_kwh": round(kwh * 0.6, 3),
            }
        found |= halves
        if not self.fault("registers-only"):
            found |= {"total_power_import_kwh": round(imported, 3), "total_power_export_kwh": round(exported, 3)}
        if not self.fault("no-power"):
            found |= {"active_power_w": power_w, "active_power_l1_w": power_w} | self._phases(power_w, "active_")
        return found | {"active_voltage_v": 230.1, "active_frequency_hz": 50.0}

    # --- version 2

    def _v2(self, request: Request) -> Response:
        if request.headers.get("X-Api-Version", "2") != "2":
            return Response.of({"error": "request:api-version-not-supported"}, 400)
        if (request.method, request.path) == ("POST", "/api/user"):
            return self._new_user(request.json())
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token not in self.users.values() or self.fault("unauthorized"):
            return Response.of({"error": "user:unauthorized"}, 401)
        match (request.method, request.path):
            case ("GET", "/api" | "/api/"):
                return Response.of(self._identity(self._version()))
            case ("GET", "/api/measurement"):
                return Response.of(self._texts(self._measurement()))
            case ("GET", "/api/user"):
                users = [{"name": name, "current": one == token} for name, one in self.users.items()]
                return Response.of(users)
            case (_, "/api/batteries") if self.fault("no-batteries"):
                return Response.of({"error": "request:not-found"}, 404)
            case ("GET", "/api/batteries") if self.kind != "HWE-BAT" and self.house.battery is not None:
                return Response.of(self.group.answer())
            case ("PUT", "/api/batteries") if self.kind != "HWE-BAT" and self.house.battery is not None:
                self.writes += 1
                return self.group.put(request.json())
            case ("GET", "/api/system"):
                return Response.of({"wifi_ssid": "Home", "wifi_rssi_db": -54, "cloud_enabled": True, "uptime_s": 3600})
            case _:
                return Response.of({"error": "request:not-found"}, 404)

    def _version(self) -> str:
        by_fault = {"no-batteries": "2.0.0", "old-firmware": "2.1.0", "new-firmware": "2.3.0"}
        return next((one for name, one in by_fault.items() if self.fault(name)), VERSIONS.get(self.kind, "2.0.0"))

    def _new_user(self, body: Any) -> Response:
        name = body.get("name") if isinstance(body, dict) else None
        if not isinstance(name, str) or not USER_NAME.fullmatch(name):
            return Response.of({"error": "user:name-invalid"}, 400)
        if self._button_until is None or self.now() > self._button_until:
            return Response.of({"error": "user:creation-not-enabled"}, 403)
        self._button_until = None
        self.users[name] = (
            f"{len(self.users) + 1:X}{self.serial.upper()}" + "0123456789ABCDEF0123"[: 31 - len(self.serial)]
        )
        return Response.of({"name": name, "token": self.users[name]})

    def _measurement(self) -> dict[str, Any]:
        power_w, imported, exported = self._values()
        found: dict[str, Any] = {"energy_import_kwh": round(imported, 3), "energy_export_kwh": round(exported, 3)}
        if not self.fault("no-power"):
            found |= {"power_w": power_w} | self._phases(power_w, "")
        if self.kind == "HWE-BAT":
            if not self.fault("no-charge"):
                found["state_of_charge_pct"] = round(self.house.soc_pct or 0.0, 1)
            return found | {
                "voltage_v": 231.5,
                "current_a": round(power_w / 231.5, 3),
                "frequency_hz": 50.0,
                "cycles": 42,
            }
        late = timedelta(minutes=10) if self.fault("stale-telegram") else timedelta(0)
        local = (self.now() - late).astimezone(self.house.timezone).replace(tzinfo=None)
        return found | {"protocol_version": 50, "tariff": 2, "timestamp": local.isoformat(timespec="seconds")}

    # --- values

    def _values(self) -> tuple[float, float, float]:
        """Return power (flowing in is positive), lifetime import and export in kWh."""
        total, house = self.house.total, self.house
        if self.kind == "HWE-P1":
            found = house.grid_w, 10830.511 + total.import_kwh, 4321.333 + total.export_kwh
        elif self.kind == "HWE-BAT":
            found = -house.battery_w, 120.0 + total.battery_in_kwh, 100.0 + total.battery_out_kwh
        elif self.socket is not None:
            found = self.socket.power_w, self.socket.import_kwh, 0.0
        elif self.production:
            found = -house.solar_w, 1.5, 800.0 + total.solar_kwh
        else:
            found = house.load_w, 300.0 + total.load_kwh, 0.0
        power_w, imported, exported = found
        if self.fault("counter-reset"):
            imported, exported = imported % 0.01, exported % 0.01
        whole = self.kind in ("HWE-P1", "HWE-BAT")
        return (round(power_w) if whole else round(power_w, 3)), imported, exported

    def _phases(self, power_w: float, prefix: str) -> dict[str, Any]:
        """Return three phases' shares of the power, their currents as the P1 has them: whole amperes, signed."""
        if self.kind == "HWE-BAT" or not self.fault("three-phases"):
            return {}
        parts = [round(power_w * share) for share in (0.5, 0.3)]
        found: dict[str, Any] = {}
        for number, watts in enumerate((*parts, power_w - sum(parts)), 1):
            found |= {f"{prefix}power_l{number}_w": watts, f"{prefix}current_l{number}_a": round(watts / 230)}
        return found

    def _texts(self, answer: dict[str, Any]) -> dict[str, Any]:
        if not self.fault("text-numbers"):
            return answer
        return {key: str(one) if isinstance(one, (int, float)) else one for key, one in answer.items()}
