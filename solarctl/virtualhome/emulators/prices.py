"""Services that tell what electricity costs: Energy-Charts, aWATTar, Tibber. Tomorrow's prices are there from 13:00.

A day's prices: cheap at night and at noon (below zero on a sunny Sunday), dear in the morning and in the evening.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response

MARKET = ZoneInfo("Europe/Amsterdam")
PUBLISHED = 13
ZONES = ("NL", "BE", "FR", "AT", "DE-LU", "DK1", "DK2", "SE3", "NO2", "PL", "CZ", "ES")
FAULTS: Mapping[str, str] = {
    "overloaded": "503",
    "html-200": "a page instead of JSON",
    "torn": "the answer breaks off",
    "slow": "answers take that many seconds",
    "rate-limit": "429: too many requests",
    "empty": "an answer without prices",
    "null-values": "some prices are null",
    "only-today": "tomorrow's prices are late",
    "hourly": "hours instead of quarter-hours",
}
UPSETS = (Upset("overloaded", minutes=(30, 240), says="the price service is out of order"),)


def usual_price(moment: datetime) -> float:
    """Return a day-ahead price in currency per kWh, by the local hour; on Sundays below zero at noon."""
    local = moment.astimezone(MARKET)
    hour = local.hour + local.minute // 15 * 0.25
    dear = math.exp(-(((hour - 8) / 1.8) ** 2)) + 1.5 * math.exp(-(((hour - 19) / 2.0) ** 2))
    sun = math.exp(-(((hour - 13.5) / 2.2) ** 2))
    return round(0.075 + 0.08 * dear - (0.11 if local.weekday() == 6 else 0.055) * sun, 5)


class _Market(HttpEmulator):
    """What the three have in common."""

    UPSETS: ClassVar[tuple[Upset, ...]] = UPSETS
    FAULTS: ClassVar[Mapping[str, str]] = FAULTS

    def __init__(self, home: Any, clock: Clock) -> None:
        super().__init__(home, clock)
        self.price = usual_price  # per kWh at a moment; a test may put another in its place

    def handle(self, request: Request) -> Response:
        response = self._trouble() or self.answer(request)
        response.delay_s = float(self.faults.take("slow") or 0)
        response.torn = bool(self.faults.take("torn"))
        return response

    @abstractmethod
    def answer(self, request: Request) -> Response: ...

    def _trouble(self) -> Response | None:
        if self.faults.take("overloaded"):
            return Response.html("<html>Service Unavailable</html>", 503)
        if self.faults.take("html-200"):
            return Response.html("<html>Prices</html>")
        return Response.of({"message": "Too many requests"}, 429) if self.faults.take("rate-limit") else None

    def rows(self, start: datetime, end: datetime) -> tuple[list[tuple[datetime, float | None]], int]:
        """Return moments and prices as far as they are published, and the slots' length in minutes."""
        now = self.clock.now().astimezone(MARKET)
        last = now.date() + timedelta(days=1)
        if now.hour >= PUBLISHED and not self.faults.take("only-today"):
            last += timedelta(days=1)
        minutes = 60 if self.faults.take("hourly") else 15
        moment = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        until = min(end, datetime.combine(last, time(0), MARKET)).astimezone(UTC)
        found: list[tuple[datetime, float | None]] = []
        while moment < until:
            found.append((moment, self.price(moment)))
            moment += timedelta(minutes=minutes)
        if self.faults.take("null-values"):
            found = [(at, None if index % 5 == 2 else price) for index, (at, price) in enumerate(found)]
        return ([] if self.faults.take("empty") else found), minutes


class EnergyCharts(_Market):
    """GET /price?bzn=&start=&end= with days; EUR/MWh, seconds since 1970."""

    name = "energy-charts"

    def config(self) -> str:
        return (
            f'[devices.market]\ndriver = "energy-charts"\nzone = "NL"\nbase_url = "{self.url}"\n'
            "markup = 0.02\ntax = 0.21\ngrid_fee = 0.05\n"
        )

    def answer(self, request: Request) -> Response:
        if request.path != "/price" or request.query.get("bzn") not in ZONES:
            return Response.of({"detail": "Not Found"}, 404)
        start, end = (_day(request.query.get(key), self.clock.now()) for key in ("start", "end"))
        rows, _minutes = self.rows(start, end + timedelta(days=1))
        return Response.of(
            {
                "license_info": "CC BY 4.0",
                "unix_seconds": [int(at.timestamp()) for at, _ in rows],
                "price": [None if price is None else round(price * 1000, 2) for _, price in rows],
                "unit": "EUR / MWh",
                "deprecated": False,
            }
        )


class Awattar(_Market):
    """GET /v1/marketdata?start=&end= with milliseconds; EUR/MWh."""

    name = "awattar"

    def config(self) -> str:
        return f'[devices.market-2]\ndriver = "awattar"\nbase_url = "{self.url}"\n'

    def answer(self, request: Request) -> Response:
        if request.path != "/v1/marketdata":
            return Response.of({"message": "Not Found"}, 404)
        start, end = (datetime.fromtimestamp(int(request.query[key]) / 1000, UTC) for key in ("start", "end"))
        rows, minutes = self.rows(start, end)
        data = [
            {
                "start_timestamp": int(at.timestamp() * 1000),
                "end_timestamp": int((at + timedelta(minutes=minutes)).timestamp() * 1000),
                "marketprice": None if price is None else round(price * 1000, 2),
                "unit": "Eur/MWh",
            }
            for at, price in rows
        ]
        return Response.of({"object": "list", "data": data, "url": "/v1/marketdata"})


class Tibber(_Market):
    """POST /v1-beta/gql with a bearer token; totals in the home's currency, today and tomorrow."""

    name = "tibber"
    FAULTS: ClassVar[Mapping[str, str]] = {**FAULTS, "no-subscription": "the home has no subscription"}
    token = "tibber-virtual-token"

    def config(self) -> str:
        return f'[devices.market-3]\ndriver = "tibber"\nbase_url = "{self.url}"\ntoken = {{ file = "tibber.secret" }}\n'

    def secrets(self) -> dict[str, str]:
        return {"tibber.secret": self.token + "\n"}

    def answer(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            error = {"message": "No valid access token in request", "extensions": {"code": "UNAUTHENTICATED"}}
            return Response.of({"errors": [error]}, 400)
        if request.path != "/v1-beta/gql" or "priceInfo" not in str(request.json()):
            return Response.of({"errors": [{"message": "Syntax Error"}]}, 400)
        midnight = datetime.combine(self.clock.now().astimezone(MARKET).date(), time(0), MARKET)
        days = {}
        for name, offset in (("today", 0), ("tomorrow", 1)):
            start = midnight + timedelta(days=offset)
            rows, _minutes = self.rows(start, start + timedelta(days=1))
            days[name] = [
                {"total": price, "startsAt": at.astimezone(MARKET).isoformat(timespec="milliseconds")}
                for at, price in rows
            ]
        subscription = None if self.faults.take("no-subscription") else {"priceInfo": days}
        return Response.of({"data": {"viewer": {"homes": [{"id": "home-1", "currentSubscription": subscription}]}}})


def _day(text: str | None, now: datetime) -> datetime:
    local = datetime.fromisoformat(text) if text else now.astimezone(MARKET)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=MARKET)
