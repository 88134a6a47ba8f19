"""Easee's cloud in front of a charger, as it answers since September 2026.

    POST /api/accounts/login, /api/accounts/refresh_token; a refresh token serves once
    GET  /api/chargers, /api/chargers/ID/site, /api/chargers/ID/config, /api/sites, /api/sites/N
    GET  /state/ID/observations?ids=109,120,…                  (no /api; the old /api/chargers/ID/state is gone)
    GET and POST /api/sites/N/circuits/N/dynamicCurrent        phase1..3 in A, timeToLive in minutes
    GET and POST /api/sites/N/circuits/N/settings, POST /api/chargers/ID/settings
    POST /api/chargers/ID/commands/…, GET /api/commands/ID/COMMAND/TICKS

A path that does not exist is 403 "Forbidden". What is written takes effect a moment later.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from solarctl.context import Clock
from solarctl.virtualhome.easee_answers import (
    CIRCUIT_ID,
    FLASH_KEYS,
    SITE_ID,
    charger_config,
    charger_row,
    circuit_settings,
    error,
    forbidden,
    is_within,
    observations,
    site,
    too_many,
)
from solarctl.virtualhome.easee_charger import Command, EaseeCharger
from solarctl.virtualhome.easee_faults import FAULTS, UPSETS
from solarctl.virtualhome.easee_tokens import PASSWORD, USER, TokenDesk
from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response

OBSERVATIONS = (100, 300.0)  # requests, seconds
SETTINGS = (20, 60.0)
BLOCK = timedelta(hours=24)  # after the last request


class Easee(HttpEmulator):
    """The cloud, one account, one site with one circuit and one charger."""

    name: ClassVar[str] = "easee"
    FAULTS: ClassVar[Mapping[str, str]] = FAULTS
    UPSETS: ClassVar[tuple[Upset, ...]] = UPSETS

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
        self.desk = TokenDesk(self.faults, self.charger.serial, token_s)
        self.writes: list[tuple[datetime, str, dict[str, Any]]] = []
        self.flash_writes = 0
        self.blocked_until: datetime | None = None
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
        return {"easee.secret": PASSWORD + "\n"}

    def counters(self) -> dict[str, int]:
        return {"requests": len(self.journal), "logins": self.logins, "writes": len(self.writes)}

    def forget_tokens(self) -> None:
        """Make every token issued so far worthless."""
        self.desk.forget()

    @property
    def logins(self) -> int:
        return self.desk.logins

    @property
    def refreshes(self) -> int:
        return self.desk.refreshes

    # --- the service

    def handle(self, request: Request) -> Response:
        now = self.clock.now()
        self.home.advance(now)
        take = self.faults.take
        if take("blocked"):
            self.blocked_until = now + BLOCK
        if self.blocked_until is not None and now < self.blocked_until:
            self.blocked_until = now + BLOCK
            return forbidden()
        if (seconds := take("http-429")) is not None:
            return too_many(None if seconds is True else seconds)
        if status := next((one for one in (500, 502) if take(f"http-{one}")), None):
            return Response.html("<h1>Bad Gateway</h1>", status)
        with self.home.lock:
            response = self._routed(request, now)
        if take("not-json"):
            return Response.html("<h1>We'll be right back</h1>")
        if take("half-json"):
            response.body = response.body[: len(response.body) // 2]
        response.torn = bool(take("torn"))
        response.delay_s = float(take("slow") or 0)
        return response

    def _routed(self, request: Request, now: datetime) -> Response:
        path, method = request.path, request.method
        if (method, path) == ("POST", "/api/accounts/login"):
            return self.desk.login(request, now)
        if (method, path) == ("POST", "/api/accounts/refresh_token"):
            return self.desk.renew(request, now)
        for verb, pattern, name in ROUTES:
            if verb == method and (found := re.fullmatch(pattern, path)):
                if name in ("_command_state", "_get_dynamic") and self.faults.take("no-confirmation"):
                    return forbidden()
                if not self.desk.knows(request, now):
                    return error(401, 401, "Unauthorized", "The token is missing or not valid")
                if self.faults.take("no-access"):
                    return error(403, 401, "AccessDenied", "You do not have access to this resource")
                answer: Response = getattr(self, name)(request, now, *found.groups())
                return answer
        return forbidden()

    # --- what there is

    def _chargers(self, request: Request, now: datetime) -> Response:
        return Response.of([charger_row(self.charger)])

    def _site_of(self, request: Request, now: datetime, serial: str) -> Response:
        if serial != self.charger.serial or self.faults.take("unknown-charger"):
            return error(404, 404, "NotFound", "Charger not found")
        return Response.of(site(self.charger, self.faults))

    def _sites(self, request: Request, now: datetime) -> Response:
        return Response.of([{"id": SITE_ID, "name": "Home"}])

    def _site_by_id(self, request: Request, now: datetime, number: str) -> Response:
        if int(number) != SITE_ID:
            return error(404, 404, "NotFound", "Site not found")
        detailed = request.query.get("detailed") == "true"
        return Response.of(site(self.charger, self.faults) if detailed else {"id": SITE_ID, "name": "Home"})

    def _config_of(self, request: Request, now: datetime, serial: str) -> Response:
        return Response.of(charger_config(self.charger))

    def _removed(self, request: Request, now: datetime, serial: str) -> Response:
        return error(404, 404, "NotFound", "Resource not found")

    def _observations(self, request: Request, now: datetime, serial: str) -> Response:
        if not self._within("observations", OBSERVATIONS, now):
            return too_many(30)
        if serial != self.charger.serial:
            return error(404, 404, "NotFound", "Charger not found")
        wanted = [int(text) for text in request.query.get("ids", "").split(",") if text.isdigit()]
        return Response.of(observations(self.charger, wanted, now, self.faults))

    # --- what is written

    def _get_dynamic(self, request: Request, now: datetime, place: str, circuit: str) -> Response:
        if (int(place), int(circuit)) != (SITE_ID, CIRCUIT_ID):
            return error(404, 404, "NotFound", "Circuit not found")
        amps = self.charger.circuit_a
        return Response.of({"phase1": amps[0], "phase2": amps[1], "phase3": amps[2]})

    def _set_dynamic(self, request: Request, now: datetime, place: str, circuit: str) -> Response:
        if not self._within("settings", SETTINGS, now):
            return too_many(30)
        if (int(place), int(circuit)) != (SITE_ID, CIRCUIT_ID):
            return error(404, 404, "NotFound", "Circuit not found")
        body = request.json()
        try:
            amps = [float(int(float(body[f"phase{phase}"]))) for phase in (1, 2, 3)]  # decimals are dropped
            ttl_min = float(body.get("timeToLive") or 0)
        except (KeyError, TypeError, ValueError):
            return error(400, 400, "BadArgument", "phase1, phase2 and phase3 are required")
        self.writes.append((now, "dynamicCurrent", dict(body)))
        return self._accepted(22, lambda: self.charger.set_circuit(amps, ttl_min))

    def _get_circuit(self, request: Request, now: datetime, place: str, circuit: str) -> Response:
        return Response.of(circuit_settings(self.charger))

    def _set_circuit(self, request: Request, now: datetime, place: str, circuit: str) -> Response:
        return self._settings("circuit settings", request, now)

    def _set_charger(self, request: Request, now: datetime, serial: str) -> Response:
        return self._settings("charger settings", request, now)

    def _settings(self, what: str, request: Request, now: datetime) -> Response:
        if not self._within("settings", SETTINGS, now):
            return too_many(30)
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
            return error(400, 400, "NoCar", "No car is connected")
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
            return forbidden()
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
            return error(404, 404, "NotFound", "Command not found")
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
        fits = is_within(self._windows[window], limit, now)
        self.refused_429 += not fits
        return fits


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
