"""What a Tesla account remembers of logging in: the log-in a person has begun, and refusals of a refresh token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from solarctl.context import Context
from solarctl.drivers import tesla_oauth
from solarctl.drivers.answers import moment, number, words
from solarctl.errors import DeviceLoginError

SLOWEST_PERSON = timedelta(hours=1)


class Login:
    """Log-ins of one account, kept under `accounts.NAME`."""

    def __init__(self, account: str, application: tesla_oauth.Application, auth_url: str, context: Context) -> None:
        self._account = account
        self._application = application
        self._auth_url = auth_url
        self._context = context

    def address(self) -> str:
        """Return the address to open, and remember by what its answer is known."""
        import secrets

        state, verifier = secrets.token_urlsafe(24), tesla_oauth.new_verifier()
        begun = {"state": state, "verifier": verifier, "at": self._context.clock.now().isoformat()}
        self._put(self._kept() | {"login": begun})
        return self._application.login_url(self._auth_url, state, verifier)

    def fields(self, answer: str) -> dict[str, str]:
        """Return the fields that turn what was pasted into a token."""
        begun = self._kept().get("login")
        if not isinstance(begun, Mapping) or self._is_old(begun.get("at")):
            hint = f"Begin again: solarctl token-refresh --login {self._account}"
            raise DeviceLoginError(self._account, "no log-in has been begun within the hour", hint=hint)
        code = tesla_oauth.code_from(self._account, answer, words(begun.get("state")))
        return self._application.exchange(code, words(begun.get("verifier")))

    def forget(self) -> None:
        """Forget the log-in and all refusals: there is a new token."""
        self._put({key: value for key, value in self._kept().items() if key not in ("login", "refused")})

    def note_refusal(self, refresh_token: str) -> None:
        """Count that this refresh token was refused."""
        mark = tesla_oauth.fingerprint(refresh_token)
        before = self._refused(mark)
        count = int(number(before.get("count")) or 0) + 1
        told = {"token": mark, "count": count, "at": self._context.clock.now().isoformat()}
        self._put(self._kept() | {"refused": told})

    def check_patience(self, refresh_token: str, refusals: int, length: timedelta) -> None:
        """Raise when this refresh token was refused so often, and so lately, that asking again is hammering."""
        before = self._refused(tesla_oauth.fingerprint(refresh_token))
        at = moment(before.get("at"))
        now = self._context.clock.now()
        if at is not None and (number(before.get("count")) or 0) >= refusals and timedelta(0) <= now - at < length:
            again = (at + length).astimezone(self._context.timezone)
            raise DeviceLoginError(
                self._account,
                f"Tesla has refused the refresh token {refusals} times; it is tried again at {again:%H:%M}",
                hint=f"Log in again: solarctl token-refresh --login {self._account}",
            )

    def _refused(self, mark: str) -> Mapping[str, Any]:
        found = self._kept().get("refused")
        return found if isinstance(found, Mapping) and found.get("token") == mark else {}

    def _is_old(self, at: Any) -> bool:
        begun = moment(at)
        return begun is None or self._context.clock.now() - begun > SLOWEST_PERSON

    def _kept(self) -> dict[str, Any]:
        return self._context.store.get("accounts", self._account)

    def _put(self, value: dict[str, Any]) -> None:
        self._context.store.put("accounts", self._account, value, vital=True)
