r"""Tuya's gate: the signature over what came in, and tokens that rotate.

message = client_id + [access_token] + t + nonce + METHOD \n sha256(body) \n signed headers \n path?sorted-query
sign    = upper-case hex HMAC-SHA256(client_secret, message)
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from random import Random
from urllib.parse import unquote, unquote_plus

from solarctl.virtualhome.http_emulator import Request

LIFE_S = 7200

TEXTS = {
    500: "system error",
    1002: "access_token is null",
    1003: "grant type invalid",
    1004: "sign invalid",
    1005: "clientId is invalid",
    1010: "token invalid",
    1011: "token invalid",
    1012: "token status is invalid",
    1013: "request time is invalid",
    1100: "param is empty",
    1103: "command issue error",
    1104: "type is incorrect",
    1105: "missing the header",
    1106: "permission deny",
    1108: "uri path invalid",
    1109: "param is illegal, please check it",
    1110: "the number of concurrent requests is over limit",
    1111: "system is busy, please try again later",
    1114: "your ip(127.0.0.1) don't have access to this API",
    1199: "requests are too frequent",
    1400: "token invalid",
    2001: "device is offline",
    2003: "function not support",
    2007: "your ip(127.0.0.1) cross-region access is not allowed",
    2008: "command or value not support",
    2009: "device not support",
    2010: "device does not exist",
    28841001: "No permissions. You have not subscribed to a cloud development plan.",
    28841002: "No permissions. Your subscription to cloud development plan has expired.",
    28841003: "No permissions. Your cloud development plan is overdue.",
    28841004: "No permissions. Your quota of Trial Edition is used up.",
    28841101: "No permissions. This API is not subscribed.",
    28841102: "No permissions. Your subscription to this API has expired.",
    28841105: "No permissions. This project is not authorized to call this API",
    28841107: "No permission. The data center is suspended. Please go to the cloud development platform to enable it.",
}


class Refusal(Exception):
    """An error in the cloud's envelope."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.text = text or TEXTS.get(code, "unknown error")


def string_to_sign(request: Request) -> str:
    """Return Tuya's canonical form of a request, from the bytes received."""
    path, _, query = request.target.partition("?")
    pairs = sorted(tuple(map(unquote_plus, part.partition("=")[::2])) for part in query.split("&") if part)
    url = unquote(path) + ("?" + "&".join(f"{key}={value}" for key, value in pairs) if pairs else "")
    names = [name for name in request.headers.get("Signature-Headers", "").split(":") if name]
    block = "".join(f"{name}:{request.headers.get(name, '')}\n" for name in names)
    return "\n".join((request.method, hashlib.sha256(request.body).hexdigest(), block, url))


def sign(request: Request, client_id: str, client_secret: str, access_token: str) -> str:
    """Return the signature that the request should carry; `access_token` is empty for token calls."""
    headers = request.headers
    message = client_id + access_token + headers.get("t", "") + headers.get("nonce", "") + string_to_sign(request)
    return hmac.new(client_secret.encode(), message.encode(), hashlib.sha256).hexdigest().upper()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tokens that belong together, and when they were made and run out."""

    access_token: str
    refresh_token: str
    made_at: float  # s since 1970, server's clock
    expires_at: float


class TokenDesk:
    """One live pair for the project. A refresh rotates it and kills both; a refresh token works once."""

    def __init__(self, random: Random, life_s: float = LIFE_S) -> None:
        self._random = random
        self.life_s = life_s
        self.pair: Pair | None = None
        self.logins = 0
        self.refreshes = 0

    def grant(self, now: float) -> Pair:
        """Return the live pair, or a new one if there is none."""
        if self.pair is None or self.pair.expires_at <= now:
            self._make(now)
            self.logins += 1
        assert self.pair is not None
        return self.pair

    def refresh(self, refresh_token: str, now: float) -> Pair | None:
        """Return a new pair for the live refresh token; None if it is not (or no longer) it."""
        if self.pair is None or self.pair.refresh_token != refresh_token:
            return None
        self._make(now)
        self.refreshes += 1
        return self.pair

    def kill(self) -> None:
        """Let the live pair die before its time."""
        self.pair = None

    def objection(self, access_token: str, now: float) -> str | None:
        """Return why a business call's token does not do, in the cloud's words."""
        if self.pair is None or self.pair.access_token != access_token:
            return "token invalid"
        return "token is expired" if self.pair.expires_at <= now else None

    def _make(self, now: float) -> Pair:
        self.pair = Pair(self._hex(), self._hex(), now, now + self.life_s)
        return self.pair

    def _hex(self) -> str:
        return f"{self._random.getrandbits(128):032x}"
