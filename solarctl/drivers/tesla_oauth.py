"""Tesla's token service: the address a person logs in at, what is pasted back, and what a token's answer says."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from solarctl.context import Json
from solarctl.drivers.answers import number, words
from solarctl.errors import DeviceLoginError, DeviceReplyError
from solarctl.value import value

TOKEN_PATH = "/oauth2/v3/token"  # noqa: S105  an address
AUTHORIZE_PATH = "/oauth2/v3/authorize"
USUAL_LIFE_S = 28_800.0  # eight hours
LONGEST_LIFE_S = 31_536_000  # a year; anything longer is a slip
SCOPES = {"fleet": "openid offline_access energy_device_data energy_cmds", "owner": "openid email offline_access"}


@value
class Application:
    """Who asks for tokens. The Owner API's application has no secret and a redirect address no browser can open."""

    api: str
    client_id: str
    client_secret: str
    redirect_uri: str
    audience: str

    def login_url(self, auth_url: str, state: str, verifier: str) -> str:
        """Return the address at which a person logs in."""
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPES[self.api],
            "state": state,
            "code_challenge": _base64url(digest),
            "code_challenge_method": "S256",
        }
        if self.api == "fleet":
            query |= {"nonce": state[::-1], "prompt_missing_scopes": "true"}
        return f"{auth_url}{AUTHORIZE_PATH}?{urlencode(query)}"

    def exchange(self, code: str, verifier: str) -> dict[str, str]:
        """Return the fields that turn a code into a token."""
        fields = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.redirect_uri,
        }
        if self.api == "fleet":
            fields |= {"client_secret": self.client_secret, "audience": self.audience}
        return fields

    def refresh(self, refresh_token: str) -> dict[str, str]:
        """Return the fields that renew a token."""
        fields = {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": refresh_token}
        return fields if self.api == "fleet" else fields | {"scope": SCOPES["owner"]}


def code_from(account: str, answer: str, state: str) -> str:
    """Return the code in the address that the browser ended at; its state must be ours."""
    text = answer.strip().strip("'\"")
    query = dict(parse_qsl(urlsplit(text).query if "?" in text else text))
    if query.get("error"):
        said = query.get("error_description") or query["error"]
        raise DeviceLoginError(account, f"Tesla ended the log-in: {said}", hint="Begin again, and allow what is asked.")
    if not query.get("code"):
        hint = "Paste the whole address from the browser's address bar, with code=… in it."
        raise DeviceLoginError(account, "there is no code in what was pasted", hint=hint)
    if query.get("state") != state:
        hint = f"Begin again: solarctl token-refresh --login {account}"
        raise DeviceLoginError(account, "the pasted address belongs to another log-in (its state differs)", hint=hint)
    return query["code"]


def token_from(account: str, body: Any, before: Mapping[str, Any], now: datetime) -> Json:
    """Return a token's answer as it is stored; the expiry is counted by our own clock, for the answer has none."""
    if not isinstance(body, Mapping) or not words(body.get("access_token")):
        raise DeviceReplyError(account, "Tesla's token service sends no access token")
    access = words(body["access_token"])
    lifetime_s = number(body.get("expires_in")) or _life_in(access, now)
    lifetime_s = lifetime_s if lifetime_s is not None and 0 < lifetime_s <= LONGEST_LIFE_S else USUAL_LIFE_S
    return {
        "access_token": access,
        # a new refresh token may be missing: then the old one goes on
        "refresh_token": words(body.get("refresh_token")) or words(before.get("refresh_token")),
        "expires_at": (now.astimezone(UTC) + timedelta(seconds=lifetime_s)).isoformat(timespec="seconds"),
        "lifetime_s": lifetime_s,
        "obtained_at": now.astimezone(UTC).isoformat(timespec="seconds"),
    }


def new_verifier() -> str:
    """Return 43 random characters, as PKCE wants them."""
    import secrets

    return _base64url(secrets.token_bytes(32))


def fingerprint(secret: str) -> str:
    """Return a mark by which a secret is recognised, and from which it cannot be told."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def _life_in(access: str, now: datetime) -> float | None:
    """Return how long a JWT says it lives, in seconds."""
    try:
        payload = access.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        left_s = float(claims["exp"]) - now.timestamp()
    except (IndexError, ValueError, KeyError, TypeError):
        return None
    return left_s if left_s > 0 else None


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
