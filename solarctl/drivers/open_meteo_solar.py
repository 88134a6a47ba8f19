"""Solar power from Open-Meteo's forecast of sunshine on a tilted plane: no key (data: CC BY 4.0, open-meteo.com).

- Radiation is the mean of the 15 minutes BEFORE its stamp: the slot [t, t+15) is the value stamped t+15.
- Stamps are asked for as seconds since 1970, so that no change of clocks can mislead.
- Small negative radiation occurs at night; it counts as none. `null` is not known, and never 0.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.http import Http
from solarctl.drivers.kept_forecast import Answer, KeptForecast
from solarctl.drivers.open_meteo import FREE_HOST, PAID_HOST
from solarctl.drivers.solar_planes import Panels, Plane, power_w, south_azimuth
from solarctl.drivers.time_series import Steps, added, from_points
from solarctl.errors import DeviceError, DeviceReplyError
from solarctl.readings import ForecastReading
from solarctl.settings import Secret, setting
from solarctl.value import value

STEP_S = 900
ENSEMBLE_HOST = "https://ensemble-api.open-meteo.com"
PAID_ENSEMBLE_HOST = "https://customer-ensemble-api.open-meteo.com"
DAYS = 5  # today and the four that follow: the longest horizon of a plan
SUNSHINE = "global_tilted_irradiance"


class OpenMeteoSolar:
    """The panels' power, from sunshine and temperature."""

    @value(kw_only=True)
    class Settings(Panels):
        inverter_kw: float = setting(0.0, ge=0, help="what the inverter can give at most; 0: no limit")
        uncertainty: bool = setting(
            False, help="ask for the ensemble too, for a cautious and a bold forecast (P10, P90)"
        )
        api_key: Secret | None = setting(None, help="for the paid service only")
        base_url: str = setting("", help="another address than api.open-meteo.com")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_production(self, start: datetime, end: datetime, *, slot_min: int) -> ForecastReading:
        """Return the expected power per slot."""
        one = self._settings
        kept = KeptForecast(self._name, self._context, "Open-Meteo", one, key=f"{one.inverter_kw} {one.uncertainty}")
        return kept.read(lambda: self._fetch(kept.place), start, end, slot_min)

    def _fetch(self, place: tuple[float, float]) -> Answer:
        planes = [self._plane(plane, place) for plane in self._settings.facing]
        found = self._clipped(added([steps for steps, _air in planes]))
        if not self._settings.uncertainty:
            return Answer(found)
        try:
            spread = [self._spread(plane, place, air) for plane, (_s, air) in zip(self._settings.facing, planes)]
        except DeviceError as error:
            self._context.log(f"{self._name}: how sure it is, is not known: {error}")
            return Answer(found)
        low, high = zip(*spread, strict=True)
        return Answer(found, self._clipped(added(low)), self._clipped(added(high)))

    def _plane(self, plane: Plane, place: tuple[float, float]) -> tuple[Steps, dict[float, float]]:
        """Return one plane's power, and the air's temperature by moment."""
        table = self._ask(
            FREE_HOST, PAID_HOST, "/v1/forecast", plane, place, f"{SUNSHINE},temperature_2m", "minutely_15"
        )
        moments = _column(table, "time", self._name)
        sunshine, air = _column(table, SUNSHINE, self._name), _column(table, "temperature_2m", self._name)
        points: dict[float, float | None] = {}
        warmth: dict[float, float] = {}
        for stamp, sun, temperature in zip(moments, sunshine, air):
            if stamp is None:
                continue
            if temperature is not None:
                warmth[stamp] = temperature
            known = sun is not None and temperature is not None
            points[stamp - STEP_S] = power_w(plane.peak_kw, max(0.0, sun), temperature) if known else None  # type: ignore[arg-type,type-var]
        steps = from_points(points, STEP_S)
        if steps is None:
            raise DeviceReplyError(self._name, "the forecast is empty")
        return steps, warmth

    def _spread(self, plane: Plane, place: tuple[float, float], air: dict[float, float]) -> tuple[Steps, Steps]:
        """Return the power that nine, and one, of ten forecasts of the ensemble exceed, by the hour."""
        table = self._ask(
            ENSEMBLE_HOST,
            PAID_ENSEMBLE_HOST,
            "/v1/ensemble",
            plane,
            place,
            SUNSHINE,
            "hourly",
            models="icon_seamless",
        )
        moments = _column(table, "time", self._name)
        members = [_column(table, key, self._name) for key in table if str(key).startswith(SUNSHINE)]
        low: dict[float, float | None] = {}
        high: dict[float, float | None] = {}
        for index, stamp in enumerate(moments):
            values = sorted(v for one in members if index < len(one) and (v := one[index]) is not None)
            if stamp is None or not values:
                continue
            for rows, share in ((low, 0.1), (high, 0.9)):
                sun = max(0.0, values[round(share * (len(values) - 1))])
                rows[stamp - 3600] = power_w(plane.peak_kw, sun, air.get(stamp, 15.0))
        found = from_points(low, 3600), from_points(high, 3600)
        if found[0] is None or found[1] is None:
            raise DeviceReplyError(self._name, "the ensemble is empty")
        return found[0], found[1]

    def _ask(
        self,
        free: str,
        paid: str,
        path: str,
        plane: Plane,
        place: tuple[float, float],
        what: str,
        grid: str,
        **more: str,
    ) -> Any:
        key = self._settings.api_key.reveal() if self._settings.api_key else ""
        host = self._settings.base_url or (paid if key else free)
        params = {
            "latitude": place[0],
            "longitude": place[1],
            grid: what,
            "tilt": f"{plane.tilt_deg:g}",
            "azimuth": f"{south_azimuth(plane.azimuth_deg):g}",
            "forecast_days": DAYS,
            "timezone": "GMT",
            "timeformat": "unixtime",
        } | more
        http = Http.of(self._context, self._name, host, ca_file=self._settings.ca_file, secrets=(key,))
        reply = http.request("GET", path, params=params | ({"apikey": key} if key else {}))
        answer = answers.table(reply.json(), self._name, "the forecast")
        return answers.table(answer.get(grid), self._name, grid)

    def _clipped(self, steps: Steps) -> Steps:
        most_w = self._settings.inverter_kw * 1000
        if not most_w:
            return steps
        return Steps(steps.start_s, steps.step_s, tuple(None if v is None else min(v, most_w) for v in steps.values))


def _column(table: Any, key: str, name: str) -> list[float | None]:
    found = table.get(key)
    if not isinstance(found, list):
        raise DeviceReplyError(name, f"the forecast has no {key}")
    return [answers.number(one) for one in found]
