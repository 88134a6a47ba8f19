"""Solar power from Open Climate Fix's Quartz: the hosted service, or a program of yours that prints CSV.

The package quartz-solar-forecast itself is no dependency (105 packages, 1.3 GB, Python 3.11 only); where it is
installed, `command` can run it. Its lines are `2026-06-01T06:00:00,1.25`: when a slot begins (UTC where no zone is
said) and kW; slots are as long as the stamps are apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from solarctl.context import Context
from solarctl.drivers import answers, csv_program
from solarctl.drivers.http import Http
from solarctl.drivers.kept_forecast import Answer, KeptForecast
from solarctl.drivers.solar_planes import Panels, Plane
from solarctl.drivers.time_series import Steps, added, from_points
from solarctl.errors import DeviceReplyError
from solarctl.readings import ForecastReading
from solarctl.settings import setting
from solarctl.value import value

HOST = "https://open.quartz.solar"
STEP_S = 900
LONGEST_STEP_S = 3600.0  # lines further apart have gaps between them


class Quartz:
    """The panels' power as Quartz computes it; its bearings are ours, 180 is south."""

    @value(kw_only=True)
    class Settings(Panels):
        command: tuple[str, ...] = setting((), help="a program that prints the forecast of all planes as CSV instead")
        command_s: float = setting(40.0, gt=0, help="how long the program may take")
        base_url: str = setting("", help="another address than open.quartz.solar")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_production(self, start: datetime, end: datetime, *, slot_min: int) -> ForecastReading:
        """Return the expected power per slot."""
        one = self._settings
        kept = KeptForecast(self._name, self._context, "Quartz", one, key=" ".join(one.command))
        return kept.read(lambda: self._fetch(kept.place), start, end, slot_min)

    def _fetch(self, place: tuple[float, float]) -> Answer:
        if self._settings.command:
            return Answer(self._from_command())
        return Answer(added([self._plane(plane, place) for plane in self._settings.facing]))

    def _plane(self, plane: Plane, place: tuple[float, float]) -> Steps:
        site = {"latitude": place[0], "longitude": place[1], "capacity_kwp": plane.peak_kw}
        site |= {"tilt": plane.tilt_deg, "orientation": plane.azimuth_deg}
        hour = self._context.clock.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        body = {"site": site, "timestamp": f"{hour:%Y-%m-%dT%H:%M:%SZ}"}
        http = Http.of(self._context, self._name, self._settings.base_url or HOST, ca_file=self._settings.ca_file)
        reply = http.request("POST", "/forecast/", json=body, idempotent=True, timeout_s=20)
        answer = answers.table(reply.json(), self._name, "the forecast")
        predictions = answers.table(answer.get("predictions"), self._name, "predictions")
        return self._steps(answers.table(predictions.get("power_kw"), self._name, "power_kw"))

    def _from_command(self) -> Steps:
        limit_s = self._context.budget.timeout_s(self._settings.command_s)
        told = csv_program.numbers(self._name, self._settings.command, limit_s, UTC)
        points: dict[float, float | None] = {at.timestamp(): max(0.0, kw) * 1000 for at, kw in told.items()}
        stamps = sorted(points)
        apart = sorted(later - before for before, later in itertools.pairwise(stamps)) or [STEP_S]
        return self._found(from_points(points, min(LONGEST_STEP_S, apart[len(apart) // 2])))

    def _steps(self, kilowatts: Mapping[str, object]) -> Steps:
        points: dict[float, float | None] = {}
        for text, said in kilowatts.items():
            power, stamp = answers.number(said), answers.moment(text, UTC)
            if power is not None and stamp is not None:
                points[stamp.timestamp()] = max(0.0, power) * 1000
        return self._found(from_points(points, STEP_S))

    def _found(self, steps: Steps | None) -> Steps:
        if steps is None:
            raise DeviceReplyError(self._name, "the forecast is empty")
        return steps
