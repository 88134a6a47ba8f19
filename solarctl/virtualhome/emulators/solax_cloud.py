"""SolaxCloud, the end user's API: v1 (GET) and v2 (POST).

    v1  GET  /proxyApp/proxy/api/getRealtimeInfo.do?tokenId=…&sn=…
    v2  POST /api/v2/dataAccess/realtimeInfo/get   header tokenId, body {"wifiSn": "…"}

What is odd about the service, and kept here: everything is HTTP 200; success is told with a text in `exception`; a
foreign serial gets a string as v1 `result`; a bad token is echoed; only the last upload of the dongle is given (every
300 s, by the plant's wall clock without zone); v1's `utcDateTime` is computed as if the plant were in China.
SolaX signs: `feedinpower` + is export, `batPower` + is charging.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, ClassVar

from solarctl.context import Clock
from solarctl.virtualhome.emulator import HttpEmulator, Request, Response, Upset
from solarctl.virtualhome.house import House
from solarctl.virtualhome.solax_dongle import Dongle, Upload, cloud_values, extended_values

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
MINUTE_LIMIT = "Request calls within the current minute > threshold"
FIVE_MINUTE_LIMIT = (
    "Accumulated 3 requests within 5 minutes exceed the maximum call threshold [limit], "
    "the system will suspend the request"
)
HOUR_BLOCK = "There have been several violations in a row, and the system will prohibit calls within the next hour"
NO_READING = (  # while one of these is on, nothing can be read
    "null-soc",
    "missing-soc",
    "soc-minus-one",
    "soc-101",
    "nulls",
    "wrong-types",
    "battery-disconnected",
    "result-null",
    "result-list",
    "result-text",
    "no-dates",
    "odd-dates",
    "year-0001",
    "future-upload",
    "frozen-upload",
    "http-500",
    "http-503",
    "html-200",
    "empty-body",
    "half-json",
    "torn",
    "no-auth",
    "token-invalid",
    "redirect",
)


class SolaxCloud(HttpEmulator):
    """The service, the dongle that feeds it, and one account with one inverter."""

    name: ClassVar[str] = "solax-cloud"
    FAULTS: ClassVar[dict[str, str]] = {
        "no-auth": "the serial does not belong to the token (as the inverter's own serial would not)",
        "token-invalid": "the token is not known; it is echoed",
        "error-code": "an error of the document's table; value: 1001, 1002, 1003, 1004, 2001 or 2002",
        "rate-minute": "too many calls in this minute; value: the code, 104 or 3",
        "rate-5min": "three requests in five minutes are too many",
        "hour-block": "several violations: no calls within the next hour; the token is echoed",
        "strict-limit": "the limiter allows 3 calls in 5 minutes instead of 10 a minute",
        "frozen-upload": "the dongle is dead: the last upload stays, with success",
        "upload-age": "uploads are always this many seconds old (value)",
        "null-soc": "soc is null",
        "missing-soc": "there is no soc",
        "zero-soc": "soc 0.0 and no battery power, as an inverter without battery says",
        "soc-glitch": "soc 0 while the battery works",
        "soc-text": "soc is a text",
        "soc-minus-one": "soc is -1",
        "soc-101": "soc is 101",
        "soc-value": "soc is whatever the value says",
        "battery-fault": "batStatus 1",
        "battery-disconnected": "batStatus 2",
        "future-upload": "uploads come from the future: a day ahead, or the value in seconds",
        "year-0001": "placeholder dates",
        "no-dates": "no dates at all",
        "odd-dates": "dates that are none",
        "utc-missing": "v2 without utcDateTime: only the plant's wall clock",
        "extended": "the long list of keys, inverterSn spelt so",
        "numbers-as-text": "all numbers are texts",
        "wrong-types": "objects and lists where numbers are due",
        "nulls": "all powers and the soc are null",
        "result-null": "success, but nothing uploaded yet",
        "result-list": "result is a list",
        "result-text": "result is a text although success is true",
        "inverter-status": "inverterStatus is the value, e.g. 104",
        "http-500": "HTTP 500 with a page",
        "http-503": "HTTP 503 with a maintenance page",
        "http-429": "HTTP 429; value: seconds in Retry-After",
        "html-200": "HTTP 200 with a maintenance page",
        "redirect": "HTTP 302 to another host",
        "empty-body": "HTTP 200 without a body",
        "half-json": "HTTP 200 with half of the JSON",
        "torn": "the line breaks in the middle of the body",
        "slow": "the answer takes the value in real seconds (True: 30)",
    }
    UPSETS: ClassVar[tuple[Upset, ...]] = (
        Upset("extended"),
        Upset("soc-text"),
        Upset("numbers-as-text"),
        Upset("utc-missing"),
        Upset("upload-age", 700, says="uploads are always 12 minutes old"),
        Upset("inverter-status", 104, says="the inverter reports status 104, a fault"),
        Upset("http-503", times=1, says="one request is answered with HTTP 503"),
        Upset("torn", times=1, says="one answer breaks off in the middle"),
        *(Upset(fault, minutes=(10, 90), stops="reading") for fault in NO_READING),
        Upset("upload-age", 3000, (10, 90), stops="reading", says="uploads are always 50 minutes old"),
        Upset("error-code", 2001, stops="reading", says="every call is answered with 2001, operation failed"),
        Upset("http-429", 120, stops="reading", after_min=5, says="HTTP 429: try again in 2 minutes"),
        Upset("rate-minute", stops="reading", after_min=10, says="too many calls in this minute"),
        Upset("rate-5min", stops="reading", after_min=15),
        Upset("hour-block", minutes=(5, 6), times=1, stops="reading", after_min=75),
    )

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
        self.calls_per_min = calls_per_min
        self.blocked_until: datetime | None = None
        self.violations = 0
        self._calls: deque[datetime] = deque()
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
        slow = self.faults.take("slow")
        response = self._transport_fault() or self._route(request)
        if slow is not None:
            response.delay_s = 30.0 if slow is True else float(slow)
        if self.faults.take("empty-body"):
            response.body = b""
        if self.faults.take("half-json"):
            response.body = response.body[: len(response.body) // 2]
        if self.faults.take("torn"):
            response.torn = True
        return response

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
        refused = self._limit(version, token)
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

    def _limit(self, version: int, token: str) -> Response | None:
        """Count the call; return the refusal if there were too many."""
        now = self.clock.now()
        if self.faults.take("hour-block"):
            self.blocked_until = now + timedelta(hours=1)
        if self.blocked_until is not None and now < self.blocked_until:
            return _refusal(HOUR_BLOCK, 1, result=None, tokenId=token)
        if (code := self.faults.take("rate-minute")) is not None:
            return _refusal(MINUTE_LIMIT, 104 if code is True else code, result=None)
        if self.faults.take("rate-5min"):
            return _refusal(FIVE_MINUTE_LIMIT, 104, result=None)
        strict = self.faults.take("strict-limit")
        window = timedelta(minutes=5 if strict else 1)
        while self._calls and now - self._calls[0] >= timedelta(minutes=5):
            self._calls.popleft()
        recent = sum(1 for call in self._calls if now - call < window)
        if recent >= (3 if strict else self.calls_per_min):
            self.violations += 1
            if self.violations >= 5:
                self.violations = 0
                self.blocked_until = now + timedelta(hours=1)
            return _refusal(FIVE_MINUTE_LIMIT if strict else MINUTE_LIMIT, 104, result=None)
        if not recent:
            self.violations = 0
        self._calls.append(now)
        return None

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
