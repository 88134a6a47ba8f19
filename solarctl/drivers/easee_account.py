"""An Easee account: tokens that look after themselves, and calls within Easee's limits.

The access token lives an hour; its refresh token serves once, so the new one is on disk before it is used. A refused
refresh is followed by one log-in with the password, if there is one; a refused password is not tried again for hours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from solarctl.context import Context, Json
from solarctl.drivers.answers import moment, number, table, whole, words
from solarctl.drivers.easee_quota import EaseeQuota
from solarctl.drivers.http import Http, Reply
from solarctl.errors import DeviceLoginError, DeviceRefused, DeviceReplyError, DeviceSetupError
from solarctl.settings import Secret, setting
from solarctl.value import value

HOST = "https://api.easee.com"
LOGIN, REFRESH = "/api/accounts/login", "/api/accounts/refresh_token"
LIFETIME_S = 3600.0
DUE_S = 120.0  # renewed when less is left
TIMEOUT_S = 10.0
ANSWERS = (200, *(status for status in range(400, 430) if status != 408))  # 4xx: a verdict may be inside


class EaseeAccount:
    """Somebody's Easee account."""

    @value
    class Settings:
        username: str = setting(help="e-mail address, or phone number with country code")
        password: Secret | None = setting(None, help="without it: solarctl token-refresh --login NAME, once")
        base_url: str = setting("", help="in place of the vendor's host, scheme://host[:port]")
        auth_url: str = setting("", help="in place of the host that logs in, if it is another one")
        ca_file: Path | None = setting(None, help="CA certificates of these hosts")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        self.quota = EaseeQuota(name, context)

    # --- TokenHolder, InteractiveLogin

    def token_expires_at(self) -> datetime | None:
        """Return when the stored token ends; None when there is none."""
        return _expiry(self._context.tokens.get(self.name))

    def token_lifetime_s(self) -> float:
        """Return what a fresh token lives."""
        return number((self._context.tokens.get(self.name) or {}).get("lifetime_s")) or LIFETIME_S

    def refresh_token(self) -> datetime:
        """Renew the token, whether due or not, and return when the new one ends."""
        token = self._renewed(self._context.tokens.get(self.name))
        return _expiry(token) or self._context.now()

    def login_address(self) -> None:
        """Return nothing: Easee wants the password itself."""

    def finish_login(self, answer: str) -> datetime:
        """Log in with a password that a person has typed, and return when the token ends."""
        stale = self._context.tokens.get(self.name)
        token = self._context.tokens.renew(self.name, stale, lambda _stored: self._login(answer, asked=True))
        return _expiry(token) or self._context.now()

    # --- calls

    def call(
        self,
        device: str,
        method: str,
        path: str,
        *,
        kind: str = "all",
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        optional: bool = False,
    ) -> Reply:
        """Return the answer to a call, with a token that works; `device` is whom errors are about.

        Every call states a target, so all may be repeated. `optional`: that there is nothing (404), or no such path
        (403), is an answer too.
        """
        token = self._token()
        reply = self._send(device, method, path, token, kind, params, json)
        if reply.status == 401:
            self._context.log(f"{self.name}: Easee refuses the token; one more attempt with a new one")
            token = self._renewed(token)
            reply = self._send(device, method, path, token, kind, params, json)
        if reply.status < 400 or (optional and reply.status in (403, 404)):
            return reply
        self._heed(reply)
        said = _said(reply)
        if reply.status == 401:
            raise DeviceLoginError(device, f"Easee refuses a token it has just issued{said}", hint=self._again)
        if reply.status == 403:
            raise DeviceLoginError(
                device,
                f"this Easee account may not do that{said}",
                hint="Give the account access to the charger: easee.com, site, users.",
            )
        if reply.status == 404:
            hint = "Is charger_id the serial on its label?"
            raise DeviceSetupError(device, f"Easee does not know it{said}", hint=hint)
        raise DeviceRefused(device, f"Easee did not take the request ({reply.status}){said}")

    def _send(
        self,
        device: str,
        method: str,
        path: str,
        token: Json,
        kind: str,
        params: Mapping[str, Any] | None,
        json: Any,
    ) -> Reply:
        self.quota.check()
        http = self._http(device, self._settings.base_url or HOST)
        http.hide(token["access_token"])
        return http.request(
            method,
            path,
            params=params,
            json=json,
            headers={"Authorization": f"Bearer {token['access_token']}"},
            idempotent=True,
            timeout_s=TIMEOUT_S,
            ok=ANSWERS,
            each=lambda: self.quota.count(kind),
            unsent=lambda: self.quota.give_back(kind),
        )

    def _heed(self, reply: Reply) -> None:
        """Stop calling where Easee wants no calls: too many requests, or a blocked address."""
        if reply.status == 429:
            self.quota.wait(number(reply.headers.get("Retry-After")))
        elif reply.status == 403 and _is_block(reply):
            self.quota.block()
        else:
            return
        self.quota.check()

    def _http(self, device: str, base_url: str) -> Http:
        password = self._settings.password
        return Http.of(
            self._context,
            device,
            base_url,
            ca_file=self._settings.ca_file,
            secrets=(password.reveal(),) if password else (),
        )

    # --- tokens

    def _token(self) -> Json:
        stored = self._context.tokens.get(self.name)
        expiry = _expiry(stored)
        if stored is not None and expiry is not None:
            left_s = (expiry - self._context.clock.now()).total_seconds()
            if left_s > DUE_S:
                return stored
        return self._renewed(stored)

    def _renewed(self, stale: Json | None) -> Json:
        return self._context.tokens.renew(self.name, stale, self._fetch)

    def _fetch(self, stored: Json | None) -> Json:
        """Spend the refresh token; when it is refused, log in once with the password."""
        self.quota.check()
        if stored and words(stored.get("refresh_token")):
            body = {"accessToken": stored.get("access_token"), "refreshToken": stored["refresh_token"]}
            reply = self._post(REFRESH, body)
            if reply.status < 400:
                return self._token_from(reply)
            self._context.log(f"{self.name}: Easee refuses the refresh token ({reply.status})")
        password = self._settings.password
        if password is None:
            what = "has expired and could not be renewed" if stored else "is missing, and so is a password"
            raise DeviceLoginError(self.name, f"the Easee token {what}", hint=self._again)
        return self._login(password.reveal())

    def _login(self, password: str, *, asked: bool = False) -> Json:
        mark = hashlib.sha256(f"{self._settings.username}\0{password}".encode()).hexdigest()[:16]
        refused_at = self.quota.refused_login(mark)
        if refused_at is not None and not asked:
            local = f"{refused_at.astimezone(self._context.timezone):%Y-%m-%d %H:%M}"
            raise DeviceLoginError(
                self.name,
                f"Easee refused user name or password at {local}; they are not tried again for some hours",
                hint=f"Correct the password of accounts.{self.name}.",
            )
        reply = self._post(LOGIN, {"userName": self._settings.username, "password": password}, password)
        if reply.status < 400:
            if refused_at is not None:
                self.quota.note_login(None)
            return self._token_from(reply)
        self.quota.note_login(mark)
        raise DeviceLoginError(
            self.name,
            f"Easee does not accept user name and password{_said(reply)}",
            hint=f"Correct username and password of accounts.{self.name}; they are those of the Easee app.",
        )

    def _post(self, path: str, body: Json, *secrets: str) -> Reply:
        """Send a request about tokens, once: a refresh token serves once, and log-ins are never hammered."""
        http = self._http(self.name, self._settings.auth_url or self._settings.base_url or HOST)
        http.hide(*secrets, *(words(value) for value in body.values()))
        reply = http.request(
            "POST",
            path,
            json=body,
            idempotent=False,
            timeout_s=TIMEOUT_S,
            ok=ANSWERS,
            private=True,
            each=lambda: self.quota.count("all"),
            unsent=lambda: self.quota.give_back("all"),
        )
        self._heed(reply)
        return reply

    def _token_from(self, reply: Reply) -> Json:
        """Return a token fit to be stored; an answer without one must never replace one that works."""
        found = table(reply.json(), self.name, "Easee's token")
        access_token, refresh_token = words(found.get("accessToken")), words(found.get("refreshToken"))
        if not access_token:
            raise DeviceReplyError(self.name, "Easee's answer contains no token")
        lifetime_s = number(found.get("expiresIn"))
        lifetime_s = LIFETIME_S if lifetime_s is None or not 0 < lifetime_s <= 31_536_000 else lifetime_s
        ends = self._context.clock.now().astimezone(UTC) + timedelta(seconds=lifetime_s)
        return {
            "access_token": access_token,
            "refresh_token": refresh_token,
            "expires_at": ends.isoformat(timespec="seconds"),
            "lifetime_s": lifetime_s,
        }

    @property
    def _again(self) -> str:
        return f"Log in again: solarctl token-refresh --login {self.name}"


def _expiry(token: Json | None) -> datetime | None:
    return moment(token.get("expires_at")) if token else None


def _is_block(reply: Reply) -> bool:
    """Return whether a 403 is the gateway's (no error code inside): on our paths it means a blocked address."""
    try:
        body = reply.json()
    except DeviceReplyError:
        return True
    return not (isinstance(body, Mapping) and (words(body.get("errorCodeName")) or whole(body.get("errorCode"))))


def _said(reply: Reply) -> str:
    """Return what an error body says, in brackets."""
    try:
        body = reply.json()
    except DeviceReplyError:
        return ""
    if not isinstance(body, Mapping):
        return ""
    text = " ".join(filter(None, (words(body.get("title")), words(body.get("detail")))))
    name = words(body.get("errorCodeName"))
    return f" ({', '.join(filter(None, (text, name)))})" if text or name else ""
