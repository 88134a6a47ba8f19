"""Weather from Open-Meteo: no key, up to 10 000 requests a day for homes (data: CC BY 4.0, open-meteo.com).

The day's maximum covers the whole local day, so the zone is always sent. With `api_key` the paid host is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from solarctl.context import Context
from solarctl.drivers import answers, left_alone
from solarctl.drivers.http import Http
from solarctl.drivers.position import position, site_unit, zone_name
from solarctl.errors import DeviceReplyError, DeviceUnreachable
from solarctl.readings import WeatherReading
from solarctl.settings import Secret, setting
from solarctl.value import value

FREE_HOST = "https://api.open-meteo.com"
PAID_HOST = "https://customer-api.open-meteo.com"


class OpenMeteo:
    """The forecast for the house's position."""

    @value
    class Settings:
        latitude: float | None = setting(None, ge=-90, le=90, help="degrees north; by default the site's")
        longitude: float | None = setting(None, ge=-180, le=180, help="degrees east; by default the site's")
        api_key: Secret | None = setting(None, help="for the paid service only")
        base_url: str = setting("", help="another address than api.open-meteo.com")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_high(self, day: date) -> WeatherReading:
        """Return the day's highest and lowest temperature, and cloud cover by hour."""
        latitude, longitude = position(self._context, self._name, self._settings.latitude, self._settings.longitude)
        params = {
            "latitude": latitude,
            "longitude": longitude,
            "daily": "temperature_2m_max,temperature_2m_min",
            "hourly": "cloud_cover",
            "temperature_unit": "fahrenheit" if site_unit(self._context) == "F" else "celsius",
            "timezone": zone_name(self._context),
            "start_date": day.isoformat(),
            "end_date": day.isoformat(),
        }
        key = self._settings.api_key.reveal() if self._settings.api_key else ""
        host = self._settings.base_url or (PAID_HOST if key else FREE_HOST)
        http = Http.of(self._context, self._name, host, ca_file=self._settings.ca_file, secrets=(key,))
        with left_alone.respected(self._context, self._name):
            reply = http.request("GET", "/v1/forecast", params=params | ({"apikey": key} if key else {}))
        answer = answers.table(reply.json(), self._name, "the forecast")
        daily = answers.table(answer.get("daily"), self._name, "daily")
        high_deg = self._of_day(daily, "temperature_2m_max", day)
        if high_deg is None:
            raise DeviceUnreachable(self._name, f"{http.host} has no highest temperature for {day:%d %B} yet")
        return WeatherReading(
            at=self._context.now(),
            high_deg=high_deg,
            low_deg=self._of_day(daily, "temperature_2m_min", day) if "temperature_2m_min" in daily else None,
            day=day,
            cloud_pct=_clouds(answer.get("hourly"), day),
        )

    def _of_day(self, daily: Mapping[str, Any], key: str, day: date) -> float | None:
        days, values = daily.get("time"), daily.get(key)
        if not isinstance(days, list) or not isinstance(values, list):
            raise DeviceReplyError(self._name, f"the forecast has no {key}")
        if day.isoformat() not in days:
            raise DeviceReplyError(self._name, f"the forecast does not know {day:%d %B}")
        return next((answers.number(v) for d, v in zip(days, values) if d == day.isoformat()), None)


def _clouds(hourly: Any, day: date) -> tuple[float, ...] | None:
    """Return cloud cover by hour of the day, or None when an hour is not known."""
    if not isinstance(hourly, Mapping):
        return None
    times, values = hourly.get("time"), hourly.get("cloud_cover")
    if not isinstance(times, list) or not isinstance(values, list):
        return None
    cover = [answers.number(v) for t, v in zip(times, values) if str(t).startswith(day.isoformat())]
    known = [c for c in cover if c is not None]
    return tuple(known) if known and len(known) == len(cover) else None
