"""Open-Meteo's forecast: no key, days in the zone that is asked for, and plain words when it is asked too often."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.forecasts import DayWeather, Outlook, fahrenheit
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response

DAILY = ("temperature_2m_max", "temperature_2m_min")
HOURLY = ("temperature_2m", "cloud_cover")


class OpenMeteo(HttpEmulator):
    """GET /v1/forecast with daily and hourly temperature and cloud cover."""

    name = "open-meteo"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "rate-limit": "429: the minutely, hourly or daily limit is exceeded",
        "rate-limit-hour": "429 with Retry-After: 3600",
        "overloaded": "503",
        "bad-request": "400 with a reason",
        "null-max": "the day's maximum is null",
        "no-min": "the days' minimum is missing",
        "null-clouds": "some hours' cloud cover is null",
        "other-day": "the answer is about the day after",
        "no-daily": "the answer has no daily part",
        "text-numbers": "numbers come as text",
        "html-200": "a page instead of JSON",
        "torn": "the answer breaks off",
        "slow": "answers take that many seconds",
    }

    UPSETS: ClassVar[tuple[Upset, ...]] = (
        Upset("text-numbers"),
        Upset("null-clouds"),
        Upset("torn", times=1, says="one answer breaks off in the middle"),
        Upset("overloaded", times=1, says="one request is answered with HTTP 503"),
        Upset("overloaded", minutes=(10, 120), stops="reading", says="every request is answered with HTTP 503"),
        Upset("rate-limit", minutes=(5, 60), stops="reading"),
        Upset("null-max", stops="reading"),
        Upset("html-200", stops="reading"),
    )

    def __init__(self, home: Any, clock: Clock) -> None:
        super().__init__(home, clock)
        self.outlook = Outlook(home, getattr(home, "timezone", None) or ZoneInfo("America/Phoenix"))
        self.limit_word = "Minutely"  # or Hourly, Daily

    def config(self) -> str:
        return f'[devices.weather]\ndriver = "open-meteo"\nbase_url = "{self.url}"\n'

    def handle(self, request: Request) -> Response:
        response = self._answer(request)
        response.delay_s = float(self.faults.take("slow") or 0)
        response.torn = bool(self.faults.take("torn"))
        return response

    def _answer(self, request: Request) -> Response:
        if self.faults.take("overloaded"):
            return Response.html("<html>Service Unavailable</html>", 503)
        if self.faults.take("rate-limit"):
            return _error(f"{self.limit_word} API request limit exceeded. Please try again later.", 429)
        if self.faults.take("rate-limit-hour"):
            return Response.of({"error": True, "reason": "Too many requests"}, 429, **{"Retry-After": "3600"})
        if self.faults.take("html-200"):
            return Response.html("<html>Open-Meteo</html>")
        if request.path != "/v1/forecast":
            return _error("Not Found", 404)
        query = request.query
        if self.faults.take("bad-request") or not {"latitude", "longitude"} <= query.keys():
            return _error("Parameter 'latitude' and 'longitude' must have the same number of elements", 400)
        try:
            zone = ZoneInfo(query.get("timezone", "GMT"))
            days = self._days(query, zone)
        except (ZoneInfoNotFoundError, ValueError):
            return _error("Parameter 'start_date' or 'timezone' is out of allowed range", 400)
        answer: dict[str, Any] = {
            "latitude": round(float(query["latitude"]) * 8) / 8,  # the grid cell's centre, not the house
            "longitude": round(float(query["longitude"]) * 8) / 8,
            "generationtime_ms": 0.05,
            "utc_offset_seconds": int((self.clock.now().astimezone(zone).utcoffset() or timedelta()).total_seconds()),
            "timezone": query.get("timezone", "GMT"),
            "timezone_abbreviation": self.clock.now().astimezone(zone).tzname(),
            "elevation": 331.0,
        }
        return Response.of(answer | self._daily(query, days) | self._hourly(query, days))

    def _days(self, query: Mapping[str, str], zone: ZoneInfo) -> list[DayWeather]:
        today = self.clock.now().astimezone(zone).date()
        first, last = today, today + timedelta(days=int(query.get("forecast_days", 7)) - 1)
        if "start_date" in query:
            first, last = date.fromisoformat(query["start_date"]), date.fromisoformat(query["end_date"])
            if not today - timedelta(days=92) <= first <= last <= today + timedelta(days=15):
                raise ValueError(query["start_date"])
        if self.faults.take("other-day"):
            first, last = first + timedelta(days=1), last + timedelta(days=1)
        return [self.outlook.on(first + timedelta(days=n)) for n in range((last - first).days + 1)]

    def _daily(self, query: Mapping[str, str], days: list[DayWeather]) -> dict[str, Any]:
        wanted = [name for name in query.get("daily", "").split(",") if name]
        if not wanted or self.faults.take("no-daily"):
            return {}
        if self.faults.take("no-min"):
            wanted.remove(DAILY[1])
        degrees = self._degrees(query)
        unit = "°F" if query.get("temperature_unit") == "fahrenheit" else "°C"
        null, text = self.faults.take("null-max"), self.faults.take("text-numbers")
        values: dict[str, Any] = {"time": [one.day.isoformat() for one in days]}
        for name in wanted:
            numbers = [degrees(one.high_c if name == DAILY[0] else one.low_c) for one in days]
            values[name] = [None if null and name == DAILY[0] else str(n) if text else n for n in numbers]
        return {"daily_units": {"time": "iso8601"} | dict.fromkeys(wanted, unit), "daily": values}

    def _hourly(self, query: Mapping[str, str], days: list[DayWeather]) -> dict[str, Any]:
        wanted = [name for name in query.get("hourly", "").split(",") if name in HOURLY]
        if not wanted:
            return {}
        degrees = self._degrees(query)
        values: dict[str, Any] = {"time": [f"{one.day}T{hour:02}:00" for one in days for hour in range(24)]}
        if "temperature_2m" in wanted:
            values["temperature_2m"] = [degrees(c) for one in days for c in one.hourly_c]
        if "cloud_cover" in wanted:
            cover: list[float | None] = [c for one in days for c in one.cloud_pct]
            values["cloud_cover"] = [None, *cover[1:]] if self.faults.take("null-clouds") else cover
        return {"hourly_units": {"time": "iso8601", "cloud_cover": "%"}, "hourly": values}

    def _degrees(self, query: Mapping[str, str]) -> Any:
        return fahrenheit if query.get("temperature_unit") == "fahrenheit" else lambda celsius: celsius


def _error(reason: str, status: int) -> Response:
    return Response.of({"error": True, "reason": reason}, status)
