"""Tesla's cloud: requests to the energy endpoints, with the account's token, in the account's region.

What is odd about it:
- A wrong region answers 421; the right one is asked for, and remembered where `region` (not base_url) was given.
- 429 says how long to be silent; that is remembered, and nothing is asked before.
- A stale site's `response` is null or a text. Settings may be answered 200 with a refusal inside, or with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from solarctl.context import Context
from solarctl.drivers import tesla_errors
from solarctl.drivers.answers import moment, number, words
from solarctl.drivers.http import Reply
from solarctl.errors import DeviceError, DeviceRefused, DeviceSetupError, DeviceUnreachable

if TYPE_CHECKING:
    from solarctl.drivers.tesla_account import TeslaAccount

FLEET_HOSTS = {
    "na": "https://fleet-api.prd.na.vn.cloud.tesla.com",
    "eu": "https://fleet-api.prd.eu.vn.cloud.tesla.com",
    "cn": "https://fleet-api.prd.cn.vn.cloud.tesla.cn",
}
OWNER_HOST = "https://owner-api.teslamotors.com"


class Cloud:
    """The energy endpoints, for one account."""

    def __init__(self, account: TeslaAccount, context: Context) -> None:
        self._account = account
        self._context = context

    def get(self, device: str, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return what `response` holds."""
        return self._payload(device, self._call(device, "GET", path, params=params))

    def post(self, device: str, path: str, body: Mapping[str, Any]) -> None:
        """Send a setting; that it was accepted does not mean that it is so."""
        reply = self._call(device, "POST", path, json=dict(body))
        if not reply.text.strip():
            return  # some settings are answered by nothing
        found = reply.json()
        inner = found.get("response") if isinstance(found, Mapping) else None
        inner = inner if isinstance(inner, Mapping) else {}
        code = number(inner.get("code", inner.get("Code")))
        if code is not None and code >= 400:
            said = words(inner.get("message", inner.get("Message")))
            raise DeviceRefused(device, f"Tesla answered {code:.0f}" + (f": {said}" if said else ""))

    def _payload(self, device: str, reply: Reply) -> Any:
        found = reply.json()
        payload = found.get("response") if isinstance(found, Mapping) else None
        if not isinstance(payload, (Mapping, list)):
            raise DeviceUnreachable(device, "Tesla has no data of this site just now", hint="Is its gateway online?")
        return payload

    def _call(self, device: str, method: str, path: str, **sent: Any) -> Reply:
        self._check_pause(device)
        access = self._account.access_token()
        reply = self._send(device, method, path, access, sent)
        if reply.status == 401 and self._account.has_token_of_its_own:
            access = self._account.access_token(refused=access)
            reply = self._send(device, method, path, access, sent)
        if reply.status == 421:
            self._find_region(device, access)
            reply = self._send(device, method, path, access, sent)
        if reply.status == 429:
            self._pause(device, reply)
        if reply.status in tesla_errors.CLIENT_ERRORS:
            owner_api = self._account.settings.api == "owner"
            raise tesla_errors.refusal(device, self._account.name, reply, owner_api=owner_api)
        return reply

    def _send(self, device: str, method: str, path: str, access: str, sent: Mapping[str, Any]) -> Reply:
        headers = {"Authorization": f"Bearer {access}"}
        http = self._account.connect(device, self.host)
        return http.request(
            method, path, **sent, headers=headers, idempotent=True, timeout_s=15, ok=tesla_errors.CLIENT_ERRORS
        )

    @property
    def host(self) -> str:
        """Where the account's data are."""
        settings = self._account.settings
        if settings.base_url:
            return settings.base_url
        if settings.api == "owner":
            return OWNER_HOST
        found = self._context.store.get("accounts", self._account.name).get("region_host")
        if isinstance(found, Mapping) and found.get("for") == settings.region:
            return words(found.get("host"))
        return FLEET_HOSTS[settings.region]

    def _find_region(self, device: str, access: str) -> None:
        """Ask where the account lives; go there from now on, or say so where an address was given."""
        reply = self._send(device, "GET", "/api/1/users/region", access, {})
        body = reply.json() if reply.status == 200 else {}
        found = body.get("response") if isinstance(body, Mapping) else None
        told = found if isinstance(found, Mapping) else {}
        region, host = words(told.get("region")), words(told.get("fleet_api_base_url"))
        if self._account.settings.base_url or not host.startswith("https://") or host == self.host:
            where = f"the account lives in region {region!r}" if region else "the account lives in another region"
            hint = f"Write region = {region!r}" + (f", or base_url = {host!r}." if host else ".")
            raise DeviceSetupError(device, f"{where}, not here", hint=hint if region else "Correct region.")
        kept = {"for": self._account.settings.region, "host": host}
        self._remember(region_host=kept)
        self._context.log(f"{self._account.name}: the account lives at {host}; that is remembered")

    def _check_pause(self, device: str) -> None:
        until = moment(self._context.store.get("accounts", self._account.name).get("silent_until"))
        now = self._context.clock.now()
        if until is not None and now < until <= now + timedelta(seconds=tesla_errors.LONGEST_PAUSE_S):
            raise self._too_many(device, until)

    def _pause(self, device: str, reply: Reply) -> None:
        until = tesla_errors.pause(reply, self._context.clock.now())
        self._remember(silent_until=until.isoformat())
        raise self._too_many(device, until)

    def _too_many(self, device: str, until: datetime) -> DeviceError:
        when = until.astimezone(self._context.timezone)
        return DeviceUnreachable(device, f"Tesla asks for silence until {when:%H:%M:%S}", retry_at=until)

    def _remember(self, **values: Any) -> None:
        kept = self._context.store.get("accounts", self._account.name)
        self._context.store.put("accounts", self._account.name, kept | values, vital=True)
