"""A cloud project of Tuya: signed calls, and a token that looks after itself.

Nobody has to fetch a first token. It is kept between runs and renewed shortly before it ends; a call that is told
"token invalid" gets a new one (or another process's) and is repeated once. `grant_type=1` returns the living token
with what is left of it; only when that does not help is it exchanged with the refresh token, which ends the old pair.

When the state cannot be written, a token is fetched and used unsaved: supply comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeGuard

from solarctl.context import Context, Json
from solarctl.drivers.answers import moment, number, table, words
from solarctl.drivers.tuya_cloud import TOKEN_PATH, Answer, Call, Project, TuyaCloud
from solarctl.drivers.tuya_errors import is_token_trouble
from solarctl.errors import (
    BusyError,
    DeviceError,
    DeviceReplyError,
    DeviceUnreachable,
    SolarctlError,
    StateError,
)
from solarctl.settings import Secret, setting
from solarctl.value import value

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
LIFETIME_S = 7200.0
DUE_S = 120.0  # renewed when less is left


class TuyaAccount:
    """A Tuya cloud project with its Access ID and Secret."""

    @value
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
        self.state_trouble: SolarctlError | None = None  # the state could not be read or written
        base_url = settings.base_url or HOSTS[settings.region]
        project = Project(base_url, settings.client_id, settings.client_secret.reveal(), settings.ca_file)
        self._cloud = TuyaCloud(name, project, context, self._note)

    # --- TokenHolder

    def token_expires_at(self) -> datetime | None:
        """Return when the stored token ends; None when there is none."""
        token = self._stored()
        return _expiry(token) if token else None

    def token_lifetime_s(self) -> float:
        """Return what a fresh token lives."""
        return number((self._stored() or {}).get("lifetime_s")) or LIFETIME_S

    def refresh_token(self) -> datetime:
        """Exchange the token for a new one, whether due or not, and return when that one ends.

        `StateError` when it could not be stored: nothing is spent then.
        """
        stored = self._stored()
        in_place = stored or self._context.tokens.get(self.name)
        token = self._context.tokens.renew(self.name, in_place, lambda _stored: self._fetch(stored, exchange=True))
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
        call = Call(method, path, query, body, idempotent)
        token = self._token()
        answer = self._cloud.ask(device, call, token["access_token"])
        if not answer.success and is_token_trouble(answer.code, answer.text):
            self._context.log(f"{self.name}: Tuya refuses the token ({answer.code}); one more attempt with a new one")
            answer = self._cloud.ask(device, call, self._renewed(token)["access_token"])
        return answer

    def result_of(self, device: str, answer: Answer) -> Any:
        """Return the result inside an answer, or raise what its error means."""
        return self._cloud.result_of(device, answer)

    # --- the token

    def _token(self) -> Json:
        """Return a token with some life left."""
        token = self._unsaved or self._stored()
        if token is not None and self._left_s(token) > DUE_S:
            return token
        fresh = self._renewed(token)
        # another process may have stored one that has run out since
        return fresh if self._left_s(fresh) > 0 else self._renewed(fresh)

    def _renewed(self, stale: Json | None) -> Json:
        """Return a newer token than `stale`, stored before it is used if at all possible."""
        fetched: list[Json] = []

        def fetch(_stored: Json | None) -> Json:
            fetched.append(self._fetch(stale))
            return fetched[-1]

        if self._unsaved is None:
            try:
                in_place = stale if stale is not None else self._context.tokens.get(self.name)
                token = self._context.tokens.renew(self.name, in_place, fetch)
            except (StateError, BusyError) as error:
                self._note(error)
            else:
                if self._is_ours(token):
                    return token
        self._unsaved = fetched[-1] if fetched else self._fetch(self._unsaved or stale)
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
        answer = self._cloud.ask(self.name, Call("GET", TOKEN_PATH, {"grant_type": "1"}))
        return self._checked(self.result_of(self.name, answer))

    def _exchanged(self, old: Json) -> Json:
        refresh_token = words(old.get("refresh_token"))
        # not repeated: a refresh token is spent by the first attempt, whether its answer arrives or not
        answer = self._cloud.ask(self.name, Call("GET", f"{TOKEN_PATH}/{refresh_token}", idempotent=False))
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
        return token if self._is_ours(token) else None

    def _is_ours(self, token: Any) -> TypeGuard[Json]:
        """Return whether this is a token of this very project, not of one that was in the config before."""
        found = token if isinstance(token, dict) else {}
        text = found.get("access_token")
        return isinstance(text, str) and bool(text) and found.get("client_id") == self._settings.client_id

    def _left_s(self, token: Json) -> float:
        expiry = _expiry(token)
        return (expiry - self._context.clock.now()).total_seconds() if expiry else 0.0

    def _note(self, error: SolarctlError) -> None:
        self.state_trouble = error
        self._context.log(f"{self.name}: goes on without the state: {error}")


def _expiry(token: Json) -> datetime | None:
    return moment(token.get("expires_at"))
