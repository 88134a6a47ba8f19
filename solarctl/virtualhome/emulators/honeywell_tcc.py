"""Honeywell's Total Connect Comfort portal: a web site made for browsers, with JSON behind it.

Odd by nature: a refused log-in is a page with status 200; an accepted one is JSON, but only for those who say
X-Requested-With; an empty cookie on the next page means the log-in did not count; log-ins in quick succession are
turned away; a rejected set point answers 200.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.honeywell_display import LOCATION_ID, apply, fields, is_acceptable, location, ui_data, zone
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from solarctl.virtualhome.rooms import Rooms
from solarctl.virtualhome.thermostats import WallThermostat

AUTH, SESSION = ".ASPXAUTH_TRUEHOME", "ASP.NET_SessionId"
LOGIN_SPACING = timedelta(minutes=10)
LOGINS_IN_SPACING = 8  # further log-ins within ten minutes are turned away
UNEXPECTED = "<html><title>Unexpected Error</title><body><h1>Unexpected Error</h1></body></html>"
DENIED = "<html><body>Access is denied due to invalid credentials.</body></html>"


class HoneywellTcc(HttpEmulator):
    """The portal. Thermostats are those of the house's rooms, or `thermostats`."""

    name = "honeywell-tcc"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "bad-password": "the log-in is refused: HTML at status 200",
        "bad-email": "the log-in is refused for the form of the address",
        "throttled": "log-ins are sent to …TooManyAttempts; a later check sees the portal open again",
        "login-401": "log-ins answer 401, as they do when they come too fast",
        "null-cookie": "the page after the log-in empties the auth cookie",
        "malformed-cookie-expiry": "cookies bear a date that no standard knows",
        "poisoned-cookie": "an expired cookie comes with every page",
        "session-lost": "the session is forgotten: 401 HTML",
        "session-lost-redirect": "the session is forgotten: sent to the log-in page",
        "expire-after": "a session lasts that many requests",
        "http-503": "the site is down",
        "http-500": "the site answers Unexpected Error",
        "html-200": "pages instead of JSON, at status 200",
        "redirect": "requests for data are sent to /portal/Error",
        "device-lost": "the thermostat has lost the portal (communicationLost)",
        "device-dead": "the thermostat is off line (deviceLive false)",
        "no-temperature": "the room's temperature is not available (128)",
        "null-setpoints": "set points are null",
        "not-success": "readings say success false",
        "submit-refused": 'set points answer {"success": 0}',
        "submit-html": "set points answer 500 HTML",
        "submit-ignored": "set points answer success and do nothing",
        "submit-torn": "set points are taken, but the answer breaks off",
        "lagging": "readings show a change only that many seconds later",
        "slow": "answers take that many seconds",
    }

    UPSETS: ClassVar[tuple[Upset, ...]] = (
        Upset("malformed-cookie-expiry"),
        Upset("poisoned-cookie"),
        Upset("lagging", 4),
        Upset("session-lost", times=1, says="the portal forgets the session"),
        Upset("html-200", times=1, says="one page comes where data belongs"),
        Upset("submit-torn", times=1, says="the answer to one change breaks off"),
        Upset("http-503", times=1, says="one request is answered with HTTP 503"),
        Upset("no-temperature"),
        Upset("http-503", minutes=(10, 60), stops="reading", says="every request is answered with HTTP 503"),
        Upset("device-lost", minutes=(10, 90), stops="reading"),
        Upset("submit-refused", minutes=(10, 40), stops="control"),
        Upset("submit-ignored", minutes=(10, 40), stops="control"),
    )

    def __init__(self, home: Any, clock: Clock, thermostats: Iterable[WallThermostat] | None = None) -> None:
        super().__init__(home, clock)
        self.timezone = getattr(home, "timezone", None) or ZoneInfo("America/Phoenix")
        self.username, self.password = "owner@example.com", "correct horse"
        found = list(thermostats) if thermostats is not None else list(_thermostats_of(home))
        self.devices = {one.device_id: one for one in found or [WallThermostat(123456, "HALL", self.timezone)]}
        self.sessions: dict[str, int] = {}  # auth cookie → requests so far
        self.logins: list[datetime] = []  # accepted
        self.attempts: list[datetime] = []  # all
        self.writes: list[dict[str, Any]] = []  # accepted set points
        self._seen: dict[int, tuple[datetime, dict[str, Any]]] = {}  # what a lagging reading still shows

    def config(self) -> str:
        tables = [
            f'[accounts.honeywell]\nservice = "honeywell-tcc"\nusername = "{self.username}"\n'
            f'password = {{ file = "honeywell.secret" }}\nbase_url = "{self.url}"\n'
        ]
        tables += [
            f'[devices.{one.name.lower().replace(" ", "-")}]\ndriver = "honeywell-tcc"\naccount = "honeywell"\n'
            f"device_id = {one.device_id}\n"
            for one in self.devices.values()
        ]
        return "\n".join(tables)

    def secrets(self) -> dict[str, str]:
        return {"honeywell.secret": self.password}

    def counters(self) -> dict[str, int]:
        return super().counters() | {"logins": len(self.logins), "writes": len(self.writes)}

    # --- answering

    def handle(self, request: Request) -> Response:
        response = self._answer(request)
        response.delay_s = float(self.faults.take("slow") or 0)
        return response

    def _answer(self, request: Request) -> Response:
        if self.faults.take("http-503"):
            return Response.html("<html>Service Unavailable</html>", 503)
        if self.faults.take("http-500"):
            return Response.html(UNEXPECTED, 500)
        path = request.path.rstrip("/")
        if path == "/portal" and request.method == "POST":
            return self._login(request)
        if path == "/portal/Account/LogOff":
            self.sessions.pop(self._cookie(request), None)
            return Response(302, headers={"Location": "/portal/"})
        if path == "/portal" or path.startswith(("/portal/Error", f"/portal/{LOCATION_ID}")):
            return self._page(request)
        if not self._is_known(request):
            if self.faults.take("session-lost-redirect"):
                return Response(302, headers={"Location": "/portal/?ReturnUrl=" + path})
            if path == "/portal/Account/KeepAlive":
                return Response.html(UNEXPECTED, 500)
            return Response.html(DENIED, 401)
        if self.faults.take("redirect"):
            return Response(302, headers={"Location": f"/portal/Error?aspxerrorpath={path}"})
        if self.faults.take("html-200"):
            return Response.html("<html><body>Total Connect Comfort</body></html>")
        return self._data(request, path)

    def _login(self, request: Request) -> Response:
        now = self.clock.now()
        self.attempts.append(now)
        recent = [at for at in self.attempts if now - at < LOGIN_SPACING]
        if self.faults.take("login-401"):
            return Response.html(DENIED, 401)
        if self.faults.take("throttled") or len(recent) > LOGINS_IN_SPACING:
            return Response(302, headers={"Location": "/portal/?TooManyAttempts=true"})
        fields = request.query | request.form()
        if self.faults.take("bad-email") or "@" not in fields.get("UserName", ""):
            return _refusal("The email address is not in the correct format.")
        right = (fields.get("UserName"), fields.get("Password")) == (self.username, self.password)
        if self.faults.take("bad-password") or not right:
            return _refusal("The email or password provided is incorrect.")
        self.logins.append(now)
        token = randomness.token_hex(40)
        self.sessions[token] = 0
        expiry = "; expires=Sometime, 32-Foo-2026 99:99:99 XYZ" if self.faults.take("malformed-cookie-expiry") else ""
        cookies = (f"{AUTH}={token}; path=/{expiry}; HttpOnly", "thlang=en-US; path=/", "EccMyTcc=1; path=/")
        if request.headers.get("X-Requested-With", "").lower() != "xmlhttprequest":
            return Response(302, headers={"Location": f"/portal/{LOCATION_ID}/Zones"}, cookies=cookies)
        response = Response.of({"Redirect": "/portal/"})
        response.cookies = cookies
        return response

    def _page(self, request: Request) -> Response:
        """Answer the start page: a log-in form, or where the session belongs."""
        cookies = (
            [] if SESSION in request.headers.get("Cookie", "") else [f"{SESSION}={randomness.token_hex(12)}; path=/"]
        )
        if self.faults.take("poisoned-cookie"):
            cookies.append("thlang=; expires=Thu, 01-Jan-1970 00:00:00 GMT; path=/")
        if not self._is_known(request):
            response = Response.html("<html><form action='/portal'><input name='UserName'></form></html>")
        else:
            if self.faults.take("null-cookie"):
                self.sessions.pop(self._cookie(request), None)
                cookies.append(f"{AUTH}=; path=/")
            first = next(iter(self.devices))
            response = Response.of({"Redirect": f"/portal/Device/Control/{first}"})
        response.cookies = tuple(cookies)
        return response

    def _data(self, request: Request, path: str) -> Response:
        head, _, last = path.rpartition("/")
        if path == "/portal/Account/KeepAlive":
            return Response(200, b"OK", {"Content-Type": "text/plain"})
        if path == "/portal/Location/GetLocationListData":
            return Response.of([self._location()] if int(request.query.get("page", 1)) == 1 else [])
        if path == "/portal/Device/GetZoneListData":
            page = int(request.query.get("page", 1))
            return Response.of([zone(one) for one in self.devices.values()]) if page == 1 else _html_500()
        if head == "/portal/Device/CheckDataSession" and last.isdigit() and int(last) in self.devices:
            return Response.of(self._check(self.devices[int(last)]))
        if path == "/portal/Device/SubmitControlScreenChanges":
            return self._submit(request)
        return _html_500()

    # --- sessions

    def _cookie(self, request: Request) -> str:
        pairs = (part.strip().split("=", 1) for part in request.headers.get("Cookie", "").split(";") if "=" in part)
        return dict(pairs).get(AUTH, "")

    def _is_known(self, request: Request) -> bool:
        token = self._cookie(request)
        if token not in self.sessions:
            return False
        self.sessions[token] += 1
        lasts = self.faults.take("expire-after")
        if self.faults.take("session-lost") or (lasts is not None and self.sessions[token] > lasts):
            del self.sessions[token]
            return False
        return True

    # --- data

    def _check(self, one: WallThermostat) -> dict[str, Any]:
        now = self.clock.now()
        one.follow(now)
        ui = self._ui_data(one, now)
        lag_s = self.faults.take("lagging")
        if lag_s is not None and one.device_id in self._seen:
            changed_at, before = self._seen[one.device_id]
            if (now - changed_at).total_seconds() < float(lag_s):
                ui = before
        return {
            "success": not self.faults.take("not-success"),
            "deviceLive": not self.faults.take("device-dead"),
            "communicationLost": bool(self.faults.take("device-lost")),
            "latestData": {
                "uiData": ui,
                "fanData": {"fanMode": one.fan_mode, "fanModeAutoAllowed": True, "fanIsRunning": one.output > 0},
                "hasFan": True,
                "canControlHumidification": False,
                "drData": {"Phase": -1, "CoolSetpLimit": None, "HeatSetpLimit": None, "Load": 127.5},
            },
            "alerts": "\r\n\r\n",
        }

    def _location(self) -> dict[str, Any]:
        alive = not {"device-lost", "device-dead"} & set(self.faults.active())
        return location(self.devices.values(), self.clock.now(), alive=alive)

    def _ui_data(self, one: WallThermostat, now: datetime) -> dict[str, Any]:
        unknown, null = self.faults.take("no-temperature"), self.faults.take("null-setpoints")
        return ui_data(one, now, unknown=bool(unknown), null=bool(null))

    # --- changes

    def _submit(self, request: Request) -> Response:
        if self.faults.take("submit-html"):
            return _html_500()
        wanted = fields(request)
        one = self.devices.get(int(wanted.get("DeviceID") or 0))
        now = self.clock.now()
        if one is None:
            return _html_500()
        alive = not {"device-lost", "device-dead"} & set(self.faults.active())
        one.follow(now)
        if self.faults.take("submit-refused") or not alive or not is_acceptable(one, wanted):
            return Response.of({"success": 0})
        if not self.faults.take("submit-ignored"):
            self._seen[one.device_id] = (now, self._ui_data(one, now))
            self.writes.append(wanted)
            apply(one, wanted, now)
        response = Response.of({"success": 1})
        response.torn = bool(self.faults.take("submit-torn"))
        return response


def _thermostats_of(home: Any) -> Iterable[WallThermostat]:
    for part in getattr(home, "parts", ()):
        if isinstance(part, Rooms):
            yield from part.thermostats


def _refusal(reason: str) -> Response:
    return Response.html(
        '<html><div class="validation-summary-errors"><span>Login was unsuccessful.</span>'
        f"<ul><li>{reason}</li></ul></div></html>"
    )


def _html_500() -> Response:
    return Response.html(UNEXPECTED, 500)
