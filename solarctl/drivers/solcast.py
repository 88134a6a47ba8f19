"""Solar power from Solcast's rooftop sites: P10, P50 and P90, ten requests a day for a hobbyist, one for each site.

A value is the mean of the period that ENDS at `period_end`, in kW. The panels are described at solcast.com; the keys
here are for the hours that it says nothing about.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.http import Http
from solarctl.drivers.http_failures import retry_at
from solarctl.drivers.kept_answers import next_midnight
from solarctl.drivers.kept_forecast import Answer, KeptForecast
from solarctl.drivers.solar_planes import Panels
from solarctl.drivers.time_series import Steps, added, from_points
from solarctl.errors import DeviceLoginError, DeviceReplyError, DeviceSetupError, DeviceUnreachable
from solarctl.readings import ForecastReading
from solarctl.settings import Secret, setting
from solarctl.value import value

HOST = "https://api.solcast.com.au"
PERIODS = {"PT5M": 300, "PT10M": 600, "PT15M": 900, "PT20M": 1200, "PT30M": 1800, "PT60M": 3600, "PT1H": 3600}
NAMES = ("pv_estimate", "pv_estimate10", "pv_estimate90")


class Solcast:
    """The panels' power as Solcast computes it."""

    @value(kw_only=True)
    class Settings(Panels):
        api_key: Secret = setting(help="from solcast.com")
        sites: tuple[str, ...] = setting(help="ids of the rooftop sites; each costs a request")
        requests_per_day: int = setting(10, ge=1, help="what the account allows")
        refresh_min: float = setting(0.0, ge=0, help="a younger answer is used again; 0: as the day's requests allow")
        peak_kw: float = setting(1.0, gt=0, help="peak power of the panels, for hours without a forecast")
        base_url: str = setting("", help="another address than api.solcast.com.au")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

        def problems(self) -> Iterator[tuple[str, str]]:
            if not self.sites:
                yield "sites", "needs at least one site's id"

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_production(self, start: datetime, end: datetime, *, slot_min: int) -> ForecastReading:
        """Return the expected power per slot, with P10 and P90."""
        one = self._settings
        # two requests a day are left for a second computer, or for setup
        allowed = 24 * 60 * len(one.sites) / max(1, one.requests_per_day - 2)
        kept = KeptForecast(
            self._name,
            self._context,
            "Solcast",
            one,
            refresh_min=one.refresh_min or allowed,
            per_day=one.requests_per_day,
            key=" ".join(one.sites),
        )

        def fetch() -> Answer:
            parts = [self._site(site, kept) for site in one.sites]
            low, high = ([part[index] for part in parts] for index in (1, 2))
            whole = None not in low and None not in high
            power = added([part[0] for part in parts if part[0] is not None])
            if not whole:
                return Answer(power)
            return Answer(power, added([s for s in low if s is not None]), added([s for s in high if s is not None]))

        return kept.read(fetch, start, end, slot_min)

    def _site(self, site: str, kept: KeptForecast) -> tuple[Steps | None, Steps | None, Steps | None]:
        key = self._settings.api_key.reveal()
        headers = {"Authorization": f"Bearer {key}"}
        host = self._settings.base_url or HOST
        http = Http.of(self._context, self._name, host, ca_file=self._settings.ca_file, secrets=(key,))
        path, params = f"/rooftop_sites/{site}/forecasts", {"format": "json", "hours": 72}
        reply = http.request(
            "GET",
            path,
            params=params,
            headers=headers,
            ok=(200, 402, 404, 429),
            retries=1,
            each=kept.count,
            unsent=kept.give_back,
        )
        if reply.status in (402, 429):
            now = self._context.clock.now()
            until = retry_at(reply.headers.get("Retry-After"), now) or next_midnight(now)
            when = f"{until.astimezone(self._context.timezone):%H:%M}"
            message = f"Solcast says that today's requests are used up; it is asked again from {when} on"
            raise DeviceUnreachable(self._name, message, retry_at=until)
        if reply.status in (401, 403):
            raise DeviceLoginError(self._name, "Solcast does not know the key", hint="Correct api_key.")
        if reply.status == 404:
            raise DeviceSetupError(self._name, f"Solcast knows no rooftop site {site}", hint="Correct sites.")
        answer = answers.table(reply.json(), self._name, "the forecast")
        rows = answers.rows(answer.get("forecasts"), self._name, "forecasts")
        step_s = PERIODS.get(answers.words(rows[0].get("period")), 1800) if rows else 1800
        found: list[Steps | None] = []
        for name in NAMES:
            points: dict[float, float | None] = {}
            for row in rows:
                ends, kilowatts = answers.moment(row.get("period_end")), answers.number(row.get(name))
                if ends is not None and kilowatts is not None:
                    points[ends.timestamp() - step_s] = kilowatts * 1000
            found.append(from_points(points, step_s))
        if found[0] is None:
            raise DeviceReplyError(self._name, "the forecast is empty")
        return found[0], found[1], found[2]
