"""A cloud project of Tuya: signed calls, and a token that looks after itself.

Nobody has to fetch a first token. It is kept between runs and renewed shortly before it ends; a call that is told
"token invalid" gets a new one (or another process's) and is repeated once. `grant_type=1` returns the living token
with what is left of it; only when that does not help is it exchanged with the refresh token, which ends the old pair.

When the state cannot be written, a token is fetched and used unsaved: supply comes first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from solarctl.context import Context, Json
from solarctl.drivers import redaction
from solarctl.drivers.answers import number, table, whole, words
from solarctl.drivers.http import Http
from solarctl.drivers.tuya_errors import TIME_CODE, TRANSIENT_CODES, is_token_trouble, meaning
from solarctl.drivers.tuya_sign import sign
from solarctl.errors import (
    BusyError,
    DeviceError,
    DeviceLoginError,
    DeviceReplyError,
    DeviceUnreachable,
    SolarctlError,
    StateError,
)
from solarctl.settings import Secret, setting

HOSTS = {
    "eu": "https://openapi.tuyaeu.com",
    "eu-w": "https://openapi-weaz.tuyaeu.com",
    "we": "https://openapi-weaz.tuyaeu.com",
    "us": "https://openapi.tuyaus.com",
    "az": "https://openapi.tuyaus.com",
    "us-e": "https://openapi-ueaz.tuyaus.com",
    "ue": "https://openapi-ueaz.tuyaus.com",
    "cn": "https://openapi.tuyacn.com",
    "in": "https://openapi.tuyain.com",
    "sg": "https://openapi-sg.iotbing.com",
}
TOKEN_PATH = "/v1.0/token"  # noqa: S105  an address
LIFETIME_S = 7200.0
DUE_S = 120.0  # renewed when less is left
CLIENT_ERRORS = tuple(status for status in range(400, 429) if status != 408)  # a verdict may be inside
PAUSE_S = 2.0  # before the one repetition when Tuya is busy
PLAUSIBLE_MS = (1.6e12, 4.1e12)  # 2020 to 2099; anything else in `t` is no time


@dataclass(frozen=True)
class Answer:
    """The envelope of an answer."""

    success: bool
    result: Any
    code: int | None
    text: str
    server_ms: float | None


class TuyaAccount:
    """A Tuya cloud project with its Access ID and Secret."""

    @dataclass(frozen=True)
    class Settings:
        client_id: str = setting(help="Access ID of the cloud project")
        client_secret: Secret = setting(help="Access Secret of the cloud project")
        region: str = setting("eu", choices=tuple(HOSTS), help="data centre of the app account")
        base_url: str = setting("", help="in place of the region's host, scheme://host[:port]")
        ca_file: Path | None = setting(None, help="CA certificates of that host")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        self._unsaved: Json | None = None  # a token that could not be stored
        self._offset_s: float | None = None  # server's clock − ours, once learned
        self.state_trouble: SolarctlError | None = None

    # --- TokenHolder

    def token_expires_at(self) -> datetime | None:
        """Return when the stored token ends; None when there is none."""
        token = self._stored()
        return _expiry(token) if token else None

    def token_lifetime_s(self) -> float:
        """Return what a fresh token lives."""
        return number((self._stored() or {}).get("lifetime_s")) or LIFETIME_S

    def refresh_token(self) -> datetime:
        """Exchange the token for a new one, whether due or not, and return when that one ends."""
        stored = self._stored()
        token = self._renewed(stored, exchange=True)
        found = _expiry(token)
        if found is None:
            raise DeviceReplyError(self.name, "Tuya's new token does not say when it ends")
        return found

    # --- calls

    def call(
        self,
        device: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
    ) -> Answer:
        """Return the answer to a call, with a token that works; `device` is whom errors are about.

        An answer may be an error of the device's; `result_of` raises it.
        """
        token = self._token()
        answer = self._ask(device, method, path, token, query=query, body=body, idempotent=idempotent)
        if not answer.success and is_token_trouble(answer.code, answer.text):
            self._context.log(f"{self.name}: Tuya refuses the token ({answer.code}); one more attempt with a new one")
            token = self._renewed(token)
            answer = self._ask(device, method, path, token, query=query, body=body, idempotent=idempotent)
        return answer

    def result_of(self, device: str, answer: Answer) -> Any:
        """Return the result inside an answer, or raise what its error means."""
        if answer.success:
            return answer.result
        about = meaning(answer.code)
        shown = redaction.excerpt(answer.text, (self._settings.client_secret.reveal(),)) or "no text"
        raise about.kind(device, f"{about.message} ({shown}, code {answer.code})", hint=about.hint)

    def _ask(
        self,
        device: str,
        method: str,
        path: str,
        token: Json | None,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
    ) -> Answer:
        """Send one signed call; once more with the server's time when ours is wrong, or when Tuya is busy."""
        may_repeat = method == "GET" if idempotent is None else idempotent
        answer = self._send(device, method, path, token, query, body, idempotent)
        if answer.code == TIME_CODE and not answer.success and self._learn_offset(answer):
            answer = self._send(device, method, path, token, query, body, idempotent)
        is_busy = answer.code in TRANSIENT_CODES and not answer.success
        if is_busy and may_repeat and self._context.budget.remaining_s() > PAUSE_S:
            self._context.clock.sleep(PAUSE_S)
            answer = self._send(device, method, path, token, query, body, idempotent)
        return answer

    def _send(
        self,
        device: str,
        method: str,
        path: str,
        token: Json | None,
        query: Mapping[str, str] | None,
        body: Any,
        idempotent: bool | None,
    ) -> Answer:
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        access_token = words((token or {}).get("access_token"))
        secret = self._settings.client_secret.reveal()
        t = str(int((self._context.clock.now().timestamp() + self._known_offset_s()) * 1000))
        client_id = self._settings.client_id
        headers = {"client_id": client_id, "sign_method": "HMAC-SHA256", "t": t, "lang": "en"}
        headers["sign"] = sign(client_id, secret, t, method, path, query=query, body=content, access_token=access_token)
        if access_token:
            headers["access_token"] = access_token
        if content:
            headers["Content-Type"] = "application/json"
        http = Http.of(
            self._context,
            device,
            self._settings.base_url or HOSTS[self._settings.region],
            ca_file=self._settings.ca_file,
            secrets=(secret,),
        )
        is_token_call = path.startswith(TOKEN_PATH)
        http.hide(access_token, path.removeprefix(f"{TOKEN_PATH}/") if is_token_call else "")
        reply = http.request(
            method,
            path,
            params=dict(sorted(query.items())) if query else None,
            data=content or None,
            headers=headers,
            idempotent=idempotent,
            ok=CLIENT_ERRORS,
            private=is_token_call,
        )
        try:
            return _opened(table(reply.json(), device, "Tuya's answer"), device)
        except DeviceReplyError:
            if reply.status in (401, 403) or (is_token_call and reply.status >= 400):
                raise DeviceLoginError(
                    device, f"Tuya refuses the log-in ({reply.status})", hint="Check region, client_id, client_secret."
                ) from None
            raise

    # --- the token

    def _token(self) -> Json:
        """Return a token with some life left."""
        token = self._unsaved or self._stored()
        if token is not None and self._left_s(token) > DUE_S:
            return token
        fresh = self._renewed(token)
        # another process may have stored one that has run out since
        return fresh if self._left_s(fresh) > 0 else self._renewed(fresh)

    def _renewed(self, stale: Json | None, *, exchange: bool = False) -> Json:
        """Return a newer token than `stale`, stored before it is used if at all possible."""
        fetched: list[Json] = []

        def fetch(stored: Json | None) -> Json:
            fetched.append(self._fetch(stored or stale, exchange=exchange))
            return fetched[-1]

        if self._unsaved is not None:
            self._unsaved = self._fetch(self._unsaved, exchange=exchange)
            return self._unsaved
        try:
            return self._context.tokens.renew(self.name, self._as_stored(stale), fetch)
        except (StateError, BusyError) as error:
            self._note(error)
            self._unsaved = fetched[-1] if fetched else self._fetch(stale)
            return self._unsaved

    def _fetch(self, old: Json | None, *, exchange: bool = False) -> Json:
        """Get a token from Tuya; one that is newer than `old`, if there is a way."""
        if exchange and old and words(old.get("refresh_token")):
            try:
                return self._exchanged(old)
            except DeviceUnreachable:
                raise
            except DeviceError as error:
                self._context.log(f"{self.name}: the refresh token is not taken ({error.message}); a new start")
        token = self._granted()
        if old is not None and token["access_token"] == old.get("access_token") and words(token.get("refresh_token")):
            try:
                return self._exchanged(token)
            except DeviceError as error:
                self._context.log(f"{self.name}: Tuya has no newer token ({error.message})")
        return token

    def _granted(self) -> Json:
        answer = self._ask(self.name, "GET", TOKEN_PATH, None, query={"grant_type": "1"})
        return self._checked(self.result_of(self.name, answer))

    def _exchanged(self, old: Json) -> Json:
        refresh_token = words(old.get("refresh_token"))
        answer = self._ask(self.name, "GET", f"{TOKEN_PATH}/{refresh_token}", None, idempotent=False)
        return self._checked(self.result_of(self.name, answer))

    def _checked(self, result: Any) -> Json:
        """Return a token fit to be stored; an answer without one must never replace one that works."""
        found = table(result, self.name, "Tuya's token")
        access_token = words(found.get("access_token"))
        if not access_token:
            raise DeviceReplyError(self.name, "Tuya's answer contains no token")
        left_s = number(found.get("expire_time"))
        left_s = number(found.get("expire")) if left_s is None else left_s
        left_s = LIFETIME_S if left_s is None or not 0 < left_s <= 31_536_000 else left_s
        ends = self._context.clock.now().astimezone(UTC) + timedelta(seconds=left_s)
        return {
            "access_token": access_token,
            "refresh_token": words(found.get("refresh_token")),
            "expires_at": ends.isoformat(timespec="seconds"),
            "lifetime_s": max(left_s, LIFETIME_S),
            "client_id": self._settings.client_id,
        }

    def _stored(self) -> Json | None:
        """Return the stored token of this very project, if there is one."""
        try:
            token = self._context.tokens.get(self.name)
        except (StateError, BusyError) as error:
            self._note(error)
            return None
        if not isinstance(token, dict) or not words(token.get("access_token")):
            return None
        return token if token.get("client_id") == self._settings.client_id else None

    def _as_stored(self, stale: Json | None) -> Json | None:
        """Return `stale`, or what is stored in its place and of no use (another project's token)."""
        if stale is not None:
            return stale
        return self._context.tokens.get(self.name)

    def _left_s(self, token: Json) -> float:
        expiry = _expiry(token)
        return (expiry - self._context.clock.now()).total_seconds() if expiry else 0.0

    # --- the server's time

    def _known_offset_s(self) -> float:
        if self._offset_s is None:
            stored = self._remembered().get("clock_offset_s")
            self._offset_s = number(stored) or 0.0
        return self._offset_s

    def _learn_offset(self, answer: Answer) -> bool:
        """Take the server's time for right, and return whether that changes anything."""
        if answer.server_ms is None or not PLAUSIBLE_MS[0] < answer.server_ms < PLAUSIBLE_MS[1]:
            return False
        offset_s = answer.server_ms / 1000 - self._context.clock.now().timestamp()
        if abs(offset_s - self._known_offset_s()) < 1:
            return False
        self._context.log(f"{self.name}: this computer's clock differs from Tuya's by {offset_s:.0f} s")
        self._offset_s = offset_s
        try:
            self._context.store.put("accounts", self.name, self._remembered() | {"clock_offset_s": round(offset_s)})
        except (StateError, BusyError) as error:
            self._note(error)
        return True

    def _remembered(self) -> Json:
        try:
            return self._context.store.get("accounts", self.name)
        except (StateError, BusyError) as error:
            self._note(error)
            return {}

    def _note(self, error: SolarctlError) -> None:
        self.state_trouble = error
        self._context.log(f"{self.name}: goes on without the state: {error}")


def _opened(envelope: Mapping[str, Any], device: str) -> Answer:
    """Return an envelope's parts; an envelope without a verdict is nonsense."""
    success = envelope.get("success")
    if not isinstance(success, bool):
        raise DeviceReplyError(device, "Tuya's answer does not say whether it worked")
    return Answer(
        success=success,
        result=envelope.get("result"),
        code=whole(envelope.get("code")),
        text=words(envelope.get("msg")),
        server_ms=number(envelope.get("t")),
    )


def _expiry(token: Json) -> datetime | None:
    try:
        found = datetime.fromisoformat(words(token.get("expires_at")))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
