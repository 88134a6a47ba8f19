"""SolaxCloud, the end user's API: v1 (GET) and v2 (POST).

    v1  GET  /proxyApp/proxy/api/getRealtimeInfo.do?tokenId=…&sn=…
    v2  POST /api/v2/dataAccess/realtimeInfo/get   header tokenId, body {"wifiSn": "…"}

What is odd about the service, and kept here: everything is HTTP 200; success is told with a text in `exception`; a
foreign serial gets a string as v1 `result`; a bad token is echoed; only the last upload of the dongle is given (every
300 s, by the plant's wall clock without zone); v1's `utcDateTime` is computed as if the plant were in China.
SolaX signs: `feedinpower` + is export, `batPower` + is charging.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta, tzinfo
from typing import Any, ClassVar

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from solarctl.virtualhome.solax_dongle import Dongle, Upload, cloud_values, extended_values
from solarctl.virtualhome.solax_faults import FAULTS, UPSETS
from solarctl.virtualhome.solax_limiter import BLOCK, FIVE_MINUTE_LIMIT, HOUR_BLOCK, MINUTE_LIMIT, Limiter

V1 = "/proxyApp/proxy/api/getRealtimeInfo.do"
V2 = "/api/v2/dataAccess/realtimeInfo/get"
TOKEN = "20261121000000000000042"
CHINA = timedelta(hours=8)
ERROR_TEXTS = {
    1001: "Interface Unauthorized",
    1002: "Parameter validation failed",
    1003: "no auth!",
    1004: "Duplicate data",
    2001: "Operation failed",
    2002: "Data not exist",
}


class SolaxCloud(HttpEmulator):
    """The service, the dongle that feeds it, and one account with one inverter."""

    name: ClassVar[str] = "solax-cloud"
    FAULTS: ClassVar[Mapping[str, str]] = FAULTS
    UPSETS: ClassVar[tuple[Upset, ...]] = UPSETS

    def __init__(
        self,
        home: House,
        clock: Clock,
        *,
        serial: str = "SWVIRTHOME",
        token: str = TOKEN,
        timezone: tzinfo | None = None,
        upload_every_s: float = 300.0,
        upload_phase_s: float = 0.0,
        calls_per_min: int = 10,
    ) -> None:
        super().__init__(home, clock)
        self.home: House = home
        self.serial = serial
        self.token = token
        self.timezone = timezone or home.timezone
        self.limiter = Limiter(calls_per_min)
        self.dongle = Dongle(home, upload_every_s, upload_phase_s, lambda: self.faults.take("frozen-upload"))

    # --- for scenarios and tests -----------------------------------------------------------------------

    def pin(self, **values: Any) -> None:
        """Report these values from now on: `solar_w load_w grid_w battery_w soc_pct` (or `soc`), house's signs.

        `pin()` without values goes back to the house.
        """
        if "soc" in values:
            values["soc_pct"] = values.pop("soc")
        self.dongle.pin(values)

    def upload(self) -> Upload:
        """Return the upload that a request would be answered with now (without faults)."""
        with self.lock:
            return self.dongle.last(self.clock.now())

    def config(self) -> str:
        return (
            f'[accounts.solax]\nservice = "solax-cloud"\ntoken = {{ file = "solax.secret" }}\n'
            f'base_url = "{self.url}"\n\n'
            f'[devices.inverter]\ndriver = "solax-cloud"\naccount = "solax"\nserial = "{self.serial}"\n'
        )

    def secrets(self) -> dict[str, str]:
        return {"solax.secret": self.token + "\n"}

    # --- the service -----------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        return self.spoiled(self._transport_fault() or self._route(request))

    def _transport_fault(self) -> Response | None:
        if self.faults.take("http-503"):
            return Response.html("<html><body><h1>Service temporarily unavailable</h1></body></html>", 503)
        if self.faults.take("http-500"):
            return Response.html("<html><body>Internal Server Error</body></html>", 500)
        if (seconds := self.faults.take("http-429")) is not None:
            return Response(429, b"", {"Retry-After": str(60 if seconds is True else int(seconds))})
        if self.faults.take("html-200"):
            return Response.html("<html><body>The system is being upgraded.</body></html>")
        if self.faults.take("redirect"):
            return Response(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"})
        return None

    def _route(self, request: Request) -> Response:
        if request.path == V1 and request.method == "GET":
            return self._answer(1, request.query.get("tokenId", ""), request.query.get("sn"))
        if request.path == V2 and request.method == "POST":
            body = request.json()
            serial = body.get("wifiSn") if isinstance(body, dict) else None
            return self._answer(2, request.headers.get("tokenId", ""), serial)
        return Response.html("<html><body>Not Found</body></html>", 404)

    def _answer(self, version: int, token: str, serial: object) -> Response:
        refused = self._limit(token)
        if refused is not None:
            return refused
        if token != self.token or self.faults.take("token-invalid"):
            return _refusal("token invalid!", 103, tokenId=token)
        if not isinstance(serial, str) or not serial:
            return _refusal("Parameter validation failed", 1002, result=None)
        if (code := self.faults.take("error-code")) is not None:
            return _refusal(ERROR_TEXTS.get(code, "Operation failed"), code, result=None)
        if serial != self.serial or self.faults.take("no-auth"):
            if version == 1:
                return Response.of(
                    {"success": False, "exception": "Query success!", "result": "this sn did not access!"}
                )
            return _refusal("no auth!", 1003, result=None)
        text = "Query success!" if version == 1 else "operation success"
        return Response.of({"success": True, "exception": text, "result": self._result(version), "code": 0})

    def _limit(self, token: str) -> Response | None:
        """Count the call; return the refusal if there were too many."""
        now = self.clock.now()
        if self.faults.take("hour-block"):
            self.limiter.blocked_until = now + BLOCK
        if (code := self.faults.take("rate-minute")) is not None:
            return _refusal(MINUTE_LIMIT, 104 if code is True else code, result=None)
        if self.faults.take("rate-5min"):
            return _refusal(FIVE_MINUTE_LIMIT, 104, result=None)
        objection = self.limiter.objection(now, strict=bool(self.faults.take("strict-limit")))
        if objection == HOUR_BLOCK:
            return _refusal(objection, 1, result=None, tokenId=token)
        return None if objection is None else _refusal(objection, 104, result=None)

    def _result(self, version: int) -> Any:
        if self.faults.take("result-null"):
            return None
        if self.faults.take("result-list"):
            return []
        if self.faults.take("result-text"):
            return "this sn did not access!"
        upload = self.upload()
        result = cloud_values(upload, version, self.serial, exact_soc="soc_pct" in self.dongle.pinned)
        if self.faults.take("extended"):
            result["inverterSn"] = result.pop("inverterSN")
            result |= extended_values(upload)
        self._bend(result)
        self._bend_dates(result, upload, version)
        return result

    def _bend(self, result: dict[str, Any]) -> None:
        """Apply the faults that change values."""
        take = self.faults.take
        powers = ("acpower", "feedinpower", "batPower", "powerdc1", "powerdc2")
        if take("zero-soc"):
            result["soc"], result["batPower"] = 0.0, 0.0
            result["inverterType"] = "7"
        if take("soc-glitch"):
            result["soc"] = 0.0
        if take("soc-minus-one"):
            result["soc"] = -1.0
        if take("soc-101"):
            result["soc"] = 101.0
        if (value := take("soc-value")) is not None:
            result["soc"] = value
        if take("soc-text"):
            result["soc"] = str(result["soc"])
        if take("null-soc"):
            result["soc"] = None
        if take("missing-soc"):
            result.pop("soc", None)
        if take("battery-fault"):
            result["batStatus"] = "1"
        if take("battery-disconnected"):
            result["batStatus"] = "2"
        if (status := take("inverter-status")) is not None:
            result["inverterStatus"] = str(status)
        if take("nulls"):
            result.update(dict.fromkeys((*powers, "soc")))
        if take("numbers-as-text"):
            result.update({key: str(value) for key, value in result.items() if isinstance(value, (int, float))})
        if take("wrong-types"):
            result.update({"soc": {"value": result["soc"]}, "batPower": [], "acpower": True, "powerdc1": "much"})

    def _bend_dates(self, result: dict[str, Any], upload: Upload, version: int) -> None:
        at = upload.at
        if (age_s := self.faults.take("upload-age")) is not None:
            at = self.clock.now() - timedelta(seconds=float(age_s))
        if (ahead_s := self.faults.take("future-upload")) is not None:
            at = self.clock.now() + timedelta(seconds=86400.0 if ahead_s is True else float(ahead_s))
        local = at.astimezone(self.timezone).replace(tzinfo=None)
        utc = at.astimezone(UTC).replace(tzinfo=None) if version == 2 else local - CHINA
        result["uploadTime"] = f"{local:%Y-%m-%d %H:%M:%S}"
        result["utcDateTime"] = f"{utc:%Y-%m-%dT%H:%M:%SZ}"
        if self.faults.take("year-0001"):
            result["uploadTime"], result["utcDateTime"] = "0001-01-01 00:00:00", "0001-01-01T00:00:00Z"
        if self.faults.take("odd-dates"):
            result["uploadTime"], result["utcDateTime"] = "yesterday", 1700000000
        if self.faults.take("utc-missing"):
            result.pop("utcDateTime")
        if self.faults.take("no-dates"):
            result.pop("utcDateTime", None)
            result.pop("uploadTime")


def _refusal(exception: str, code: int, **more: Any) -> Response:
    return Response.of({"success": False, "exception": exception, "code": code} | more)
