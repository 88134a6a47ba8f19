"""Weather from the US National Weather Service: no key, the United States only.

A place is looked up once (its grid is remembered); the forecast comes in halves of days. The service wants to know
who calls: `contact` is added to the User-Agent. Cloud cover is what its words mean in eighths of the sky.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from solarctl.context import Context
from solarctl.drivers import answers, left_alone
from solarctl.drivers.http import USER_AGENT, Http, Reply
from solarctl.drivers.position import converted, position, site_unit
from solarctl.errors import DeviceReplyError, DeviceSetupError, DeviceUnreachable
from solarctl.readings import WeatherReading
from solarctl.settings import setting
from solarctl.value import value

HOST = "https://api.weather.gov"
SKIES = (  # the service's words, by eighths of the sky covered; the first that fits
    (re.compile(r"mostly cloudy", re.IGNORECASE), 75.0),
    (re.compile(r"partly (sunny|cloudy)", re.IGNORECASE), 50.0),
    (re.compile(r"mostly (sunny|clear)", re.IGNORECASE), 25.0),
    (re.compile(r"cloudy|overcast|rain|snow|shower|storm|fog", re.IGNORECASE), 95.0),
    (re.compile(r"sunny|clear", re.IGNORECASE), 5.0),
)


class NationalWeatherService:
    """The forecast for the house's position."""

    @value
    class Settings:
        contact: str = setting("", help="a mail address or page for the service's operators; they ask for one")
        latitude: float | None = setting(None, ge=-90, le=90, help="degrees north; by default the site's")
        longitude: float | None = setting(None, ge=-180, le=180, help="degrees east; by default the site's")
        base_url: str = setting("", help="another address than api.weather.gov")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_high(self, day: date) -> WeatherReading:
        """Return the day's highest temperature; the day's own period is gone in the evening."""
        reply = self._get(self._grid() + "/forecast")
        if reply.status == 404:  # the service moves its grids now and then
            reply = self._get(self._grid(anew=True) + "/forecast")
        properties = answers.table(self._table(reply).get("properties"), self._name, "properties")
        periods = answers.rows(properties.get("periods"), self._name, "periods")
        by_day = _period(periods, day, daytime=True)
        high_deg = self._degrees(by_day)
        if by_day is None or high_deg is None:
            raise DeviceUnreachable(self._name, f"the forecast has no highest temperature for {day:%d %B} any more")
        words = str(by_day.get("shortForecast") or "")
        cover = next((pct for pattern, pct in SKIES if pattern.search(words)), None)
        return WeatherReading(
            at=self._context.now(),
            high_deg=high_deg,
            low_deg=self._degrees(_period(periods, day, daytime=False)),
            day=day,
            cloud_pct=None if cover is None else (cover,) * 24,
        )

    def _grid(self, *, anew: bool = False) -> str:
        """Return the path of the grid that the house lies in; it is looked up once."""
        latitude, longitude = position(self._context, self._name, self._settings.latitude, self._settings.longitude)
        place = f"{latitude:.4f},{longitude:.4f}"
        stored = self._context.store.get("devices", self._name)
        if stored.get("place") == place and not anew:
            return str(stored["grid"])
        reply = self._get(f"/points/{place}")
        if reply.status == 404:
            raise DeviceSetupError(
                self._name,
                f"the National Weather Service does not know {place}",
                hint='It serves the United States; elsewhere use driver = "open-meteo".',
            )
        found = answers.table(self._table(reply).get("properties"), self._name, "properties")
        office, x, y = (
            answers.words(found.get("gridId")),
            answers.whole(found.get("gridX")),
            answers.whole(found.get("gridY")),
        )
        if not re.fullmatch(r"[A-Z]{3}", office) or x is None or y is None:
            raise DeviceReplyError(self._name, "the answer names no grid")
        grid = f"/gridpoints/{office}/{x},{y}"
        self._context.store.put("devices", self._name, stored | {"place": place, "grid": grid})
        return grid

    def _get(self, path: str) -> Reply:
        contact = f" ({self._settings.contact})" if self._settings.contact else ""
        headers = {"User-Agent": USER_AGENT + contact, "Accept": "application/geo+json"}
        http = Http.of(
            self._context,
            self._name,
            self._settings.base_url or HOST,
            ca_file=self._settings.ca_file,
            headers=headers,
        )
        with left_alone.respected(self._context, self._name):
            return http.request("GET", path, ok=(200, 404))

    def _table(self, reply: Reply) -> Mapping[str, Any]:
        if reply.status != 200:
            raise DeviceReplyError(self._name, f"the National Weather Service answers {reply.status}")
        return answers.table(reply.json(), self._name, "the answer")

    def _degrees(self, period: Mapping[str, Any] | None) -> float | None:
        if period is None:
            return None
        unit = "C" if period.get("temperatureUnit") == "C" else "F"
        return converted(answers.number(period.get("temperature")), unit, site_unit(self._context))


def _period(periods: list[Mapping[str, Any]], day: date, *, daytime: bool) -> Mapping[str, Any] | None:
    for period in periods:
        try:
            start = datetime.fromisoformat(str(period.get("startTime")))
        except ValueError:
            continue
        if period.get("isDaytime") is daytime and start.date() == day:
            return period
    return None
