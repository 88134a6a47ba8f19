"""Tuya's business calls: devices, status, functions, specifications, lists, logs, commands.

Both address families are served: /v1.0/iot-03/devices/… and the legacy /v1.0/devices/….
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from solarctl.virtualhome.emulator import Faults
from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import Request
from solarctl.virtualhome.tuya_cloud import Refusal
from solarctl.virtualhome.tuya_devices import DataPoint, TuyaDevice


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdigit():
        raise Refusal(1101)
    return int(text)


def _unpacked(value: Any) -> Any:
    """Return a list or object that an old document shows as a JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refusal(1109) from None


class TuyaApi:
    """Answers verified business calls for the project's devices."""

    def __init__(
        self, house: House, faults: Faults, devices: dict[str, TuyaDevice], relay: TuyaDevice, switch_code: str
    ) -> None:
        self._house = house
        self._faults = faults
        self.devices = devices
        self._relay_id = relay.device_id
        self._switch_code = switch_code
        self.report_delay_s = 1.5
        self.writes = 0

    def answer(self, request: Request) -> Any:
        """Return the `result` of a verified business call, or raise `Refusal`."""
        for method, pattern, answer in ROUTES:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return answer(self, request, **match.groupdict())
        raise Refusal(1108)

    def _device(self, device_id: str, family: str = "") -> TuyaDevice:
        if family == "iot-03/" and self._faults.take("iot03-refused"):
            raise Refusal(2003)
        if self._faults.take("unknown-device") or device_id not in self.devices:
            raise Refusal(1106)
        return self.devices[device_id]

    def _status(self, device: TuyaDevice) -> list[dict[str, Any]]:
        rows = device.status()
        if self._faults.take("status-empty"):
            return []
        if self._faults.take("no-switch"):
            rows = [row for row in rows if row["code"] != self._switch_code]
        bent: dict[str, Callable[[Any], Any]] = {"null-value": lambda _: None, "text-value": lambda v: str(v).lower()}
        for fault, bend in bent.items():
            if self._faults.take(fault):
                rows = [r | {"value": bend(r["value"])} if r["code"] == self._switch_code else r for r in rows]
        return rows

    def _detail(self, device: TuyaDevice, *, with_status: bool = True) -> dict[str, Any]:
        born = 1700000000
        detail: dict[str, Any] = {
            "id": device.device_id,
            "uuid": device.device_id[::-1][:16],
            "uid": "eu1700000000000Virt",
            "biz_type": 18,
            "name": device.name,
            "time_zone": "+02:00",
            "ip": "192.0.2.17",
            "local_key": "virtual-local-key",
            "sub": False,
            "model": "VH-16A",
            "create_time": born,
            "active_time": born,
            "update_time": int(self._house.now.timestamp()),
            "owner_id": "17000000",
            "product_id": "virtualproduct00",
            "product_name": device.name,
            "category": device.category,
            "icon": "smart/icon/virtual.png",
            "online": device.seen_online,
            "lat": "",
            "lon": "",
        }
        if with_status:
            detail["status"] = self._status(device)
        else:
            detail["asset_id"] = "1700000000000000000"
        return detail

    def get_device(self, _request: Request, family: str | None, device_id: str) -> Any:
        return self._detail(self._device(device_id, family or ""), with_status=not family)

    def get_status(self, _request: Request, family: str | None, device_id: str) -> Any:
        return self._status(self._device(device_id, family or ""))

    def get_statuses(self, request: Request) -> Any:
        wanted = [one for one in request.query.get("device_ids", "").split(",") if one]
        if not wanted:
            raise Refusal(1100)
        if len(wanted) > 20:
            raise Refusal(1109)
        return [{"id": one, "status": self._status(self._device(one, "iot-03/"))} for one in wanted]

    def get_functions(self, _request: Request, family: str | None, device_id: str) -> Any:
        if not family and self._faults.take("legacy-refused"):
            raise Refusal(2003)
        device = self._device(device_id, family or "")
        rows = [point.spec() for point in device.points.values() if point.writable]
        return {"category": device.category, "functions": rows}

    def get_specification(self, request: Request, family: str | None, device_id: str) -> Any:
        device = self._device(device_id, family or "")
        numbered = request.path.startswith("/v1.1/")

        def rows(points: list[DataPoint]) -> list[dict[str, Any]]:
            return [point.spec(number if numbered else None) for number, point in enumerate(points, 1)]

        everything = list(device.points.values())
        writable = [point for point in everything if point.writable]
        return {"category": device.category, "functions": rows(writable), "status": rows(everything)}

    def get_linked(self, request: Request) -> Any:
        size = _number(request, "size", 20)
        rest = self._after(request.query.get("last_row_key", ""))
        rows = [self._detail(device) for device in rest[:size]]
        return {
            "devices": rows,
            "has_more": len(rest) > size,
            "last_row_key": rows[-1]["id"] if rows else "",
            "total": len(self.devices),
        }

    def get_listed(self, request: Request) -> Any:
        wanted = request.query.get("device_ids", "")
        if not wanted and request.query.get("source_type") != "tuyaUser":
            raise Refusal(1109)
        size = _number(request, "page_size", 20)
        rest = self._after(request.query.get("last_row_key", ""))
        if wanted:
            rest = [self._device(one) for one in wanted.split(",")]
        rows = [self._detail(device, with_status=False) for device in rest[:size]]
        last = rows[-1]["id"] if rows else ""
        return {"list": rows, "has_more": len(rest) > size, "last_row_key": last, "total": len(self.devices)}

    def get_things(self, request: Request) -> Any:
        size = _number(request, "page_size", 20)
        return [
            {
                "id": device.device_id,
                "customName": device.name,
                "name": device.name,
                "category": device.category,
                "isOnline": device.seen_online,
                "localKey": "virtual-local-key",
                "productName": device.name,
                "timeZone": "+02:00",
            }
            for device in self._after(request.query.get("last_id", ""))[: min(20, size)]
        ]

    def get_user_devices(self, _request: Request, uid: str) -> Any:
        return [self._detail(device) for device in self.devices.values()]

    def get_logs(self, request: Request, device_id: str) -> Any:
        device = self._device(device_id)
        start, end = (_number(request, name, 0) for name in ("start_time", "end_time"))
        size = _number(request, "size", 20)
        rows = [
            {
                "event_id": 7,
                "event_time": at,
                "code": code,
                "value": json.dumps(value),
                "event_from": "1",
                "status": "1",
            }
            for at, code, value in reversed(device.log)
            if start <= at <= (end or at)
        ]
        return {"device_id": device_id, "has_next": len(rows) > size, "logs": rows[:size], "count": len(rows)}

    def get_shadow(self, _request: Request, device_id: str) -> Any:
        now = int(self._house.now.timestamp() * 1000)
        rows = self._status(self._device(device_id))
        return {"properties": [row | {"time": now, "dp_id": n, "type": "value"} for n, row in enumerate(rows, 1)]}

    def post_properties(self, request: Request, device_id: str) -> Any:
        body = request.json()
        properties = body.get("properties") if isinstance(body, dict) else None
        properties = _unpacked(properties)
        if not isinstance(properties, dict) or not properties:
            raise Refusal(1109)
        self._command(self._device(device_id), list(properties.items()))
        return {}

    def post_commands(self, request: Request, family: str | None, device_id: str) -> Any:
        if not family and self._faults.take("legacy-refused"):
            raise Refusal(2008)
        device = self._device(device_id, family or "")
        body = request.json()
        commands = body.get("commands") if isinstance(body, dict) else None
        commands = _unpacked(commands)
        if not commands:
            raise Refusal(1100)
        if not isinstance(commands, list) or not all(isinstance(row, dict) and "code" in row for row in commands):
            raise Refusal(1109)
        return self._command(device, [(row["code"], row.get("value")) for row in commands])

    def _command(self, device: TuyaDevice, wanted: list[tuple[str, Any]]) -> bool:
        for code, value in wanted:
            point = device.points.get(code)
            if point is None or not point.writable:
                raise Refusal(2008)
            objection = point.objection(value)
            if objection:
                raise Refusal(objection)
        if device.device_id == self._relay_id and self._faults.take("offline"):
            raise Refusal(2001)
        if (error := self._faults.take("command-error")) is not None:
            raise Refusal(1103 if error is True else int(error))
        if self._faults.take("false-command"):
            return False
        self.writes += 1
        if self._faults.take("offline-but-true") or self._faults.take("ignored-command") or not device.online:
            return True
        act_after = self._faults.take("delayed-command") or 0.0
        report_after = self._faults.take("slow-report") or 0.0
        for code, value in wanted:
            device.command(
                code,
                value,
                act_after_s=30.0 if act_after is True else float(act_after),
                report_after_s=(30.0 if report_after is True else float(report_after)) or self.report_delay_s,
            )
        return True

    def _after(self, last_id: str) -> list[TuyaDevice]:
        devices = list(self.devices.values())
        ids = list(self.devices)
        return devices[ids.index(last_id) + 1 :] if last_id in ids else devices


_FAMILY, _ID = r"(?P<family>iot-03/)?", r"(?P<device_id>[^/]+)"
ROUTES: tuple[tuple[str, re.Pattern[str], Callable[..., Any]], ...] = tuple(
    (method, re.compile(pattern), answer)
    for method, pattern, answer in (
        ("GET", r"/v1\.0/iot-03/devices/status", TuyaApi.get_statuses),
        ("GET", rf"/v1\.0/{_FAMILY}devices/{_ID}", TuyaApi.get_device),
        ("GET", rf"/v1\.0/{_FAMILY}devices/{_ID}/status", TuyaApi.get_status),
        ("GET", rf"/v1\.0/{_FAMILY}devices/{_ID}/functions", TuyaApi.get_functions),
        ("GET", rf"/v1\.[01]/{_FAMILY}devices/{_ID}/specifications?", TuyaApi.get_specification),
        ("GET", rf"/v1\.0/devices/{_ID}/logs", TuyaApi.get_logs),
        ("POST", rf"/v1\.0/{_FAMILY}devices/{_ID}/commands", TuyaApi.post_commands),
        ("GET", r"/v1\.0/iot-01/associated-users/devices", TuyaApi.get_linked),
        ("GET", r"/v1\.0/users/(?P<uid>[^/]+)/devices", TuyaApi.get_user_devices),
        ("GET", r"/v1\.3/iot-03/devices", TuyaApi.get_listed),
        ("GET", r"/v2\.0/cloud/thing/device", TuyaApi.get_things),
        ("GET", rf"/v2\.0/cloud/thing/{_ID}/shadow/properties", TuyaApi.get_shadow),
        ("POST", rf"/v2\.0/cloud/thing/{_ID}/shadow/properties/issue", TuyaApi.post_properties),
    )
)
