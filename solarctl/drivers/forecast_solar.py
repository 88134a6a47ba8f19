"""Solar power from Forecast.Solar: without a key 12 requests an hour for each internet address, one for each plane.

- `watts` are values at their stamps (odd minutes at sunrise and sunset), joined by straight lines.
- Too many requests: 429, and until when in the answer's message.ratelimit["retry-at"]; that is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.http import Http, Reply
from solarctl.drivers.http_failures import retry_at
from solarctl.drivers.kept_forecast import Answer, KeptForecast
from solarctl.drivers.solar_planes import Panels, Plane, south_azimuth
from solarctl.drivers.time_series import Steps, added, together
from solarctl.errors import DeviceLoginError, DeviceReplyError, DeviceUnreachable
from solarctl.readings import ForecastReading
from solarctl.settings import Secret, setting
from solarctl.value import value

HOST = "https://api.forecast.solar"
STEP_S = 900
NIGHT_S = 6 * 3600  # stamps further apart have a night between them; so much dark is told before and after them


class ForecastSolar:
    """The panels' power as Forecast.Solar computes it."""

    @value(kw_only=True)
    class Settings(Panels):
        api_key: Secret | None = setting(None, help="of a paid account")
        damping_morning: float = setting(0.0, ge=0, le=1, help="less in the morning, for trees and hills")
        damping_evening: float = setting(0.0, ge=0, le=1, help="less in the evening")
        inverter_kw: float = setting(0.0, ge=0, help="what the inverter can give at most; 0: no limit")
        base_url: str = setting("", help="another address than api.forecast.solar")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_production(self, start: datetime, end: datetime, *, slot_min: int) -> ForecastReading:
        """Return the expected power per slot."""
        one = self._settings
        kept = KeptForecast(
            self._name,
            self._context,
            "Forecast.Solar",
            one,
            refresh_min=max(one.refresh_min, 60.0 * len(one.facing) / 12),
            key=f"{one.damping_morning} {one.damping_evening} {one.inverter_kw}",
        )
        return kept.read(
            lambda: Answer(added([self._plane(plane, kept.place) for plane in one.facing])), start, end, slot_min
        )

    def _plane(self, plane: Plane, place: tuple[float, float]) -> Steps:
        one = self._settings
        key = one.api_key.reveal() if one.api_key else ""
        panels = f"{place[0]:g}/{place[1]:g}/{plane.tilt_deg:g}/{south_azimuth(plane.azimuth_deg):g}/{plane.peak_kw:g}"
        wishes = {
            "damping_morning": one.damping_morning,
            "damping_evening": one.damping_evening,
            "inverter": one.inverter_kw,
        }
        params = {"time": "utc"} | {name: f"{wish:g}" for name, wish in wishes.items() if wish}
        http = Http.of(self._context, self._name, one.base_url or HOST, ca_file=one.ca_file, secrets=(key,))
        path = f"/{key}/estimate/{panels}" if key else f"/estimate/{panels}"
        reply = http.request("GET", path, params=params, ok=(200, 429))
        if reply.status == 429:
            raise self._too_many(reply)
        if reply.status in (401, 403):
            raise DeviceLoginError(self._name, "Forecast.Solar does not know the key", hint="Correct api_key.")
        answer = answers.table(reply.json(), self._name, "the forecast")
        result = answers.table(answer.get("result"), self._name, "result")
        watts = answers.table(result.get("watts"), self._name, "watts")
        return steps_of(watts, self._name)

    def _too_many(self, reply: Reply) -> DeviceUnreachable:
        """Return what 429 means, with the moment from which on requests are welcome again."""
        until = retry_at(reply.headers.get("Retry-After"), self._context.clock.now())
        for said in (_said_in(reply), reply.headers.get("X-Ratelimit-Retry-At")):
            until = until or answers.moment(said, UTC)
        when = f" until {until.astimezone(self._context.timezone):%H:%M}" if until else ""
        return DeviceUnreachable(self._name, f"the hour's requests are used up{when}", retry_at=until)


def steps_of(watts: Mapping[str, object], name: str) -> Steps:
    """Return means of 15 minutes from values at stamps, joined by straight lines; the night between days is dark."""
    told = {
        stamp.timestamp(): max(0.0, power)
        for text, said in watts.items()
        if (stamp := answers.moment(text, UTC)) is not None and (power := answers.number(said)) is not None
    }
    points = sorted(together(told).items())
    if not points:
        raise DeviceReplyError(name, "the forecast is empty")
    start = (points[0][0] - NIGHT_S) // STEP_S * STEP_S
    values = [0.0] * int((points[-1][0] + NIGHT_S - start) // STEP_S)
    for (t1, p1), (t2, p2) in pairwise(points):
        if t2 - t1 > NIGHT_S or t2 <= t1:
            continue
        for index in range(int((t1 - start) // STEP_S), int((t2 - start - 1e-6) // STEP_S) + 1):
            begin, end = max(t1, start + index * STEP_S), min(t2, start + (index + 1) * STEP_S)
            middle = p1 + (p2 - p1) * ((begin + end) / 2 - t1) / (t2 - t1)
            values[index] += middle * max(0.0, end - begin) / STEP_S
    return Steps(start, STEP_S, tuple(values))


def _said_in(reply: Reply) -> object:
    try:
        return reply.json()["message"]["ratelimit"]["retry-at"]
    except (DeviceReplyError, KeyError, TypeError):
        return None
