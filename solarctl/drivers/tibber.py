"""Prices from Tibber, for its customers: everything included already, in the home's currency.

A token from developer.tibber.com. `markup`, `tax` and `grid_fee` come on top of Tibber's total; usually only the grid's
fee is missing in it. Errors come as HTTP 200 with `errors`.
"""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path
from typing import Any

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.http import Http
from solarctl.drivers.spot_prices import SpotPrices, Surcharge
from solarctl.drivers.time_series import Steps, from_points
from solarctl.errors import DeviceLoginError, DeviceReplyError, DeviceSetupError
from solarctl.readings import PriceReading
from solarctl.settings import Secret, setting
from solarctl.value import value

HOST = "https://api.tibber.com"
QUERY = """{ viewer { homes { id currentSubscription { priceInfo(resolution: QUARTER_HOURLY) {
 today { total startsAt } tomorrow { total startsAt } } } } } }"""


class Tibber:
    """The prices of one home."""

    @value(kw_only=True)
    class Settings(Surcharge):
        token: Secret = setting(help="from developer.tibber.com")
        home_id: str = setting("", help="of several homes, the one that is meant")
        base_url: str = setting("", help="another address than api.tibber.com")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_prices(self, start: datetime, end: datetime, *, slot_min: int) -> PriceReading:
        """Return the price per slot, everything included."""
        prices = SpotPrices(self._name, self._context, key=f"tibber {self._settings.home_id}", surcharge=self._settings)
        return prices.read(self._fetch, start, end, slot_min)

    def _fetch(self, start: datetime, end: datetime) -> Steps:
        token = self._settings.token.reveal()
        host = self._settings.base_url or HOST
        http = Http.of(self._context, self._name, host, ca_file=self._settings.ca_file, secrets=(token,))
        headers = {"Authorization": f"Bearer {token}"}
        reply = http.request(
            "POST", "/v1-beta/gql", json={"query": QUERY}, headers=headers, idempotent=True, ok=(200, 400)
        )
        answer = answers.table(reply.json(), self._name, "the answer")
        errors = answer.get("errors")
        if reply.status in (401, 403) or (errors and "auth" in str(errors).lower()):
            hint = "Make a new token at developer.tibber.com."
            raise DeviceLoginError(self._name, "Tibber does not know the token", hint=hint)
        if errors or reply.status != 200:
            raise DeviceReplyError(self._name, f"Tibber answered {str(errors)[:120] or reply.status}")
        points: dict[float, float | None] = {}
        for row in self._rows(answer):
            begins, total = answers.moment(row.get("startsAt")), answers.number(row.get("total"))
            if begins is not None and total is not None:
                points[begins.timestamp()] = total
        moments = sorted(points)
        steps = from_points(points, min((b - a for a, b in itertools.pairwise(moments)), default=3600.0))
        if steps is None:
            raise DeviceReplyError(self._name, "there are no prices; is there a subscription?")
        return steps

    def _rows(self, answer: Any) -> list[Any]:
        try:
            homes = answer["data"]["viewer"]["homes"]
            wanted = self._settings.home_id
            ids = [str(one["id"]) for one in homes]
            if wanted and wanted not in ids:
                hint = f"Correct home_id; there are: {', '.join(ids) or 'none'}."
                raise DeviceSetupError(self._name, f"Tibber knows no home {wanted} of yours", hint=hint)
            home = next(one for one in homes if not wanted or one["id"] == wanted)
            info = home["currentSubscription"]["priceInfo"]
            days = [answers.rows(info.get(day) or [], self._name, day) for day in ("today", "tomorrow")]
        except (KeyError, TypeError, AttributeError, StopIteration):
            raise DeviceReplyError(self._name, "the answer has no home with a subscription") from None
        return [row for rows in days for row in rows]
