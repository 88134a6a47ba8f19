"""The gateway of a Powerwall in the house: read when the cloud is down, or instead of it.

[accounts.gateway]  service = "tesla", api = "local", base_url = "https://192.168.1.30", password, ca_file

What is odd about it: the customer may only look; percentages are the battery's own, of which the app hides the lowest
5 %; its certificate is its own (ca_file); log-ins are throttled, so the session is kept for the next run. A Powerwall 3
has no such interface.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from solarctl.context import Context
from solarctl.drivers.answers import moment, number, table, words
from solarctl.drivers.http import Http, Reply
from solarctl.errors import DeviceLoginError, DeviceReplyError, DeviceUnreachable

if TYPE_CHECKING:
    from solarctl.drivers.tesla_account import TeslaAccount

HIDDEN_PCT = 5.0
COOL_DOWN = {429: timedelta(minutes=5), 404: timedelta(minutes=10), 503: timedelta(minutes=5)}
ON_GRID = {"SystemGridConnected": "on_grid", "SystemIslandedActive": "off_grid", "SystemTransitionToGrid": "off_grid"}


class Gateway:
    """Answers in the words of the cloud's live_status and site_info."""

    def __init__(self, account: str, settings: TeslaAccount.Settings, context: Context) -> None:
        self._account = account
        self._settings = settings
        self._context = context

    def live_status(self, device: str) -> dict[str, Any]:
        """Return power, charge and grid as live_status has them."""
        meters = table(self._get(device, "/api/meters/aggregates"), device, "the gateway's meters")
        charge = table(self._get(device, "/api/system_status/soe"), device, "the gateway's charge")
        grid = table(self._get(device, "/api/system_status/grid_status"), device, "the gateway's grid status")
        live: dict[str, Any] = {
            f"{ours}_power": table(meters.get(theirs, {}), device, theirs).get("instant_power")
            for ours, theirs in (("grid", "site"), ("battery", "battery"), ("load", "load"), ("solar", "solar"))
        }
        live["percentage_charged"] = _app_pct(charge.get("percentage"))
        live["island_status"] = ON_GRID.get(words(grid.get("grid_status")), "island_status_unknown")
        return live

    def site_info(self, device: str) -> dict[str, Any]:
        """Return reserve and mode as site_info has them."""
        found = table(self._get(device, "/api/operation"), device, "the gateway's settings")
        reserve = _app_pct(found.get("backup_reserve_percent"))
        return {
            "backup_reserve_percent": None if reserve is None else float(round(reserve)),
            "default_real_mode": found.get("real_mode"),
        }

    def _get(self, device: str, path: str) -> Any:
        self._check_pause(device)
        token = words(self._kept().get("session"))
        reply = self._send(device, path, token) if token else None
        if reply is None or reply.status in (401, 403):
            reply = self._send(device, path, self._log_in(device))
        if reply.status in (401, 403):
            raise DeviceLoginError(device, "the gateway does not let itself be read", hint="Correct password.")
        return self._judged(device, reply).json()

    def _send(self, device: str, path: str, token: str) -> Reply:
        headers = {"Authorization": f"Bearer {token}", "Cookie": f"AuthCookie={token}; UserRecord=x"}
        return self._http(device).request("GET", path, headers=headers, ok=range(400, 600))

    def _log_in(self, device: str) -> str:
        secret = self._settings.password.reveal().strip() if self._settings.password else ""
        body = {
            "username": "customer",
            "password": secret,
            "email": self._settings.email or "owner@example.com",
            "force_sm_off": False,
            "clientInfo": {"timezone": str(self._context.timezone)},
        }
        reply = self._http(device).request("POST", "/api/login/Basic", json=body, ok=range(400, 600), private=True)
        if reply.status in (401, 403):
            hint = "It is the last five characters of the password on the gateway's label."
            raise DeviceLoginError(device, "the gateway does not accept the password", hint=hint)
        token = words(table(self._judged(device, reply).json(), device, "the gateway's log-in").get("token"))
        if not token:
            raise DeviceReplyError(device, "the gateway's log-in brings no token")
        self._put(session=token)
        return token

    def _judged(self, device: str, reply: Reply) -> Reply:
        pause = COOL_DOWN.get(reply.status)
        if pause is not None:
            until = self._context.clock.now() + pause
            self._put(silent_until=until.isoformat())
            hint = "A Powerwall 3 has no such interface." if reply.status == 404 else ""
            raise DeviceUnreachable(device, f"the gateway answers {reply.status}", hint=hint, retry_at=until)
        if reply.status >= 500:
            raise DeviceUnreachable(device, f"the gateway is out of order ({reply.status})")
        if reply.status >= 400:
            raise DeviceReplyError(device, f"the gateway answered {reply.status}")
        return reply

    def _check_pause(self, device: str) -> None:
        until, now = moment(self._kept().get("silent_until")), self._context.clock.now()
        if until is not None and now < until <= now + max(COOL_DOWN.values()):
            local = until.astimezone(self._context.timezone)
            raise DeviceUnreachable(device, f"the gateway is left alone until {local:%H:%M:%S}", retry_at=until)

    def _http(self, device: str) -> Http:
        settings = self._settings
        return Http.of(
            self._context,
            device,
            settings.base_url,
            ca_file=settings.ca_file,
            server_name=settings.server_name or None,
        )

    def _kept(self) -> dict[str, Any]:
        return self._context.store.get("accounts", self._account)

    def _put(self, **values: Any) -> None:
        self._context.store.put("accounts", self._account, self._kept() | values, vital=True)


def _app_pct(raw: Any) -> float | None:
    """Return the app's percentage for the battery's own: 5 % is 0, 100 % is 100."""
    found = number(raw)
    if found is None or not 0 <= found <= 100:
        return None
    return max(0.0, (found - HIDDEN_PCT) / (100 - HIDDEN_PCT) * 100)
