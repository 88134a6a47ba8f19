"""OpenWeather: One Call 3.0 (a subscription of its own) and the free five-day forecast of 2.5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.forecasts import DayWeather, Outlook, fahrenheit
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response


class OpenWeather(HttpEmulator):
    """GET /data/3.0/onecall and /data/2.5/forecast; /data/2.5/onecall is closed since 2024."""

    name = "openweather"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "not-subscribed": "401 for One Call, though the key is good",
        "rate-limit": "429",
        "rate-limit-hour": "429 with Retry-After: 3600",
        "http-500": "500",
        "no-daily": "an answer without daily",
        "null-max": "the day's maximum is null",
        "other-days": "daily begins the day after tomorrow",
        "html-200": "a page instead of JSON",
        "slow": "answers take that many seconds",
    }

    def __init__(self, home: Any, clock: Clock) -> None:
        super().__init__(home, clock)
        self.key = "0123456789abcdef0123456789abcdef"
        self.timezone = getattr(home, "timezone", None) or ZoneInfo("America/Phoenix")
        self.outlook = Outlook(home, self.timezone)

    def config(self) -> str:
        return (
            '[devices.weather]\ndriver = "openweather"\napi_key = { file = "openweather.secret" }\n'
            f'base_url = "{self.url}"\n'
        )

    def secrets(self) -> dict[str, str]:
        return {"openweather.secret": self.key}

    def handle(self, request: Request) -> Response:
        response = self._answer(request)
        response.delay_s = float(self.faults.take("slow") or 0)
        return response

    def _answer(self, request: Request) -> Response:
        query = request.query
        if self.faults.take("http-500"):
            return _error(500, "Internal server error")
        if self.faults.take("rate-limit"):
            return _error(429, "Your account is temporary blocked due to exceeding of requests limitation")
        if self.faults.take("rate-limit-hour"):
            return _error(429, "Too many requests", **{"Retry-After": "3600"})
        if query.get("appid") != self.key:
            return _error(401, "Invalid API key. Please see https://openweathermap.org/faq#error401 for more info.")
        if self.faults.take("html-200"):
            return Response.html("<html>OpenWeather</html>")
        if not {"lat", "lon"} <= query.keys():
            return _error(400, "Nothing to geocode")
        degrees = fahrenheit if query.get("units") == "imperial" else (lambda celsius: celsius)
        today = self.clock.now().astimezone(self.timezone).date()
        if request.path == "/data/3.0/onecall":
            if self.faults.take("not-subscribed"):
                return _error(401, "Please note that using One Call 3.0 requires a separate subscription")
            first = today + timedelta(days=2 if self.faults.take("other-days") else 0)
            return self._one_call(query, [self.outlook.on(first + timedelta(days=n)) for n in range(8)], degrees)
        if request.path == "/data/2.5/forecast":
            return self._five_days([self.outlook.on(today + timedelta(days=n)) for n in range(5)], degrees)
        return _error(401 if request.path == "/data/2.5/onecall" else 404, "Internal error")

    def _one_call(self, query: Mapping[str, str], days: list[DayWeather], degrees: Any) -> Response:
        null = self.faults.take("null-max")
        offset = (self.clock.now().astimezone(self.timezone).utcoffset() or timedelta()).total_seconds()
        answer: dict[str, Any] = {
            "lat": float(query["lat"]),
            "lon": float(query["lon"]),
            "timezone": str(self.timezone),
            "timezone_offset": int(offset),
        }
        if not self.faults.take("no-daily") and "daily" not in query.get("exclude", ""):
            answer["daily"] = [
                {
                    "dt": int(datetime.combine(one.day, time(12), self.timezone).timestamp()),
                    "summary": "Expect a day of sunshine",
                    "temp": {
                        "min": degrees(one.low_c),
                        "max": None if null else degrees(one.high_c),
                        "day": degrees(one.hourly_c[12]),
                    },
                    "pressure": 1010,
                    "humidity": 14,
                    "clouds": round(sum(one.cloud_pct) / 24),
                    "pop": 0,
                    "uvi": 11.2,
                }
                for one in days
            ]
        return Response.of(answer)

    def _five_days(self, days: list[DayWeather], degrees: Any) -> Response:
        now = self.clock.now()
        rows = [
            (datetime.combine(one.day, time(hour), self.timezone), one, hour)
            for one in days
            for hour in range(0, 24, 3)
        ]
        offset = (now.astimezone(self.timezone).utcoffset() or timedelta()).total_seconds()
        listed = [
            {
                "dt": int(at.timestamp()),
                "main": {
                    "temp": degrees(one.hourly_c[hour]),
                    "temp_max": degrees(max(one.hourly_c[hour : hour + 3])),
                    "temp_min": degrees(min(one.hourly_c[hour : hour + 3])),
                },
                "clouds": {"all": round(one.cloud_pct[hour])},
            }
            for at, one, hour in rows
            if at > now
        ]
        return Response.of({"cod": "200", "cnt": len(listed), "list": listed, "city": {"timezone": int(offset)}})


def _error(status: int, message: str, **headers: str) -> Response:
    return Response.of({"cod": status, "message": message}, status, **headers)
