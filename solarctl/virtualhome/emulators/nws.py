"""The US National Weather Service: a place leads to a grid, the grid to a forecast by halves of days."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.forecasts import Outlook, fahrenheit
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response

POINT = re.compile(r"/points/(-?\d+(?:\.\d{1,4})?),(-?\d+(?:\.\d{1,4})?)")
SKIES = ("Sunny", "Mostly Sunny", "Partly Sunny", "Mostly Cloudy", "Cloudy")


class NationalWeatherService(HttpEmulator):
    """api.weather.gov: /points and /gridpoints, for callers that say who they are."""

    name = "nws"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "outside": "404: the place is outside the US",
        "http-500": "500, as it does now and then",
        "http-503": "503",
        "rate-limit-hour": "429 with Retry-After: 3600",
        "evening": "the day's own period is over",
        "null-temperature": "the temperature is null",
        "no-periods": "a forecast without periods",
        "moved-grid": "404 for grids that were right yesterday",
        "html-200": "a page instead of JSON",
        "slow": "answers take that many seconds",
    }

    def __init__(self, home: Any, clock: Clock) -> None:
        super().__init__(home, clock)
        self.timezone = getattr(home, "timezone", None) or ZoneInfo("America/Phoenix")
        self.outlook = Outlook(home, self.timezone)
        self.grid = ("PSR", 158, 56)

    def config(self) -> str:
        return f'[devices.weather]\ndriver = "nws"\nbase_url = "{self.url}"\n'

    def handle(self, request: Request) -> Response:
        response = self._answer(request)
        response.delay_s = float(self.faults.take("slow") or 0)
        return response

    def _answer(self, request: Request) -> Response:
        for fault, status in (("http-500", 500), ("http-503", 503)):
            if self.faults.take(fault):
                return _problem("Unexpected Problem", status)
        if self.faults.take("rate-limit-hour"):
            return _problem("Too Many Requests", 429, **{"Retry-After": "3600"})
        if not request.headers.get("User-Agent") or "python-requests" in request.headers["User-Agent"]:
            return _problem("Forbidden", 403)
        if self.faults.take("html-200"):
            return Response.html("<html>NWS</html>")
        office, x, y = self.grid
        if POINT.fullmatch(request.path):
            if self.faults.take("outside"):
                return _problem("Data Unavailable For Requested Point", 404)
            path = f"/gridpoints/{office}/{x},{y}/forecast"
            properties = {"gridId": office, "gridX": x, "gridY": y, "forecast": self.url + path}
            return _geo(properties | {"timeZone": str(self.timezone)})
        if request.path == f"/gridpoints/{office}/{x},{y}/forecast":
            if self.faults.take("moved-grid"):
                return _problem("Not Found", 404)
            return _geo({"updated": self.clock.now().isoformat(), "periods": self._periods()})
        return _problem("Not Found", 404)

    def _periods(self) -> list[dict[str, Any]]:
        if self.faults.take("no-periods"):
            return []
        today = self.clock.now().astimezone(self.timezone).date()
        evening, null = self.faults.take("evening"), self.faults.take("null-temperature")
        periods: list[dict[str, Any]] = []
        for ahead in range(7):
            day = today + timedelta(days=ahead)
            weather = self.outlook.on(day)
            sky = SKIES[min(4, int(sum(weather.cloud_pct[8:18]) / 10 / 20))]
            for daytime in (True, False):
                if ahead == 0 and daytime and evening:
                    continue
                start = datetime.combine(day, time(6 if daytime else 18), self.timezone)
                celsius = weather.high_c if daytime else weather.low_c
                periods.append(
                    {
                        "number": len(periods) + 1,
                        "name": f"{day:%A}" + ("" if daytime else " Night"),
                        "startTime": start.isoformat(),
                        "endTime": (start + timedelta(hours=12)).isoformat(),
                        "isDaytime": daytime,
                        "temperature": None if null else round(fahrenheit(celsius)),
                        "temperatureUnit": "F",
                        "probabilityOfPrecipitation": {"unitCode": "wmoUnit:percent", "value": 0},
                        "shortForecast": sky,
                    }
                )
        return periods


def _geo(properties: dict[str, Any]) -> Response:
    body = json.dumps({"type": "Feature", "properties": properties}).encode()
    return Response(200, body, {"Content-Type": "application/geo+json"})


def _problem(title: str, status: int, **headers: str) -> Response:
    body = json.dumps({"title": title, "status": status, "correlationId": "1"}).encode()
    return Response(status, body, {"Content-Type": "application/problem+json", **headers})
