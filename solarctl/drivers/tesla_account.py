"""A Tesla account: its tokens, and the way to the cloud or to the gateway in the house.

    [accounts.tesla]  service = "tesla", api = "fleet", region, client_id, client_secret, refresh_token
                      api = "owner"    the app's own API; needs the extra tesla-owner
                      api = "local"    a gateway in the house, for reading only (tesla_gateway.py)
                      token            a third party's static token, with its base_url

What is odd about it:
- Refresh tokens serve once. A new one is on disk before its access token is used (tokens.py), and no two processes
  spend the same one. The one in the config is only the first; a different one there starts a new chain.
- Access tokens live 8 hours and do not say when they were made. Any may be refused early: 401, renewed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from solarctl.context import Context, Json
from solarctl.drivers import tesla_errors, tesla_oauth
from solarctl.drivers.answers import moment, number, words
from solarctl.drivers.http import Http
from solarctl.drivers.tesla_cloud import Cloud
from solarctl.errors import DeviceLoginError, DeviceUnreachable
from solarctl.settings import Secret, setting
from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.drivers.tesla_gateway import Gateway
    from solarctl.drivers.tesla_login import Login
    from solarctl.drivers.tesla_owner import OwnerHttp

    Connection = Http | OwnerHttp

FLEET_TOKENS = "https://fleet-auth.prd.vn.cloud.tesla.com"  # auth.tesla.com answers too, but is rate-limited
LOGIN_HOSTS = {"na": "https://auth.tesla.com", "eu": "https://auth.tesla.com", "cn": "https://auth.tesla.cn"}
OWNER_REDIRECT = "tesla://auth/callback"
SOON = timedelta(minutes=5)  # a token with less left (or a tenth of its life) is renewed before it is used
PATIENT_REFUSALS = 3  # after so many refusals of the same refresh token it is tried once an hour only
REFUSED_PAUSE = timedelta(hours=1)


class TeslaAccount:
    """One Tesla account, in the Fleet API, the Owner API, or a gateway of the house."""

    @value
    class Settings:
        api: Literal["fleet", "owner", "local"] = setting("fleet", help="which of Tesla's interfaces")
        region: Literal["na", "eu", "cn"] = setting("na", help="na: America, Asia, Pacific; eu: Europe, Africa; cn")
        client_id: str = setting("", help="of your application at developer.tesla.com")
        client_secret: Secret | None = setting(None, help="of your application")
        redirect_uri: str = setting("https://localhost/callback", help="as registered with your application")
        refresh_token: Secret | None = setting(None, help="the first one; later ones are kept in the state folder")
        token: Secret | None = setting(None, help="a third party's access token, which does not run out")
        password: Secret | None = setting(None, help='api = "local": last five characters of the gateway\'s password')
        email: str = setting("", help='api = "local": any address; the gateway wants one')
        base_url: str = setting("", help="in place of the vendor's host, scheme://host[:port]")
        auth_url: str = setting("", help="in place of the vendor's token service")
        ca_file: Path | None = setting(None, help="CA certificates of that host")
        server_name: str = setting("", help='api = "local": the name in the gateway\'s certificate')

        def problems(self) -> Any:
            if self.api == "local":
                for key in ("base_url", "password"):
                    if not getattr(self, key):
                        yield key, "is missing; a local gateway needs it"
            elif self.api == "fleet" and not self.token and not self.client_id:
                yield "client_id", "is missing; it is that of your application at developer.tesla.com"

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self.settings = settings
        self._context = context

    # --- tokens

    def token_expires_at(self) -> datetime | None:
        """Return when the access token runs out; None without one, or for one that does not."""
        return moment((self._stored() or {}).get("expires_at"))

    def token_lifetime_s(self) -> float:
        """Return what a fresh token lives; without end where there is none to renew."""
        if not self.has_token_of_its_own:
            return float("inf")
        return number((self._stored() or {}).get("lifetime_s")) or tesla_oauth.USUAL_LIFE_S

    def refresh_token(self) -> datetime:
        """Renew the token, due or not; return when the new one runs out."""
        self._renew(self._context.tokens.get(self.name), patient=False)
        return self.token_expires_at() or self._context.now()

    @property
    def has_token_of_its_own(self) -> bool:
        """Whether there is anything to renew: not with a third party's token, and not at a local gateway."""
        return self.settings.api != "local" and self.settings.token is None

    def login_address(self) -> str | None:
        """Return the address to open in a browser."""
        if not self.has_token_of_its_own:
            return None
        return self._login.address()

    def finish_login(self, answer: str) -> datetime:
        """Take the address that the browser ended at, and store the token it stands for."""
        fields = self._login.fields(answer)
        stale = self._context.tokens.get(self.name)
        self._context.tokens.renew(self.name, stale, lambda _stored: self._token(fields, {}))
        self._login.forget()
        return self.token_expires_at() or self._context.now()

    @property
    def _login(self) -> Login:
        from solarctl.drivers.tesla_login import Login

        host = self.settings.auth_url or LOGIN_HOSTS[self.settings.region]
        return Login(self.name, self._application, host, self._context)

    @property
    def _application(self) -> tesla_oauth.Application:
        settings = self.settings
        if settings.api == "owner":
            return tesla_oauth.Application("owner", settings.client_id or "ownerapi", "", OWNER_REDIRECT, "")
        secret = settings.client_secret.reveal() if settings.client_secret else ""
        return tesla_oauth.Application("fleet", settings.client_id, secret, settings.redirect_uri, self.cloud.host)

    @property
    def _first(self) -> str:
        return self.settings.refresh_token.reveal().strip() if self.settings.refresh_token else ""

    def _stored(self) -> Json | None:
        """Return the stored token, unless the config has another first refresh token by now."""
        stored = self._context.tokens.get(self.name)
        if stored is None:
            return None
        known = stored.get("first")
        return stored if not known or not self._first or known == tesla_oauth.fingerprint(self._first) else None

    def _renew(self, stale: Json | None, *, patient: bool) -> Json:
        def fetch(current: Json | None) -> Json:
            usable = current if current is not None and current == self._stored() else {}
            refresh = words(usable.get("refresh_token")) or self._first
            if not refresh:
                hint = f"Log in: solarctl token-refresh --login {self.name}"
                raise DeviceLoginError(self.name, "there is no refresh token", hint=hint)
            if patient:
                self._login.check_patience(refresh, PATIENT_REFUSALS, REFUSED_PAUSE)
            try:
                return self._token(self._application.refresh(refresh), {"refresh_token": refresh})
            except DeviceLoginError:
                self._login.note_refusal(refresh)
                raise

        if not self.has_token_of_its_own:
            raise DeviceLoginError(self.name, "this account has no token that could be renewed")
        return self._context.tokens.renew(self.name, stale, fetch)

    def _token(self, fields: Mapping[str, str], before: Mapping[str, Any]) -> Json:
        """Ask the token service once; a request that may have spent a token is never repeated."""
        settings = self.settings
        host = settings.auth_url or (FLEET_TOKENS if settings.api == "fleet" else LOGIN_HOSTS[settings.region])
        body: dict[str, Any] = {"data": fields} if settings.api == "fleet" else {"json": fields}
        reply = self.connect(self.name, host).request(
            "POST",
            tesla_oauth.TOKEN_PATH,
            **body,
            idempotent=False,
            timeout_s=20,
            private=True,
            ok=tesla_errors.CLIENT_ERRORS,
        )
        now = self._context.clock.now()
        if reply.status == 429:
            until = tesla_errors.pause(reply, now)
            raise DeviceUnreachable(self.name, "Tesla's token service asks for fewer requests", retry_at=until)
        if reply.status in tesla_errors.CLIENT_ERRORS:
            raise tesla_errors.token_refusal(self.name, reply)
        token = tesla_oauth.token_from(self.name, reply.json(), before, now)
        return token | {"first": tesla_oauth.fingerprint(self._first) if self._first else ""}

    # --- where the answers come from

    @property
    def gateway(self) -> Gateway | None:
        """The gateway in the house, for api = "local"."""
        if self.settings.api != "local":
            return None
        from solarctl.drivers.tesla_gateway import Gateway

        key = f"tesla gateway {self.name}"
        return self._context.once(key, lambda: Gateway(self.name, self.settings, self._context))

    @property
    def cloud(self) -> Cloud:
        """The energy endpoints of the Fleet or the Owner API."""
        return self._context.once(f"tesla cloud {self.name}", lambda: Cloud(self, self._context))

    def access_token(self, *, refused: str = "") -> str:
        """Return an access token that is good for some minutes and is not the one just `refused`."""
        if self.settings.token is not None:
            return self.settings.token.reveal().strip()
        stored = self._stored()
        expires = self.token_expires_at()
        usable = stored is not None and words(stored.get("access_token")) not in ("", refused)
        soon = min(SOON, timedelta(seconds=self.token_lifetime_s() / 10))
        if stored is None or not usable or expires is None or expires - soon <= self._context.clock.now():
            stored = self._renew(self._context.tokens.get(self.name), patient=True)
        return words(stored.get("access_token"))

    def connect(self, name: str, host: str) -> Connection:
        """Return the run's connection to a host; `name` is what errors are about."""
        if self.settings.api == "owner":
            from solarctl.drivers.tesla_owner import OwnerHttp

            key = f"tesla owner {name} {host}"
            return self._context.once(key, lambda: OwnerHttp(self._context, name, host, self.settings.ca_file))
        return Http.of(self._context, name, host, ca_file=self.settings.ca_file)
