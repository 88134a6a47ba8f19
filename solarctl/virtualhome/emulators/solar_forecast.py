"""Services that forecast solar power: Open-Meteo's sunshine, Forecast.Solar, Solcast, and Quartz's hosted API."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from solarctl.virtualhome.solar import Plane
from solarctl.virtualhome.sun_forecast import SunForecast, place_config, planes_config

COMMON: Mapping[str, str] = {
    "overloaded": "503",
    "html-200": "a page instead of JSON",
    "torn": "the answer breaks off",
    "slow": "answers take that many seconds",
    "rate-limit": "429: too many requests",
    "empty": "an answer without values",
    "null-values": "the later half is null (Open-Meteo) or missing",
}
UPSETS = (Upset("overloaded", minutes=(30, 240), says="the forecast service is out of order"),)


class _Service(HttpEmulator):
    """What the four have in common."""

    def __init__(self, home: Any, clock: Clock) -> None:
        super().__init__(home, clock)
        self.sun = SunForecast(home)

    def handle(self, request: Request) -> Response:
        response = self._trouble() or self.answer(request)
        response.delay_s = float(self.faults.take("slow") or 0)
        response.torn = bool(self.faults.take("torn"))
        return response

    @abstractmethod
    def answer(self, request: Request) -> Response: ...

    def too_many(self) -> Response:
        return Response.of({"error": True, "reason": "Minutely API request limit exceeded."}, 429)

    def _trouble(self) -> Response | None:
        if self.faults.take("overloaded"):
            return Response.html("<html>Service Unavailable</html>", 503)
        if self.faults.take("html-200"):
            return Response.html("<html>Sun</html>")
        return self.too_many() if self.faults.take("rate-limit") else None

    def midnight(self) -> datetime:
        return self.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


class OpenMeteoSolar(_Service):
    """GET /v1/forecast with minutely_15 sunshine on a tilted plane, and the ensemble by the hour."""

    name = "open-meteo-solar"
    FAULTS: ClassVar[Mapping[str, str]] = {
        **COMMON,
        "negative": "nights have -84 W/m²",
        "bad-request": "400 with a reason",
    }
    UPSETS: ClassVar[tuple[Upset, ...]] = UPSETS

    def config(self) -> str:
        head = f'[devices.sun]\ndriver = "open-meteo-solar"\nbase_url = "{self.url}"\n'
        return head + place_config(self.home) + planes_config(self.home, "sun")

    def answer(self, request: Request) -> Response:
        query = request.query
        if self.faults.take("bad-request") or not {"latitude", "longitude"} <= query.keys():
            return Response.of({"error": True, "reason": "Cannot initialize the request"}, 400)
        if query.get("timeformat") != "unixtime" or query.get("timezone", "GMT") not in ("GMT", "UTC"):
            return Response.of({"error": True, "reason": "this emulator knows unixtime in GMT only"}, 400)
        grid, minutes = ("hourly", 60) if request.path == "/v1/ensemble" else ("minutely_15", 15)
        plane = Plane(1.0, float(query.get("tilt", 0)), float(query.get("azimuth", 0)) + 180)
        count = int(query.get("forecast_days", 7)) * 24 * 60 // minutes
        stamps = [self.midnight() + timedelta(minutes=minutes * n) for n in range(count)]
        if self.faults.take("empty"):
            stamps = []
        table: dict[str, Any] = {"time": [int(stamp.timestamp()) for stamp in stamps]}
        for name in query.get(grid, "").split(","):
            table |= self._column(name, plane, stamps, minutes, grid)
        answer = {"latitude": float(query["latitude"]), "longitude": float(query["longitude"]), "elevation": 4.0}
        return Response.of(answer | {"utc_offset_seconds": 0, "timezone": "GMT", grid: table})

    def _column(self, name: str, plane: Plane, stamps: list[datetime], minutes: int, grid: str) -> dict[str, Any]:
        if name == "temperature_2m":
            return {name: [round(self.sun.air_c(stamp), 1) for stamp in stamps]}
        back = timedelta(minutes=minutes)  # a stamp stands for the time before it
        values: list[float | None] = [round(self.sun.sunshine(plane, stamp - back, minutes), 1) for stamp in stamps]
        if self.faults.take("negative"):
            values = [one or -84.0 for one in values]
        if self.faults.take("null-values"):
            values[len(values) // 2 :] = [None] * (len(values) - len(values) // 2)
        if grid == "minutely_15":
            return {name: values}
        members = {f"{name}_member{n:02}": [v and round(v * n / 10, 1) for v in values] for n in range(1, 20)}
        return {name: values} | members


class ForecastSolar(_Service):
    """GET [/key]/estimate/lat/lon/declination/azimuth/kwp; 12 requests an hour without a key."""

    name = "forecast-solar"
    FAULTS: ClassVar[Mapping[str, str]] = {**COMMON, "wrong-key": "403"}
    UPSETS: ClassVar[tuple[Upset, ...]] = UPSETS
    LIMIT: ClassVar[int] = 12

    def config(self) -> str:
        head = f'[devices.sun-2]\ndriver = "forecast-solar"\nbase_url = "{self.url}"\n'
        return head + place_config(self.home) + planes_config(self.home, "sun-2")

    def too_many(self) -> Response:
        again = (self.clock.now() + timedelta(minutes=40)).astimezone(UTC).isoformat(timespec="seconds")
        limits = {"zone": "IP 127.0.0.1", "period": 3600, "limit": self.LIMIT, "retry-at": again}
        return Response.of({"result": None, "message": {"code": 429, "type": "error", "ratelimit": limits}}, 429)

    def answer(self, request: Request) -> Response:
        if self.faults.take("wrong-key"):
            return Response.of({"message": {"code": 403, "type": "error", "text": "Invalid API key"}}, 403)
        numbers = r"(-?[\d.]+)"
        found = re.fullmatch(rf"(?:/\w+)?/estimate/{'/'.join([numbers] * 5)}", request.path)
        if found is None:
            return Response.of({"message": {"code": 404, "type": "error", "text": "Route not found"}}, 404)
        hour_ago = self.clock.now() - timedelta(hours=1)
        if sum(one.at > hour_ago for one in self.journal) > self.LIMIT:
            return self.too_many()
        _lat, _lon, tilt, azimuth, peak_kw = (float(text) for text in found.groups())
        plane = Plane(peak_kw, tilt, azimuth + 180)
        watts = {} if self.faults.take("empty") else self._watts(plane)
        limits = {"zone": "IP 127.0.0.1", "period": 3600, "limit": self.LIMIT, "remaining": 10}
        return Response.of({"result": {"watts": watts}, "message": {"code": 0, "type": "success", "ratelimit": limits}})

    def _watts(self, plane: Plane) -> dict[str, int]:
        """Return today and tomorrow by the hour, each day between the odd minutes of its sunrise and sunset."""
        watts: dict[str, int] = {}
        for day in range(2):
            start = self.midnight() + timedelta(days=day)
            bright = [m for m in range(0, 1440, 7) if self.sun.power_w(plane, start + timedelta(minutes=m), 1) > 0]
            if not bright:
                continue
            for minute in (bright[0], *(h * 60 for h in range(24) if bright[0] < h * 60 < bright[-1]), bright[-1]):
                moment = start + timedelta(minutes=minute)
                edge = minute in (bright[0], bright[-1])
                watts[f"{moment:%Y-%m-%dT%H:%M:%S}+00:00"] = 0 if edge else round(self.sun.power_w(plane, moment, 1))
        return watts


class Solcast(_Service):
    """GET /rooftop_sites/{id}/forecasts: half hours that end at their stamp, in kW, ten requests a day."""

    name = "solcast"
    FAULTS: ClassVar[Mapping[str, str]] = {**COMMON, "wrong-key": "403", "used-up": "402: the day's requests are spent"}
    UPSETS: ClassVar[tuple[Upset, ...]] = UPSETS
    key = "solcast-virtual-key"
    site = "aaaa-bbbb-cccc-dddd"

    def config(self) -> str:
        return (
            f'[devices.sun-3]\ndriver = "solcast"\nbase_url = "{self.url}"\nsites = ["{self.site}"]\n'
            f'api_key = {{ file = "solcast.secret" }}\n{place_config(self.home)}'
        )

    def secrets(self) -> dict[str, str]:
        return {"solcast.secret": self.key + "\n"}

    def answer(self, request: Request) -> Response:
        if self.faults.take("used-up"):
            return Response.of({"response_status": {"error_code": "TooManyRequests"}}, 402)
        if request.headers.get("Authorization") != f"Bearer {self.key}" or self.faults.take("wrong-key"):
            return Response.of({"response_status": {"error_code": "Forbidden"}}, 403)
        if request.path != f"/rooftop_sites/{self.site}/forecasts":
            return Response.of({"response_status": {"error_code": "SiteNotFound"}}, 404)
        now = self.clock.now().astimezone(UTC)
        first = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
        rows = []
        for n in range(2 * int(request.query.get("hours", 48))):
            start = first + timedelta(minutes=30 * n)
            kilowatts = sum(self.sun.power_w(plane, start, 30) for plane in _roof(self.home)) / 1000
            ends = f"{start + timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}.0000000Z"
            row = {"pv_estimate": kilowatts, "pv_estimate10": 0.6 * kilowatts, "pv_estimate90": 1.2 * kilowatts}
            rows.append({key: round(one, 4) for key, one in row.items()} | {"period_end": ends, "period": "PT30M"})
        return Response.of({"forecasts": [] if self.faults.take("empty") else rows})


class Quartz(_Service):
    """POST /forecast/: quarter-hours without a zone (UTC), in kW."""

    name = "quartz"
    FAULTS: ClassVar[Mapping[str, str]] = COMMON
    UPSETS: ClassVar[tuple[Upset, ...]] = UPSETS

    def config(self) -> str:
        head = f'[devices.sun-4]\ndriver = "quartz"\nbase_url = "{self.url}"\n'
        return head + place_config(self.home) + planes_config(self.home, "sun-4")

    def answer(self, request: Request) -> Response:
        body = request.json()
        if request.method != "POST" or not isinstance(body, dict) or "site" not in body:
            return Response.of({"detail": "Method Not Allowed"}, 405)
        site = body["site"]
        plane = Plane(site["capacity_kwp"], site.get("tilt", 35), site.get("orientation", 180))
        start = datetime.fromisoformat(body["timestamp"]) if "timestamp" in body else self.midnight()
        moments = [start + timedelta(minutes=15 * n) for n in range(0 if self.faults.take("empty") else 192)]
        told = {f"{m:%Y-%m-%dT%H:%M:%S}": round(self.sun.power_w(plane, m, 15) / 1000, 4) for m in moments}
        return Response.of({"timestamp": f"{start:%Y-%m-%d %H:%M:%S}", "predictions": {"power_kw": told}})


def _roof(home: Any) -> tuple[Plane, ...]:
    from solarctl.virtualhome.sun_forecast import planes_of

    return planes_of(home)
