"""Weather from OpenWeather: One Call 3.0, or the free five-day forecast.

One Call 3.0 is a subscription of its own (1000 calls a day are free, a card is asked for); 2.5 was closed in 2024.
`product = "forecast"` uses the free forecast in steps of three hours, which knows only what is left of today.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from solarctl.context import Context
from solarctl.drivers import answers, left_alone
from solarctl.drivers.http import Http
from solarctl.drivers.position import position, site_unit
from solarctl.errors import DeviceLoginError, DeviceReplyError, DeviceUnreachable
from solarctl.readings import WeatherReading
from solarctl.settings import Secret, setting
from solarctl.value import value

HOST = "https://api.openweathermap.org"


class OpenWeather:
    """The forecast for the house's position."""

    @value
    class Settings:
        api_key: Secret = setting(help="the key (appid) of your OpenWeather account")
        product: str = setting("onecall", choices=("onecall", "forecast"), help="One Call 3.0, or the free forecast")
        latitude: float | None = setting(None, ge=-90, le=90, help="degrees north; by default the site's")
        longitude: float | None = setting(None, ge=-180, le=180, help="degrees east; by default the site's")
        base_url: str = setting("", help="another address than api.openweathermap.org")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_high(self, day: date) -> WeatherReading:
        """Return the day's highest and lowest temperature and its cloud cover."""
        if self._settings.product == "forecast":
            return self._from_steps(day)
        answer = self._ask("/data/3.0/onecall", exclude="current,minutely,hourly,alerts")
        for row in answers.rows(answer.get("daily"), self._name, "daily"):
            if self._day_of(row) == day:
                temperatures = answers.table(row.get("temp"), self._name, "temp")
                high, low = answers.number(temperatures.get("max")), answers.number(temperatures.get("min"))
                cover = answers.number(row.get("clouds"))
                return self._reading(day, high, low, (cover,) * 24 if cover is not None else None)
        raise DeviceReplyError(self._name, f"the forecast has no {day:%d %B}")

    def _from_steps(self, day: date) -> WeatherReading:
        steps = answers.rows(self._ask("/data/2.5/forecast").get("list"), self._name, "list")
        mains = [step.get("main") for step in steps if self._day_of(step) == day]
        highs = [
            n for main in mains if isinstance(main, dict) and (n := answers.number(main.get("temp_max"))) is not None
        ]
        lows = [
            n for main in mains if isinstance(main, dict) and (n := answers.number(main.get("temp_min"))) is not None
        ]
        return self._reading(day, max(highs, default=None), min(lows, default=None), None)

    def _reading(
        self, day: date, high: float | None, low: float | None, cover: tuple[float, ...] | None
    ) -> WeatherReading:
        if high is None:
            raise DeviceUnreachable(self._name, f"OpenWeather has no highest temperature for {day:%d %B}")
        return WeatherReading(at=self._context.now(), high_deg=high, low_deg=low, day=day, cloud_pct=cover)

    def _day_of(self, row: Any) -> date | None:
        begins = answers.since_1970(row.get("dt"))
        return None if begins is None else begins.astimezone(self._context.timezone).date()

    def _ask(self, path: str, **params: str) -> Any:
        latitude, longitude = position(self._context, self._name, self._settings.latitude, self._settings.longitude)
        key = self._settings.api_key.reveal()
        http = Http.of(
            self._context,
            self._name,
            self._settings.base_url or HOST,
            ca_file=self._settings.ca_file,
            secrets=(key,),
        )
        units = "imperial" if site_unit(self._context) == "F" else "metric"
        place = {"lat": latitude, "lon": longitude, "units": units, "appid": key}
        with left_alone.respected(self._context, self._name):
            reply = http.request("GET", path, params=place | params)
        if reply.status in (401, 403):
            raise DeviceLoginError(
                self._name,
                "OpenWeather does not accept the key for this product",
                hint='A new key works after hours. One Call 3.0 must be subscribed to; product = "forecast" is free.',
            )
        return answers.table(reply.json(), self._name, "the forecast")
