"""Easee's cloud in front of a charger, as it answers since September 2026.

    POST /api/accounts/login, /api/accounts/refresh_token      tokens; a refresh token serves once
    GET  /api/chargers, /api/chargers/ID/site, /api/chargers/ID/config, /api/sites, /api/sites/N
    GET  /state/ID/observations?ids=109,120,…                  (no /api; the old /api/chargers/ID/state is gone)
    GET and POST /api/sites/N/circuits/N/dynamicCurrent        phase1..3 in A, timeToLive in minutes
    GET and POST /api/sites/N/circuits/N/settings, POST /api/chargers/ID/settings
    POST /api/chargers/ID/commands/…, GET /api/commands/ID/COMMAND/TICKS

A path that does not exist is 403 "Forbidden", not 404. What is written takes effect a moment later.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from solarctl.context import Clock
from solarctl.virtualhome.easee_charger import Command, EaseeCharger
from solarctl.virtualhome.emulator import HttpEmulator, Request, Response
from solarctl.virtualhome.house import House

USER, PASSWORD = "owner@example.com", "sun-and-wind"
SITE_ID, CIRCUIT_ID = 540_042, 240_042
OBSERVATIONS = (100, 300.0)  # requests, seconds
SETTINGS = (20, 60.0)
BLOCK = timedelta(hours=24)  # after the last request
FLASH_KEYS = frozenset(
    {"maxCircuitCurrentP1", "maxCircuitCurrentP2", "maxCircuitCurrentP3", "offlineMaxCircuitCurrentP1",
     "offlineMaxCircuitCurrentP2", "offlineMaxCircuitCurrentP3", "maxChargerCurrent", "limitToSinglePhaseCharging"}
)  # fmt: skip


class Easee(HttpEmulator):
    """The cloud, one account, one site with one circuit and one charger."""

    name: ClassVar[str] = "easee"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "http-429": "HTTP 429; value: seconds in retry-after (True: no such header)",
        "http-500": "HTTP 500",
        "http-502": "HTTP 502, as the older gateway answered too many requests",
        "blocked": "HTTP 403 Forbidden on every path, until 24 h after the last request",
        "no-access": "HTTP 403 with an error body: the account may not use this charger",
        "unknown-charger": "HTTP 404 for the charger",
        "refresh-refused": "the refresh token is not taken",
        "login-500": "the log-in service is out of order",
        "lost-token": "access tokens are not known (any more)",
        "empty-body": "what is written is answered with an empty body",
        "object-body": "what is written is answered with an object instead of a list",
        "no-op": "what is written is answered with an empty list: nothing to change",
        "reject": "the charger does not accept the command",
        "expire": "the command runs out before the charger hears it",
        "unheard": "the command is never known, and never carried out",
        "bare-list": "observations are a bare list with texts as values, as an earlier form had it",
        "missing": "observations without these ids (value)",
        "observation": "observations with other values: {id: value}",
        "stale": "all timestamps are so many minutes old (value)",
        "session-zero": "sessionEnergy is 0 in the middle of a session",
        "not-json": "HTTP 200 with a page",
        "nulls": "all observed values are null",
        "half-json": "HTTP 200 with half of the JSON",
        "torn": "the line breaks in the middle of the body",
        "slow": "the answer takes the value in real seconds (True: 30)",
        "two-circuits": "the site has a second circuit with another charger",
        "shared-circuit": "a second charger hangs on the circuit",
        "old-expiry": "expiresIn is a float",
    }

    def __init__(
        self,
        home: House,
        clock: Clock,
        charger: EaseeCharger | None = None,
        *,
        token_s: float = 3600.0,
    ) -> None:
        super().__init__(home, clock)
        self.home: House = home
        self.charger = charger or EaseeCharger(home)
        self.token_s = token_s
        self.password = PASSWORD
        self.logins = 0
        self.refreshes = 0
        self.writes: list[tuple[datetime, str, dict[str, Any]]] = []
        self.flash_writes = 0
        self.blocked_until: datetime | None = None
        self._access: dict[str, datetime] = {}
        self._refresh: set[str] = set()
        self._issued = 0
        self._windows: dict[str, deque[datetime]] = {"observations": deque(), "settings": deque()}
        self.refused_429 = 0

    # --- for scenarios and tests

    def config(self) -> str:
        return (
            f'[accounts.easee]\nservice = "easee"\nusername = "{USER}"\npassword = {{ file = "easee.secret" }}\n'
            f'base_url = "{self.url}"\n\n'
            f'[devices.car]\ndriver = "easee"\naccount = "easee"\ncharger_id = "{self.charger.serial}"\n'
        )

    def secrets(self) -> dict[str, str]:
        return {"easee.secret": self.password + "\n"}

    def counters(self) -> dict[str, int]:
        return {"requests": len(self.journal), "logins": self.logins, "writes": len(self.writes)}

    def forget_tokens(self) -> None:
        """Make every token issued so far worthless."""
        self._access.clear()
        self._refresh.clear()

    # --- the service

    def handle(self, request: Request) -> Response:
        now = self.clock.now()
        self.home.advance(now)
        take = self.faults.take
        if take("blocked"):
            self.blocked_until = now + BLOCK
        if self.blocked_until is not None and now < self.blocked_until:
            self.blocked_until = now + BLOCK
            return _forbidden()
        if (seconds := take("http-429")) is not None:
            return _too_many(None if seconds is True else seconds)
        for status in (500, 502):
            if take(f"http-{status}"):
                return Response.html("<h1>Bad Gateway</h1>", status)
        with self.home.lock:
            response = self._routed(request, now)
        if take("not-json"):
            return Response.html("<h1>We'll be right back</h1>")
        if take("half-json"):
            response.body = response.body[: len(response.body) // 2]
        response.torn = bool(take("torn"))
        slow = take("slow")
        response.delay_s = 30.0 if slow is True else float(slow or 0)
        return response

    def _routed(self, request: Request, now: datetime) -> Response:
        path, method = request.path, request.method
        if (method, path) == ("POST", "/api/accounts/login"):
            return self._login(request, now)
        if (method, path) == ("POST", "/api/accounts/refresh_token"):
            return self._renew(request, now)
        for verb, pattern, name in ROUTES:
            found = re.fullmatch(pattern, path)
            if found is not None and verb == method:
                if not self._is_known(request, now):
                    return _error(401, 401, "Unauthorized", "The token is missing or not valid")
                if self.faults.take("no-access"):
                    return _error(403, 401, "AccessDenied", "You do not have access to this resource")
                answer: Response = getattr(self, name)(request, now, *found.groups())
                return answer
        return _forbidden()

    # --- tokens

    def _login(self, request: Request, now: datetime) -> Response:
        body = request.json() or {}
        self.logins += 1
        if self.faults.take("login-500"):
            return Response.html("<h1>Internal Server Error</h1>", 500)
        if (body.get("userName"), body.get("password")) != (USER, self.password):
            return _error(400, 100, "InvalidUserPassword", "Username or password is invalid")
        return self._tokens(now)

    def _renew(self, request: Request, now: datetime) -> Response:
        body = request.json() or {}
        self.refreshes += 1
        if body.get("refreshToken") not in self._refresh or self.faults.take("refresh-refused"):
            return _error(401, 104, "InvalidRefreshToken", "The refresh token is not valid")
        self._refresh.discard(body["refreshToken"])
        self._access.pop(str(body.get("accessToken")), None)
        return self._tokens(now)

    def _tokens(self, now: datetime) -> Response:
        self._issued += 1
        access, refresh = f"access-{self._issued}-{self.charger.serial}", f"refresh-{self._issued}"
        self._access[access] = now + timedelta(seconds=self.token_s)
        self._refresh.add(refresh)
        lifetime: float = self.token_s + 0.25 if self.faults.take("old-expiry") else int(self.token_s)
        return Response.of(
            {
                "accessToken": access,
                "expiresIn": lifetime,
                "accessClaims": ["User"],
                "tokenType": "Bearer",
                "refreshToken": refresh,
            }
        )

    def _is_known(self, request: Request, now: datetime) -> bool:
        if self.faults.take("lost-token"):
            return False
        scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
        return scheme == "Bearer" and now < self._access.get(token, now)

    # --- what there is

    def _chargers(self, request: Request, now: datetime) -> Response:
        return Response.of([self._charger_row()])

    def _charger_row(self) -> dict[str, Any]:
        return {
            "id": self.charger.serial,
            "name": "Carport",
            "color": 4,
            "productCode": 1,
            "backPlate": {"id": "BP42", "masterBackPlateId": "BP42"},
            "levelOfAccess": 1,
            "userRole": 1,
        }

    def _site_of(self, request: Request, now: datetime, serial: str) -> Response:
        if serial != self.charger.serial or self.faults.take("unknown-charger"):
            return _error(404, 404, "NotFound", "Charger not found")
        return Response.of(self._site())

    def _site(self) -> dict[str, Any]:
        circuit: dict[str, Any] = {
            "id": CIRCUIT_ID,
            "siteId": SITE_ID,
            "circuitPanelId": 1,
            "panelName": "Carport",
            "ratedCurrent": self.charger.max_circuit_a,
            "chargers": [self._charger_row()],
            "masterBackplate": {"id": "BP42", "masterBackPlateId": "BP42"},
            "useDynamicMaster": False,
            "parentCircuitId": None,
        }
        if self.faults.take("shared-circuit"):
            circuit["chargers"].append(self._charger_row() | {"id": "EH000099"})
        circuits = [circuit]
        if self.faults.take("two-circuits"):
            other = self._charger_row() | {"id": "EH000077"}
            circuits.insert(0, circuit | {"id": CIRCUIT_ID - 1, "chargers": [other]})
        return {"id": SITE_ID, "name": "Home", "circuits": circuits, "equalizers": []}

    def _sites(self, request: Request, now: datetime) -> Response:
        return Response.of([{"id": SITE_ID, "name": "Home"}])

    def _site_by_id(self, request: Request, now: datetime, site: str) -> Response:
        if int(site) != SITE_ID:
            return _error(404, 404, "NotFound", "Site not found")
        found = self._site()
        return Response.of(found if request.query.get("detailed") == "true" else {"id": SITE_ID, "name": "Home"})

    def _config_of(self, request: Request, now: datetime, serial: str) -> Response:
        box = self.charger
        limits = {f"circuitMaxCurrentP{phase}": box.max_circuit_a for phase in (1, 2, 3)}
        return Response.of(
            limits
            | {
                "isEnabled": True,
                "authorizationRequired": not box.authorized,
                "detectedPowerGridType": box.grid_type,
                "offlineChargingMode": 0,
                "enableIdleCurrent": False,
                "limitToSinglePhaseCharging": False,
                "phaseMode": box.phase_mode,
                "maxChargerCurrent": box.max_charger_a,
            }
        )

    def _removed(self, request: Request, now: datetime, serial: str) -> Response:
        return _error(404, 404, "NotFound", "Resource not found")

    def _observations(self, request: Request, now: datetime, serial: str) -> Response:
        if not self._within("observations", OBSERVATIONS, now):
            return _too_many(30)
        if serial != self.charger.serial:
            return _error(404, 404, "NotFound", "Charger not found")
        wanted = [int(text) for text in request.query.get("ids", "").split(",") if text.isdigit()]
        missing = self.faults.take("missing") or ()
        values = self.faults.take("observation") or {}
        age = timedelta(minutes=float(self.faults.take("stale") or 0))
        zero = self.faults.take("session-zero")
        nulls = self.faults.take("nulls")
        texts = self.faults.take("bare-list")
        rows: list[dict[str, Any]] = []
        for number in wanted:
            if number in missing or (number not in self.charger.observations and number not in values):
                continue
            kind, value, at = self.charger.observations.get(number, (4, None, now))
            value = values.get(number, value)
            if zero and number == 121:
                value = 0.0
            if nulls:
                value = None
            if kind == 3 and isinstance(value, float) and value == int(value):
                value = int(value)  # as JSON writers without fractions do
            stamp = f"{at - age:%Y-%m-%dT%H:%M:%S}Z"
            rows.append({"id": number, "timestamp": stamp, "dataType": kind, "value": str(value) if texts else value})
        return Response.of(rows if texts else {"observations": rows})

    # --- what is written

    def _get_dynamic(self, request: Request, now: datetime, site: str, circuit: str) -> Response:
        if (int(site), int(circuit)) != (SITE_ID, CIRCUIT_ID):
            return _error(404, 404, "NotFound", "Circuit not found")
        amps = self.charger.circuit_a
        return Response.of({"phase1": amps[0], "phase2": amps[1], "phase3": amps[2]})

    def _set_dynamic(self, request: Request, now: datetime, site: str, circuit: str) -> Response:
        if not self._within("settings", SETTINGS, now):
            return _too_many(30)
        if (int(site), int(circuit)) != (SITE_ID, CIRCUIT_ID):
            return _error(404, 404, "NotFound", "Circuit not found")
        body = request.json()
        try:
            amps = [float(int(float(body[f"phase{phase}"]))) for phase in (1, 2, 3)]  # decimals are dropped
            ttl_min = float(body.get("timeToLive") or 0)
        except (KeyError, TypeError, ValueError):
            return _error(400, 400, "BadArgument", "phase1, phase2 and phase3 are required")
        self.writes.append((now, "dynamicCurrent", dict(body)))
        return self._accepted(22, lambda: self.charger.set_circuit(amps, ttl_min))

    def _get_circuit(self, request: Request, now: datetime, site: str, circuit: str) -> Response:
        box = self.charger
        rows: dict[str, Any] = {}
        for phase in (1, 2, 3):
            rows[f"dynamicCircuitCurrentP{phase}"] = box.circuit_a[phase - 1]
            rows[f"maxCircuitCurrentP{phase}"] = box.max_circuit_a
            rows[f"offlineMaxCircuitCurrentP{phase}"] = box.offline_max_a[phase - 1]
        return Response.of(rows | {"allowOfflineMaxCircuitCurrent": True, "masterChargerId": box.serial})

    def _set_circuit(self, request: Request, now: datetime, site: str, circuit: str) -> Response:
        return self._settings("circuit settings", request, now)

    def _set_charger(self, request: Request, now: datetime, serial: str) -> Response:
        return self._settings("charger settings", request, now)

    def _settings(self, what: str, request: Request, now: datetime) -> Response:
        if not self._within("settings", SETTINGS, now):
            return _too_many(30)
        body = request.json() or {}
        self.writes.append((now, what, dict(body)))
        self.flash_writes += bool(FLASH_KEYS & body.keys())
        box = self.charger

        def apply() -> None:
            keys = [f"dynamicCircuitCurrentP{phase}" for phase in (1, 2, 3)]
            if any(key in body for key in keys):
                box.set_circuit([float(body.get(key, old)) for key, old in zip(keys, box.circuit_a, strict=True)], 0)
            if "dynamicChargerCurrent" in body:
                box.set_charger(float(body["dynamicChargerCurrent"]))
            if "phaseMode" in body:
                box.phase_mode = int(body["phaseMode"])

        return self._accepted(48, apply)

    def _command(self, request: Request, now: datetime, serial: str, command: str) -> Response:
        body = request.json() or {}
        self.writes.append((now, command, dict(body)))
        box = self.charger
        if command in ("pause_charging", "resume_charging") and not box.car.plugged:
            return _error(400, 400, "NoCar", "No car is connected")
        actions = {
            "pause_charging": lambda: box.set_charger(0),
            "resume_charging": lambda: box.set_charger(32),
            "start_charging": lambda: setattr(box, "authorized", True),
            "reboot": box.reboot,
            "set_dynamic_charger_current": lambda: box.set_charger(
                float(body.get("amps", 32)), float(body.get("minutes", 0))
            ),
        }
        if command not in actions:
            return _forbidden()
        return self._accepted(48, actions[command])

    def _accepted(self, command_id: int, apply: Any) -> Response:
        take = self.faults.take
        if take("no-op"):
            return Response.of([], 202)
        verdict = 4 if take("reject") else 2 if take("expire") else 3
        command = self.charger.command(command_id, apply, verdict=verdict, never=bool(take("unheard")))
        row = {"device": self.charger.serial, "commandId": command_id, "ticks": command.ticks}
        if take("empty-body"):
            return Response(202)
        return Response.of(row if take("object-body") else [row], 202)

    def _command_state(self, request: Request, now: datetime, serial: str, command: str, ticks: str) -> Response:
        found: Command | None = next(
            (one for one in self.charger.commands if (one.command_id, one.ticks) == (int(command), int(ticks))), None
        )
        if found is None or found.accepted is None:
            return _error(404, 404, "NotFound", "Command not found")
        return Response.of(
            {
                "serialNumber": serial,
                "id": found.command_id,
                "ticks": found.ticks,
                "wasAccepted": found.accepted,
                "resultCode": found.result,
            }
        )

    def _within(self, window: str, limit: tuple[int, float], now: datetime) -> bool:
        count, seconds = limit
        times = self._windows[window]
        while times and (now - times[0]).total_seconds() > seconds:
            times.popleft()
        times.append(now)
        if len(times) > count:
            self.refused_429 += 1
            return False
        return True


ROUTES = (
    ("GET", r"/api/chargers", "_chargers"),
    ("GET", r"/api/chargers/([^/]+)/site", "_site_of"),
    ("GET", r"/api/chargers/([^/]+)/config", "_config_of"),
    ("GET", r"/api/chargers/([^/]+)/state", "_removed"),
    ("POST", r"/api/chargers/([^/]+)/settings", "_set_charger"),
    ("POST", r"/api/chargers/([^/]+)/commands/([^/]+)", "_command"),
    ("GET", r"/api/sites", "_sites"),
    ("GET", r"/api/sites/(\d+)", "_site_by_id"),
    ("GET", r"/api/sites/(\d+)/circuits/(\d+)/dynamicCurrent", "_get_dynamic"),
    ("POST", r"/api/sites/(\d+)/circuits/(\d+)/dynamicCurrent", "_set_dynamic"),
    ("GET", r"/api/sites/(\d+)/circuits/(\d+)/settings", "_get_circuit"),
    ("POST", r"/api/sites/(\d+)/circuits/(\d+)/settings", "_set_circuit"),
    ("GET", r"/api/commands/([^/]+)/(\d+)/(\d+)", "_command_state"),
    ("GET", r"/state/([^/]+)/observations", "_observations"),
)


def _error(status: int, code: int, name: str, title: str) -> Response:
    return Response.of({"errorCode": code, "errorCodeName": name, "title": title}, status)


def _forbidden() -> Response:
    return Response.of({"message": "Forbidden"}, 403)


def _too_many(retry_after_s: float | None) -> Response:
    headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
    return Response.of({"message": "Too Many Requests"}, 429, **headers)
