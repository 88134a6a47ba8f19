"""Where Easee's cloud issues tokens: an access token lives an hour, a refresh token serves once."""

from __future__ import annotations

from datetime import datetime, timedelta

from solarctl.virtualhome.easee_answers import error
from solarctl.virtualhome.emulator import Faults
from solarctl.virtualhome.http_emulator import Request, Response

USER, PASSWORD = "owner@example.com", "sun-and-wind"


class TokenDesk:
    """The tokens of one account."""

    def __init__(self, faults: Faults, serial: str, token_s: float) -> None:
        self._faults = faults
        self._serial = serial
        self.token_s = token_s
        self.logins = 0
        self.refreshes = 0
        self._access: dict[str, datetime] = {}
        self._refresh: set[str] = set()
        self._issued = 0

    def forget(self) -> None:
        """Make every token issued so far worthless."""
        self._access.clear()
        self._refresh.clear()

    def login(self, request: Request, now: datetime) -> Response:
        """Answer user name and password."""
        body = request.json() or {}
        self.logins += 1
        if self._faults.take("login-500"):
            return Response.html("<h1>Internal Server Error</h1>", 500)
        if (body.get("userName"), body.get("password")) != (USER, PASSWORD):
            return error(400, 100, "InvalidUserPassword", "Username or password is invalid")
        return self._tokens(now)

    def renew(self, request: Request, now: datetime) -> Response:
        """Exchange a refresh token, which serves once."""
        body = request.json() or {}
        self.refreshes += 1
        if body.get("refreshToken") not in self._refresh or self._faults.take("refresh-refused"):
            return error(401, 104, "InvalidRefreshToken", "The refresh token is not valid")
        self._refresh.discard(body["refreshToken"])
        self._access.pop(str(body.get("accessToken")), None)
        return self._tokens(now)

    def _tokens(self, now: datetime) -> Response:
        self._issued += 1
        access, refresh = f"access-{self._issued}-{self._serial}", f"refresh-{self._issued}"
        self._access[access] = now + timedelta(seconds=self.token_s)
        self._refresh.add(refresh)
        lifetime: float = self.token_s + 0.25 if self._faults.take("old-expiry") else int(self.token_s)
        return Response.of(
            {
                "accessToken": access,
                "expiresIn": lifetime,
                "accessClaims": ["User"],
                "tokenType": "Bearer",
                "refreshToken": refresh,
            }
        )

    def knows(self, request: Request, now: datetime) -> bool:
        """Return whether a request bears a token that is good."""
        if self._faults.take("lost-token"):
            return False
        scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
        return scheme == "Bearer" and now < self._access.get(token, now)
