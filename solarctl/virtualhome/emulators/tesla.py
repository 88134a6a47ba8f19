"""Tesla's cloud: the Fleet API's energy endpoints and the token service, on one port.

Odd by nature: products mix cars and energy sites; settings are accepted with 201 and show later, snapped, or never;
a stale site's answer is null; refresh tokens serve once; nothing in a token's answer says when it was made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from solarctl.virtualhome.tesla_site import MODES, TeslaSite
from solarctl.virtualhome.tesla_tokens import TokenService, envelope_error

SITE = re.compile(r"/api/1/energy_sites/(\d+)/(\w+)")
CAR = {"id": 1, "vehicle_id": 2, "vin": "5YJ30000000000001", "display_name": "Car", "state": "asleep"}
STATUSES = {  # fault → status, error
    "payment-required": (402, "payment required"),
    "forbidden": (403, "forbidden, see https://developer.tesla.com/docs/fleet-api"),
    "unregistered": (412, "Account must be registered in the current region"),
    "wrong-region": (421, "user out of region, use base URL: https://fleet-api.prd.eu.vn.cloud.tesla.com"),
    "invalid-field": (400, "invalid_field"),
    "deprecated": (400, "endpoint_deprecated:_please_update_your_app"),
    "locked": (423, "account locked"),
    "upstream": (502, "upstream internal error"),
}


class TeslaCloud(HttpEmulator):
    """One account with a car and energy sites. `sites[site_id]` are what they are set to."""

    name = "tesla"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "token-http": "the token service answers that status (True: 503)",
        "token-html": "the token service shows a challenge page, 403",
        "token-200-html": "the token service shows a page at status 200",
        "token-torn": "the new token's answer breaks off; the old one is spent",
        "token-no-expiry": "the answer does not say how long the token lives",
        "omit-refresh-token": "the answer has no new refresh token; the old one goes on",
        "login-required": "the token service wants a log-in: 401",
        "login-denied": "the person says no in the browser",
        "token-expired": "access tokens have expired: 401",
        "bearer-401": "access tokens are not accepted at all: 401",
        "missing-scopes": "the token lacks scopes: 403",
        "payment-required": "the developer account must pay: 402",
        "forbidden": "403 forbidden, as for HTTP/1.1 at the Owner API",
        "unregistered": "the application is not registered in this region: 412",
        "wrong-region": "the account lives in another region: 421",
        "rate-limit": "429 with that many seconds in Retry-After (True: 60)",
        "rate-limit-reset": "429 with that many seconds in RateLimit-Reset only",
        "unknown-site": "no such site: 404",
        "invalid-field": "400 invalid_field",
        "deprecated": "400 endpoint_deprecated",
        "locked": "423 account locked",
        "upstream": "502 upstream internal error",
        "http": "that status and a page (True: 503)",
        "html": "a page at status 200",
        "torn": "the answer breaks off",
        "slow": "answers take that many real seconds",
        "null-response": "response is null",
        "text-response": "response is a text",
        "list-response": "response is a list",
        "null-values": "the charge and the powers are null",
        "text-values": "numbers are sent as text",
        "glitch": "a calibrating Powerwall 3: charge 0.4 %, no battery power",
        "solar-only": "a site without battery: no charge, grid status Unknown",
        "island-unknown": "island_status_unknown",
        "no-island-status": "neither island nor grid status is told",
        "stale": "live values are that many minutes old",
        "no-timestamp": "live values bear no timestamp",
        "empty-post": "settings are answered with an empty body",
        "inner-error": "settings are answered 200 with that code inside (True: 500)",
        "snap": "a reserve of 81 to 99 becomes 80 without a word",
        "refuse-high": "a reserve of 81 to 99 is refused: 400",
        "ignore": "settings are accepted and nothing happens",
        "lagged": "a change shows that many seconds later",
        "post-lost": "settings are taken, but the answer is 504",
        "kind-unsupported": "that kind of history is not supported: 400",
    }

    UPSETS: ClassVar[tuple[Upset, ...]] = (
        Upset("text-values"),
        Upset("empty-post"),
        Upset("lagged", 240, (30, 120)),
        Upset("omit-refresh-token", minutes=(30, 300)),
        Upset("token-expired", times=1, says="an access token is refused before its time"),
        Upset("http", 503, times=1, says="one request is answered with HTTP 503"),
        Upset("torn", times=1, says="one answer breaks off in the middle"),
        Upset("http", 503, (10, 60), stops="reading", says="every request is answered with HTTP 503"),
        Upset("upstream", stops="reading"),
        Upset("null-response", stops="reading"),
        Upset("rate-limit", 300, (5, 6), stops="reading", after_min=10, says="HTTP 429: try again in 5 minutes"),
        Upset("ignore", minutes=(10, 40), stops="control"),
    )

    def __init__(
        self, home: Any, clock: Clock, *, site_id: int = 123456789012, timezone: ZoneInfo | None = None
    ) -> None:
        super().__init__(home, clock)
        self.timezone = timezone or getattr(home, "timezone", None) or ZoneInfo("America/Phoenix")
        self.tokens = TokenService(clock, self.faults)
        self.site = TeslaSite(home, site_id, self.timezone)
        self.sites = {site_id: self.site}
        self.per_minute: int | None = None  # requests per minute that are answered
        self.fleet_api_base_url = ""  # what users/region says; default: this very host
        self.writes: list[tuple[datetime, str, Any]] = []  # accepted settings
        self._calls: list[datetime] = []

    def config(self) -> str:
        tables = (
            f'[accounts.tesla]\nservice = "tesla"\napi = "fleet"\nregion = "na"\nbase_url = "{self.url}"\n'
            f'auth_url = "{self.url}"\nclient_id = "{self.tokens.client_id}"\n'
            f'client_secret = {{ file = "tesla-client.secret" }}\nredirect_uri = "{self.tokens.redirect_uri}"\n'
            'refresh_token = { file = "tesla.secret" }\n'
        )
        device = f'[devices.powerwall]\ndriver = "tesla-powerwall"\naccount = "tesla"\nsite_id = {self.site.site_id}\n'
        return f"{tables}\n{device}"

    def secrets(self) -> dict[str, str]:
        return {
            "tesla.secret": self.tokens.first_refresh_token + "\n",
            "tesla-client.secret": self.tokens.client_secret + "\n",
        }

    def counters(self) -> dict[str, int]:
        return super().counters() | {"logins": self.tokens.spent, "writes": len(self.writes)}

    def data_requests(self) -> list[Request]:
        """Return the requests other than those to the token service."""
        return [one for one in self.journal if not one.path.startswith("/oauth2/")]

    # --- answering

    def handle(self, request: Request) -> Response:
        if hasattr(self.home, "advance"):
            self.home.advance(self.clock.now())
        response = self._answer(request)
        response.delay_s = float(self.faults.take("slow") or 0)
        response.torn = response.torn or bool(self.faults.take("torn"))
        response.headers.setdefault("x-txid", "0000000000000000")
        return response

    def _answer(self, request: Request) -> Response:
        if request.path == "/oauth2/v3/token" and request.method == "POST":
            return self.tokens.token(request)
        if request.path == "/oauth2/v3/authorize":
            return Response(302, headers={"Location": self.tokens.authorize(self.url + request.target)})
        refusal = self._refusal(request) or self.tokens.check(request)
        if refusal is not None:
            return refusal
        if request.path == "/api/1/users/region":
            return _answered({"region": "eu", "fleet_api_base_url": self.fleet_api_base_url or self.url})
        for name, (status, error) in STATUSES.items():
            if self.faults.take(name):
                return envelope_error(status, error)
        if request.path == "/api/1/products":
            found = [CAR, *(site.product() for site in self.sites.values())]
            return Response.of({"response": self._bent(found), "count": len(found)})
        match = SITE.fullmatch(request.path)
        site = self.sites.get(int(match[1])) if match else None
        if match is None or site is None or self.faults.take("unknown-site"):
            return envelope_error(404, "not_found")
        site.catch_up(self.clock.now())
        if request.method == "POST":
            return self._set(site, match[2], request)
        return self._look(site, match[2], request)

    def _refusal(self, request: Request) -> Response | None:
        if (seconds := self.faults.take("rate-limit")) is not None:
            wait = {"Retry-After": "60" if seconds is True else str(seconds)}
            return envelope_error(429, "rate limit exceeded", "", **wait)
        if (seconds := self.faults.take("rate-limit-reset")) is not None:
            return envelope_error(429, "rate limit exceeded", "", **{"RateLimit-Reset": str(seconds)})
        now = self.clock.now()
        self._calls = [at for at in self._calls if now - at < timedelta(minutes=1)] + [now]
        if self.per_minute is not None and len(self._calls) > self.per_minute:
            return envelope_error(429, "rate limit exceeded", "", **{"Retry-After": "60"})
        if (status := self.faults.take("http")) is not None:
            return Response.html("<html>unavailable</html>", 503 if status is True else int(status))
        if self.faults.take("html"):
            return Response.html("<html>maintenance</html>")
        return None

    def _look(self, site: TeslaSite, what: str, request: Request) -> Response:
        now = self.clock.now()
        if what == "live_status":
            return _answered(self._bent(self._live(site, now)))
        if what == "site_info":
            return _answered(self._bent(site.info()))
        if what == "calendar_history":
            return self._history(site, request, now)
        return envelope_error(404, "not_found")

    def _live(self, site: TeslaSite, now: datetime) -> dict[str, Any]:
        stale_min = float(self.faults.take("stale") or 0)
        live = site.live(now - timedelta(minutes=stale_min))
        if self.faults.take("glitch"):
            live |= {"percentage_charged": 0.4, "battery_power": 0}
        if self.faults.take("island-unknown"):
            live |= {"island_status": "island_status_unknown", "grid_status": "Unknown"}
        gone = []
        if self.faults.take("no-island-status"):
            gone += ["island_status", "grid_status"]
        if self.faults.take("no-timestamp"):
            gone += ["timestamp"]
        if self.faults.take("solar-only"):
            gone += ["percentage_charged", "battery_power", "island_status", "energy_left", "total_pack_energy"]
            live["grid_status"] = "Unknown"
        if self.faults.take("null-values"):
            live |= dict.fromkeys(("percentage_charged", "battery_power", "grid_power", "solar_power", "load_power"))
        return {key: value for key, value in live.items() if key not in gone}

    def _history(self, site: TeslaSite, request: Request, now: datetime) -> Response:
        query = request.query
        unsupported = self.faults.take("kind-unsupported")
        if unsupported is not None and unsupported in (True, query.get("kind")):
            return envelope_error(400, "kind not supported")
        try:
            first, last = (datetime.fromisoformat(query[key]) for key in ("start_date", "end_date"))
        except (KeyError, ValueError):
            return envelope_error(400, "invalid_request")
        rows = site.day.history(query.get("kind", ""), first, last, now) if first.tzinfo and last.tzinfo else None
        if rows is None:
            return envelope_error(400, "kind not supported")
        return _answered(self._bent({"period": query.get("period", "day"), "time_series": rows}))

    def _bent(self, value: Any) -> Any:
        if self.faults.take("null-response"):
            return None
        if self.faults.take("text-response"):
            return "upstream has no data"
        if self.faults.take("list-response"):
            return []
        if isinstance(value, dict) and self.faults.take("text-values"):
            return {key: str(one) if type(one) in (int, float) else one for key, one in value.items()}
        return value

    def _set(self, site: TeslaSite, what: str, request: Request) -> Response:
        body = request.json() if "json" in request.headers.get("Content-Type", "") else None
        if not isinstance(body, dict):
            return envelope_error(400, "invalid_request")
        if what == "backup":
            value: Any = body.get("backup_reserve_percent")
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
                return envelope_error(400, "invalid_field")
            if 80 < value < 100:
                if self.faults.take("refuse-high"):
                    return envelope_error(400, "invalid_field")
                value = 80 if self.faults.take("snap") else value
        elif what == "operation":
            value = body.get("default_real_mode")
            if value not in MODES:
                return envelope_error(400, "invalid_field")
        else:
            return envelope_error(404, "not_found")
        return self._accepted(site, what, value)

    def _accepted(self, site: TeslaSite, what: str, value: Any) -> Response:
        now = self.clock.now()
        if (code := self.faults.take("inner-error")) is not None:
            return _answered({"code": 500 if code is True else code, "message": "not updated"})
        self.writes.append((now, what, value))
        if not self.faults.take("ignore"):
            apply = site.set_reserve if what == "backup" else site.set_mode
            site.change(now, lambda: apply(value), float(self.faults.take("lagged") or 0))
        if self.faults.take("post-lost"):
            return envelope_error(504, "gateway timeout")
        if self.faults.take("empty-post"):
            return Response(200)
        return Response.of({"response": {"code": 201, "message": "Updated"}}, 201)


def _answered(value: Any) -> Response:
    return Response.of({"response": value})
