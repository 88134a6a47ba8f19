"""Tesla's token service: authorization codes with PKCE, refresh tokens that serve once, access tokens that run out."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Faults
from solarctl.virtualhome.http_emulator import Request, Response

CODE_LIFE = timedelta(minutes=2)
SCOPES = ("openid", "offline_access", "energy_device_data", "energy_cmds")


@dataclass
class Code:
    """An authorization code that was issued to a browser."""

    at: datetime
    redirect_uri: str
    challenge: str
    used: bool = False


@dataclass
class Access:
    """An access token."""

    expires_at: datetime
    scopes: tuple[str, ...]


class TokenService:
    """What auth.tesla.com and fleet-auth know of one account and one application."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self.clock = clock
        self.faults = faults
        self.client_id = "virtual-home-client"
        self.client_secret = "virtual-home-client-secret"
        self.redirect_uri = "https://example.com/solarctl"
        self.region = "NA"
        self.expires_in_s = 28800
        self.scopes = SCOPES
        self.codes: dict[str, Code] = {}
        self.access: dict[str, Access] = {}
        self.refresh: dict[str, bool] = {"NA_first-refresh-token": False}  # token → spent
        self.first_refresh_token = "NA_first-refresh-token"
        self.spent = 0  # refresh tokens that were exchanged

    def authorize(self, address: str) -> str:
        """Log in like a person in a browser; return the address that the browser ends at."""
        query = dict(parse_qsl(urlsplit(address).query))
        if query.get("client_id") != self.client_id or query.get("response_type") != "code":
            return f"{query.get('redirect_uri', self.redirect_uri)}?error=unauthorized_client"
        if self.faults.take("login-denied"):
            denied = {"error": "access_denied", "state": query.get("state", "")}
            return f"{query['redirect_uri']}?{urlencode(denied)}"
        code = f"{self.region}_{secrets.token_hex(16)}"
        self.codes[code] = Code(self.clock.now(), query["redirect_uri"], query.get("code_challenge", ""))
        answer = {"code": code, "state": query.get("state", ""), "issuer": "https://auth.tesla.com/oauth2/v3"}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, request: Request) -> Response:
        """Answer POST /oauth2/v3/token."""
        fault = self._fault()
        if fault is not None:
            return fault
        kind = request.headers.get("Content-Type", "")
        fields = request.json() if "json" in kind else request.form()
        if not isinstance(fields, dict):
            return _error(400, "invalid_request")
        if fields.get("client_id") != self.client_id:
            return _error(400, "unauthorized_client")
        match fields.get("grant_type"):
            case "refresh_token":
                response = self._refresh(fields)
            case "authorization_code":
                response = self._exchange(fields)
            case "client_credentials" if fields.get("client_secret") == self.client_secret:
                response = self._issued(with_refresh=False)
            case _:
                response = _error(400, "unsupported_grant_type")
        if self.faults.take("token-torn"):
            response.torn = True
        return response

    def check(self, request: Request) -> Response | None:
        """Return what a request with a bad access token is answered with; None for a good one."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        known = self.access.get(bearer)
        if self.faults.take("bearer-401"):
            return envelope_error(401, "invalid bearer token")
        if known is None:
            return envelope_error(401, "invalid bearer token")
        if self.faults.take("token-expired") or known.expires_at <= self.clock.now():
            known.expires_at = self.clock.now()
            return envelope_error(401, "token expired (401)")
        needed = "energy_cmds" if request.method == "POST" else "energy_device_data"
        if self.faults.take("missing-scopes") or needed not in known.scopes:
            return envelope_error(403, "Unauthorized missing scopes")
        return None

    def _fault(self) -> Response | None:
        if (status := self.faults.take("token-http")) is not None:
            return Response.html("<html>upstream</html>", 503 if status is True else int(status))
        if self.faults.take("token-html"):
            return Response.html("<html><title>Challenge</title>Are you human?</html>", 403)
        if self.faults.take("token-200-html"):
            return Response.html("<html><title>Maintenance</title></html>")
        if self.faults.take("login-required"):
            return _error(401, "login_required")
        return None

    def _refresh(self, fields: dict[str, Any]) -> Response:
        token = fields.get("refresh_token", "")
        spent = self.refresh.get(token)
        if spent is None or spent:
            return _error(401, "login_required", "The refresh_token is invalid")
        keeps = bool(self.faults.take("omit-refresh-token"))
        if not keeps:
            self.refresh[token] = True
        self.spent += 1
        return self._issued(with_refresh=not keeps)

    def _exchange(self, fields: dict[str, Any]) -> Response:
        code = self.codes.get(fields.get("code", ""))
        if code is None or code.used or self.clock.now() - code.at > CODE_LIFE:
            return _error(400, "invalid_auth_code")
        if fields.get("redirect_uri") != code.redirect_uri:
            return _error(400, "invalid_redirect_url")
        if code.challenge:
            digest = hashlib.sha256(str(fields.get("code_verifier", "")).encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
                return _error(400, "invalid_grant", "code_verifier does not fit")
        elif fields.get("client_secret") != self.client_secret:
            return _error(401, "invalid_client")
        code.used = True
        return self._issued()

    def _issued(self, *, with_refresh: bool = True) -> Response:
        """Return a fresh token; there is never a `created_at`."""
        now = self.clock.now()
        expires = now + timedelta(seconds=self.expires_in_s)
        claims = {
            "iss": "https://fleet-auth.tesla.com/oauth2/v3/nts",
            "ou_code": self.region,
            "scp": list(self.scopes),
            "sub": "virtual-owner",
            "exp": int(expires.timestamp()),
            "iat": int(now.timestamp()),
            "jti": secrets.token_hex(4),
        }
        parts = (json.dumps({"alg": "RS256"}), json.dumps(claims), secrets.token_hex(16))
        access = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
        self.access[access] = Access(expires, self.scopes)
        body: dict[str, Any] = {"access_token": access, "id_token": "x.y.z", "token_type": "Bearer"}
        if not self.faults.take("token-no-expiry"):
            body["expires_in"] = self.expires_in_s
        if with_refresh:
            token = f"{self.region}_{secrets.token_hex(24)}"
            self.refresh[token] = False
            body["refresh_token"] = token
        return Response.of(body)


def envelope_error(status: int, error: str, description: str = "", **headers: str) -> Response:
    """Return an error as the data hosts word it."""
    return Response.of({"response": None, "error": error, "error_description": description}, status, **headers)


def _error(status: int, error: str, description: str = "") -> Response:
    return Response.of({"error": error, "error_description": description}, status)
