"""Tuya's Open API with one relay that stands between the street and the house, and a lamp.

Every request is verified as the cloud does: headers (1105), client (1005), time (1013), signature over the received
bytes (1004), token (1010). Errors are HTTP 200 with a code. `result: true` of a command says that the cloud took
it, not that the relay moved; the relay acts and reports `report_delay_s` later.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from solarctl.virtualhome.tuya_api import TuyaApi
from solarctl.virtualhome.tuya_cloud import Pair, Refusal, TokenDesk, sign
from solarctl.virtualhome.tuya_devices import LAMP_POINTS, TuyaDevice, relay_points
from solarctl.virtualhome.tuya_faults import FAULTS, UPSETS

CLIENT_ID = "v7rtualh0mec1ient0id"
CLIENT_SECRET = "5e1f0d2c3b4a59687786950a1b2c3d4e"
UID = "bay1700000000000Virt"
RELAY_ID = "bfv1rtualhomere1ay0000"
LAMP_ID = "bfv1rtualhome1amp00000"
TIME_WINDOW_S = 300


class Tuya(HttpEmulator):
    """A cloud project with its devices; the relay `grid-relay` connects the house's grid."""

    name: ClassVar[str] = "tuya"
    FAULTS: ClassVar[Mapping[str, str]] = FAULTS
    UPSETS: ClassVar[tuple[Upset, ...]] = UPSETS

    def __init__(
        self,
        home: House,
        clock: Clock,
        *,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        switch_code: str = "switch_1",
        report_delay_s: float = 1.5,
        token_life_s: float = 7200,
        quota_calls: int | None = None,
        seed: int | str = 0,
    ) -> None:
        super().__init__(home, clock)
        self.home: House = home
        self.client_id = client_id
        self.client_secret = client_secret
        self.switch_code = switch_code
        self.quota_calls = quota_calls
        self.tokens = TokenDesk(Random(f"tuya/{seed}"), token_life_s)
        self.devices: dict[str, TuyaDevice] = {}
        self.relay = self._add_relay()
        self.add_device(
            TuyaDevice(
                home,
                LAMP_ID,
                "Porch lamp",
                "dj",
                LAMP_POINTS,
                {"switch_led": False, "bright_value": 500, "work_mode": "white"},
            )
        )
        self.api = TuyaApi(home, self.faults, self.devices, self.relay, switch_code)
        self.api.report_delay_s = report_delay_s

    # --- for scenarios and tests -----------------------------------------------------------------------

    def add_device(self, device: TuyaDevice) -> TuyaDevice:
        """Link one more device to the project."""
        self.devices[device.device_id] = device
        return device

    def press(self, on: bool) -> None:
        """Somebody presses the relay's button."""
        self.home.advance(self.clock.now())
        with self.home.lock:
            self.relay.press(self.switch_code, on)

    def rotate_elsewhere(self) -> None:
        """Another program with the same credentials refreshes: our tokens are dead."""
        with self.lock:
            self.tokens.kill()

    def config(self) -> str:
        return (
            f'[accounts.tuya]\nservice = "tuya"\nbase_url = "{self.url}"\nclient_id = "{self.client_id}"\n'
            f'client_secret = {{ file = "tuya.secret" }}\n\n'
            f'[devices.grid-relay]\ndriver = "tuya-switch"\naccount = "tuya"\ndevice_id = "{self.relay.device_id}"\n'
        )

    def secrets(self) -> dict[str, str]:
        return {"tuya.secret": self.client_secret + "\n"}

    def counters(self) -> dict[str, int]:
        logins = self.tokens.logins + self.tokens.refreshes
        return {"requests": len(self.journal), "logins": logins, "writes": self.api.writes, "switches": self.relay.acts}

    def _add_relay(self) -> TuyaDevice:
        code = self.switch_code

        def act(acted: str, value: Any) -> None:
            if acted == code:
                self.home.connect_grid(bool(value))

        def measure() -> dict[str, Any]:
            power_w = max(0.0, self.home.grid_w)
            return {
                "cur_power": round(power_w * 10),
                "cur_current": round(power_w / 230 * 1000),
                "cur_voltage": 2300 if self.home.grid.live else 0,
            }

        values = {code: self.home.grid.connected, "countdown_1": 0, "relay_status": "last"}
        values |= {"light_mode": "relay", "child_lock": False}
        points = relay_points(code)
        return self.add_device(
            TuyaDevice(self.home, RELAY_ID, "Grid relay", "cz", points, values, on_act=act, measure=measure)
        )

    # --- the gate --------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        self.home.advance(self.clock.now())
        self._set_online()
        return self.spoiled(self._transport_fault() or self._envelope(request))

    def _set_online(self) -> None:
        unnoticed = bool(self.faults.take("offline-unnoticed"))
        offline = "offline" in self.faults.active() or "offline-but-true" in self.faults.active()
        powered = self.home.grid.live  # the relay lives on the street's power
        self.relay.connect(online=powered and not (offline or unnoticed), seen_online=powered and not offline)

    def _transport_fault(self) -> Response | None:
        if self.faults.take("http-500"):
            return Response.html("<html><body>Internal Server Error</body></html>", 500)
        if self.faults.take("http-502"):
            return Response.html("<html><head><title>502 Bad Gateway</title></head></html>", 502)
        if (seconds := self.faults.take("http-429")) is not None:
            return Response(429, b"", {"Retry-After": str(60 if seconds is True else int(seconds))})
        if self.faults.take("html-200"):
            return Response.html("<html><body>Welcome</body></html>")
        return None

    def _server_s(self) -> float:
        """Return the cloud's idea of the time, in seconds since 1970."""
        return self.clock.now().timestamp() + float(self.faults.take("skewed-clock") or 0)

    def _envelope(self, request: Request) -> Response:
        now = self._server_s()
        shown = now + float(self.faults.take("skewed-t") or 0)
        body: dict[str, Any] = {"t": int(shown * 1000), "tid": f"{len(self.journal):032x}"}
        try:
            result = self._verified(request, now)
            body |= {"success": True} if self.faults.take("no-result") else {"success": True, "result": result}
        except Refusal as refusal:
            code = str(refusal.code) if self.faults.take("string-code") else refusal.code
            body |= {"success": False, "code": code, "msg": refusal.text}
        for name in ("tid", "t"):
            if self.faults.take(f"missing-{name}"):
                del body[name]
        return Response.of(body)

    def _verified(self, request: Request, now: float) -> Any:
        headers = request.headers
        is_token_call = request.path.startswith("/v1.0/token")
        for name in ("client_id", "sign", "sign_method", "t"):
            if not headers.get(name):
                raise Refusal(1105)
        access_token = "" if is_token_call else headers.get("access_token", "")
        if not is_token_call and not access_token:
            raise Refusal(1002)
        if headers["client_id"] != self.client_id:
            raise Refusal(1005)
        if not headers["t"].isdigit() or abs(int(headers["t"]) / 1000 - now) > TIME_WINDOW_S:
            raise Refusal(1013)
        expected = sign(request, self.client_id, self.client_secret, access_token)
        if headers["sign_method"] != "HMAC-SHA256" or headers["sign"] != expected:
            raise Refusal(1004)
        if (code := self.faults.take("account-error")) is not None:
            raise Refusal(int(code))
        if self.quota_calls is not None and len(self.journal) > self.quota_calls:
            raise Refusal(28841004)
        if is_token_call:
            return self._token(request, now)
        self._age_token(now)
        objection = self.tokens.objection(access_token, now)
        if objection:
            raise Refusal(1010, objection)
        if (code := self.faults.take("business-error")) is not None:
            raise Refusal(int(code))
        return self.api.answer(request)

    def _token(self, request: Request, now: float) -> dict[str, Any]:
        if (code := self.faults.take("token-error")) is not None:
            raise Refusal(int(code))
        refresh_token = request.path.removeprefix("/v1.0/token").strip("/")
        pair: Pair | None
        if refresh_token:
            if (code := self.faults.take("refresh-fails")) is not None:
                raise Refusal(1010 if code is True else int(code))
            pair = self.tokens.refresh(refresh_token, now)
            if pair is None:
                raise Refusal(1010)
        elif request.method != "GET" or request.query.get("grant_type") != "1":
            raise Refusal(1003)
        else:
            self._age_token(now)
            pair = self.tokens.grant(now)
        empty = self.faults.take("empty-token")
        return {
            "access_token": "" if empty else pair.access_token,
            "refresh_token": "" if empty else pair.refresh_token,
            "expire_time": 0 if empty else int(pair.expires_at - now),
            "uid": UID,
        }

    def _age_token(self, now: float) -> None:
        pair = self.tokens.pair
        if pair is None or "early-death" not in self.faults.active():
            return
        life_s = self.faults.take("early-death")
        if life_s is True or now - pair.made_at >= float(life_s):
            self.tokens.kill()
