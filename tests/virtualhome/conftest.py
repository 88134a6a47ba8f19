"""A raw client: what goes over the wire, without any of our drivers."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud
from solarctl.virtualhome.emulators.tuya import Tuya
from solarctl.virtualhome.house import House
from solarctl.virtualhome.houses import hybrid_house
from solarctl.virtualhome.http_emulator import HttpEmulator

KYIV = ZoneInfo("Europe/Kyiv")
NOON = datetime(2026, 6, 21, 12, 2, tzinfo=KYIV)


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    emulator: HttpEmulator, method: str, target: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> Answer:
    """Send exactly these bytes and return what comes back."""
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"), timeout=5)
    try:
        connection.request(method, target, body=body or None, headers=headers or {})
        reply = connection.getresponse()
        return Answer(reply.status, reply.headers, reply.read())
    finally:
        connection.close()


class TuyaClient:
    """Signs as the reference says, independent of emulator and driver."""

    def __init__(self, emulator: Tuya) -> None:
        self.emulator = emulator
        self.token = ""
        self.refresh_token = ""
        self.skew_ms = 0

    def call(
        self,
        method: str,
        target: str,
        value: Any = None,
        *,
        signed_target: str | None = None,
        drop: str = "",
        **changed: str,
    ) -> Any:
        body = b"" if value is None else json.dumps(value).encode()
        return self.raw(method, target, body, signed_target=signed_target, drop=drop, **changed).json()

    def raw(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        signed_target: str | None = None,
        drop: str = "",
        **changed: str,
    ) -> Answer:
        t = str(int(self.emulator.clock.now().timestamp() * 1000) + self.skew_ms)
        token = "" if target.startswith("/v1.0/token") else self.token
        text = "\n".join((method, hashlib.sha256(body).hexdigest(), "", signed_target or target))
        message = self.emulator.client_id + token + t + text
        sign = hmac.new(self.emulator.client_secret.encode(), message.encode(), hashlib.sha256).hexdigest().upper()
        headers = {"client_id": self.emulator.client_id, "t": t, "sign": sign, "sign_method": "HMAC-SHA256"}
        if token:
            headers["access_token"] = token
        headers |= changed
        headers.pop(drop, None)
        return ask(self.emulator, method, target, body=body, headers=headers)

    def login(self) -> dict[str, Any]:
        result: dict[str, Any] = self.call("GET", "/v1.0/token?grant_type=1")["result"]
        self.token, self.refresh_token = result["access_token"], result["refresh_token"]
        return result

    @property
    def device(self) -> str:
        return f"/v1.0/iot-03/devices/{self.emulator.relay.device_id}"

    def switch(self, on: object, code: str = "switch_1") -> Any:
        return self.call("POST", f"{self.device}/commands", {"commands": [{"code": code, "value": on}]})

    def status(self) -> dict[str, Any]:
        return {row["code"]: row["value"] for row in self.call("GET", f"{self.device}/status")["result"]}


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(NOON)


@pytest.fixture
def house() -> House:
    """Return a house under a roof with hardly any panels, so that the battery gives and the grid has work."""
    return hybrid_house(NOON.replace(minute=0), seed=5, soc_pct=30, peak_kw=0.05)


@pytest.fixture
def solax(house: House, clock: DrivenClock) -> Iterator[SolaxCloud]:
    emulator = SolaxCloud(house, clock).start()
    yield emulator
    emulator.stop()


@pytest.fixture
def tuya(house: House, clock: DrivenClock) -> Iterator[Tuya]:
    emulator = Tuya(house, clock).start()
    yield emulator
    emulator.stop()


@pytest.fixture
def client(tuya: Tuya) -> TuyaClient:
    """A client that is logged in."""
    made = TuyaClient(tuya)
    made.login()
    return made


@pytest.fixture
def ask_solax(solax: SolaxCloud) -> Callable[..., Answer]:
    """Ask for the inverter's values by either version of the API."""

    def asked(version: int = 2, *, token: str | None = None, serial: str | None = None) -> Answer:
        token, serial = token or solax.token, serial or solax.serial
        if version == 1:
            return ask(solax, "GET", f"/proxyApp/proxy/api/getRealtimeInfo.do?tokenId={token}&sn={serial}")
        return ask(
            solax,
            "POST",
            "/api/v2/dataAccess/realtimeInfo/get",
            body=json.dumps({"wifiSn": serial}).encode(),
            headers={"tokenId": token, "Content-Type": "application/json"},
        )

    return asked
