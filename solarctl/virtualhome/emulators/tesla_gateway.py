"""A Powerwall 2's gateway on the local network: read-only for customers, percentages in the battery's own scale."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from solarctl.virtualhome.tesla_site import TeslaSite


class TeslaGateway(HttpEmulator):
    """The gateway in front of a site; `site` may be the cloud's own."""

    name = "tesla-gateway"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "bad-password": "the log-in is refused: 401",
        "throttled": "log-ins answer 429",
        "session-lost": "the session is forgotten: 401",
        "http": "that status (True: 503)",
        "html": "a page at status 200",
        "slow": "answers take that many real seconds",
        "null-soc": "the charge is null",
        "not-there": "no such API, as on a Powerwall 3: 404",
    }

    def __init__(self, home: Any, clock: Clock, site: TeslaSite | None = None) -> None:
        super().__init__(home, clock)
        zone = getattr(home, "timezone", None) or ZoneInfo("America/Phoenix")
        self.site = site or TeslaSite(home, 1, zone)
        self.password = "A1B2C"
        self.sessions: set[str] = set()
        self.logins = 0

    def config(self) -> str:
        return (
            f'[accounts.gateway]\nservice = "tesla"\napi = "local"\nbase_url = "{self.url}"\n'
            'password = { file = "gateway.secret" }\n\n'
            '[devices.gateway]\ndriver = "tesla-powerwall"\naccount = "gateway"\n'
        )

    def secrets(self) -> dict[str, str]:
        return {"gateway.secret": self.password + "\n"}

    def counters(self) -> dict[str, int]:
        return super().counters() | {"logins": self.logins}

    def handle(self, request: Request) -> Response:
        response = self._answer(request)
        response.delay_s = float(self.faults.take("slow") or 0)
        return response

    def _answer(self, request: Request) -> Response:
        if (status := self.faults.take("http")) is not None:
            return Response.html("<html>unavailable</html>", 503 if status is True else int(status))
        if self.faults.take("not-there"):
            return Response.of({"code": 404, "message": "not found"}, 404)
        if self.faults.take("html"):
            return Response.html("<html>Powerwall</html>")
        if request.path == "/api/login/Basic" and request.method == "POST":
            return self._login(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        cookie = request.headers.get("Cookie", "")
        known = token in self.sessions or any(f"AuthCookie={one}" in cookie for one in self.sessions)
        if self.faults.take("session-lost"):
            self.sessions.clear()
            known = False
        if not known:
            return Response.of({"code": 401, "error": "Unauthorized", "message": "Invalid session"}, 401)
        if request.method == "POST":
            return Response.of({"code": 403, "message": "no adequate access rights"}, 403)
        return self._look(request.path)

    def _login(self, request: Request) -> Response:
        body = request.json()
        if self.faults.take("throttled"):
            return Response.of({"code": 429, "message": "too many log-ins"}, 429)
        fits = isinstance(body, dict) and (body.get("username"), body.get("password")) == ("customer", self.password)
        if self.faults.take("bad-password") or not fits:
            return Response.of({"code": 401, "error": "bad credentials", "message": "Login Error"}, 401)
        self.logins += 1
        token = secrets.token_hex(20)
        self.sessions.add(token)
        response = Response.of({"email": body.get("email", ""), "token": token, "provider": "Basic"})
        response.cookies = (f"AuthCookie={token}; path=/; HttpOnly", "UserRecord=x; path=/")
        return response

    def _look(self, path: str) -> Response:
        site, home = self.site, self.home
        if path == "/api/meters/aggregates":
            powers = {"site": home.grid_w, "battery": home.battery_w, "load": home.load_w, "solar": home.solar_w}
            stamp = self.clock.now().isoformat()
            return Response.of(
                {name: {"instant_power": value, "last_communication_time": stamp} for name, value in powers.items()}
            )
        if path == "/api/system_status/soe":
            soc = None if self.faults.take("null-soc") else _raw(home.soc_pct or 0.0)
            return Response.of({"percentage": soc})
        if path == "/api/operation":
            return Response.of({"real_mode": site.mode, "backup_reserve_percent": _raw(site.reserve_pct)})
        if path == "/api/system_status/grid_status":
            word = "SystemGridConnected" if site.island == "on_grid" else "SystemIslandedActive"
            return Response.of({"grid_status": word, "grid_services_active": False})
        return Response.of({"code": 404, "message": "not found"}, 404)


def _raw(app_pct: float) -> float:
    """Return the gateway's own percentage: the app hides the lowest 5 %."""
    return app_pct * 0.95 + 5
