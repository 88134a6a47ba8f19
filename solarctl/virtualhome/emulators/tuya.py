"""Tuya's Open API with one relay that stands between the street and the house, and a lamp.

Every request is verified as the cloud does: headers (1105), client (1005), time (1013), signature over the received
bytes (1004), token (1010). Errors are HTTP 200 with a code. `result: true` of a command says that the cloud took
it, not that the relay moved; the relay acts and reports `report_delay_s` later.
"""

from __future__ import annotations

from random import Random
from typing import Any, ClassVar

from solarctl.context import Clock
from solarctl.virtualhome.emulator import HttpEmulator, Request, Response, Upset
from solarctl.virtualhome.house import House
from solarctl.virtualhome.tuya_api import TuyaApi
from solarctl.virtualhome.tuya_cloud import TEXTS, Pair, Refusal, TokenDesk, sign
from solarctl.virtualhome.tuya_devices import LAMP_POINTS, TuyaDevice, relay_points

CLIENT_ID = "v7rtualh0mec1ient0id"
CLIENT_SECRET = "5e1f0d2c3b4a59687786950a1b2c3d4e"
UID = "bay1700000000000Virt"
RELAY_ID = "bfv1rtualhomere1ay0000"
LAMP_ID = "bfv1rtualhome1amp00000"
TIME_WINDOW_S = 300
NO_CONTROL = (  # while one of these is on, nothing can be moved
    "empty-token",
    "ignored-command",
    "false-command",
    "command-error",
    "offline",
    "offline-but-true",
    "offline-unnoticed",
    "unknown-device",
    "http-500",
    "http-502",
    "html-200",
    "empty-body",
    "half-json",
    "torn",
    "no-result",
)


class Tuya(HttpEmulator):
    """A cloud project with its devices; the relay `grid-relay` connects the house's grid."""

    name: ClassVar[str] = "tuya"
    FAULTS: ClassVar[dict[str, str]] = {
        "account-error": "every call is answered with this code (value, e.g. 28841002, 28841004, 1106, 2007, 500)",
        "business-error": "every call but the token calls is answered with this code (value)",
        "token-error": "token calls are answered with this code (value)",
        "refresh-fails": "a refresh token is refused; value: the code, 1010 or 1011",
        "empty-token": "token calls succeed with an empty access_token and expire_time 0",
        "early-death": "tokens die before their time; value: after so many seconds (True: at once)",
        "skewed-t": "the server's `t` is off by the value in seconds",
        "skewed-clock": "the server's whole clock is off by the value in seconds: our `t` is refused with 1013",
        "missing-tid": "no tid in answers",
        "missing-t": "no t in answers",
        "string-code": "error codes are texts",
        "no-result": "success without a result",
        "delayed-command": "the relay acts only the value's seconds after a command (True: 30)",
        "slow-report": "the relay acts at once, but its report takes the value's seconds (True: 30)",
        "ignored-command": "commands are acknowledged, and nothing happens",
        "false-command": "commands are answered with success and result false",
        "command-error": "commands are answered with 1103, or the value",
        "offline": "the relay has no connection: online false, last values, commands answer 2001",
        "offline-but-true": "the relay has no connection: online false, last values, commands answer true",
        "offline-unnoticed": "the relay has no connection, but the cloud still says online and answers true",
        "legacy-refused": "the legacy address /v1.0/devices/… answers 2008 to commands and 2003 to functions",
        "iot03-refused": "the iot-03 address answers 2003",
        "unknown-device": "no device is known: 1106",
        "null-value": "the switch's value is null",
        "text-value": "the switch's value is a text",
        "no-switch": "the status does not list the switch",
        "status-empty": "the status is an empty list",
        "http-500": "HTTP 500 with a page",
        "http-502": "HTTP 502 with a page",
        "http-429": "HTTP 429; value: seconds in Retry-After",
        "html-200": "HTTP 200 with a page",
        "empty-body": "HTTP 200 without a body",
        "half-json": "HTTP 200 with half of the JSON",
        "torn": "the line breaks in the middle of the body",
        "slow": "the answer takes the value in real seconds (True: 30)",
    }
    UPSETS: ClassVar[tuple[Upset, ...]] = (
        Upset("early-death", times=1, says="the token dies before its time"),
        Upset("early-death", 900, (30, 120), says="tokens die after 15 minutes instead of two hours"),
        Upset("refresh-fails", minutes=(60, 180), says="the refresh token is refused"),
        Upset("skewed-t", -240, says="answers show a time that is 4 minutes behind"),
        Upset("skewed-clock", 400, (30, 120), says="the cloud's clock is 7 minutes ahead; our requests look old to it"),
        Upset(
            "skewed-clock",
            -900,
            (30, 120),
            says="the cloud's clock is 15 minutes behind; our requests come from its future",
        ),
        Upset("missing-tid", minutes=(30, 120)),
        Upset("missing-t", minutes=(30, 120)),
        Upset("string-code", minutes=(30, 120)),
        Upset("delayed-command", 5, says="the relay acts 5 s after a command"),
        Upset("slow-report", 12, says="the relay reports 12 s after it has moved"),
        Upset("slow-report", 40, says="the relay reports 40 s after it has moved"),
        Upset("iot03-refused"),
        Upset("legacy-refused"),
        Upset("null-value"),
        Upset("text-value"),
        Upset("no-switch"),
        Upset("status-empty"),
        Upset("http-502", times=1, says="one request is answered with HTTP 502"),
        Upset("torn", times=1, says="one answer breaks off in the middle"),
        *(Upset(fault, minutes=(10, 60), stops="control") for fault in NO_CONTROL),
        *(
            Upset(
                "account-error",
                code,
                (10, 60),
                stops="control",
                says=f"every call is answered with {code}: {TEXTS[code]}",
            )
            for code in (500, 1106, 1199, 2007, 28841002, 28841004, 28841105, 28841107)
        ),
        Upset("business-error", 1110, stops="control", says=f"every call is answered with 1110: {TEXTS[1110]}"),
        Upset("token-error", 1114, (30, 120), stops="control", says="no new tokens: 1114, this address has no access"),
        Upset("delayed-command", 120, stops="control", says="the relay acts two minutes after a command"),
        Upset("http-429", 120, stops="control", after_min=5, says="HTTP 429: try again in 2 minutes"),
    )

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
        slow = self.faults.take("slow")
        response = self._transport_fault() or self._envelope(request)
        if slow is not None:
            response.delay_s = 30.0 if slow is True else float(slow)
        if self.faults.take("empty-body"):
            response.body = b""
        if self.faults.take("half-json"):
            response.body = response.body[: len(response.body) // 2]
        if self.faults.take("torn"):
            response.torn = True
        return response

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
