"""What can be wrong with Easee's cloud, by name, and what a bad day brings of it."""

from __future__ import annotations

from solarctl.virtualhome.emulator import Upset

FAULTS: dict[str, str] = {
    "http-429": "HTTP 429; value: seconds in retry-after (True: no such header)",
    "http-500": "HTTP 500",
    "http-502": "HTTP 502, as the older gateway answered too many requests",
    "blocked": "HTTP 403 Forbidden on every path, until 24 h after the last request",
    "no-access": "HTTP 403 with an error body: the account may not use this charger",
    "unknown-charger": "HTTP 404 for the charger",
    "refresh-refused": "the refresh token is not taken",
    "login-500": "the log-in service is out of order",
    "lost-token": "access tokens are not known (any more)",
    "empty-body": "what is written is answered with an empty body",
    "object-body": "what is written is answered with an object instead of a list",
    "no-op": "what is written is answered with an empty list: nothing to change",
    "reject": "the charger does not accept the command",
    "expire": "the command runs out before the charger hears it",
    "unheard": "the command is never known, and never carried out",
    "no-confirmation": "the paths that tell what became of a write do not exist",
    "bare-list": "observations are a bare list with texts as values, as an earlier form had it",
    "missing": "observations without these ids (value)",
    "observation": "observations with other values: {id: value}",
    "stale": "all timestamps are so many minutes old (value)",
    "session-zero": "sessionEnergy is 0 in the middle of a session",
    "not-json": "HTTP 200 with a page",
    "nulls": "all observed values are null",
    "half-json": "HTTP 200 with half of the JSON",
    "torn": "the line breaks in the middle of the body",
    "slow": "the answer takes the value in real seconds",
    "two-circuits": "the site has a second circuit with another charger",
    "shared-circuit": "a second charger hangs on the circuit",
    "old-expiry": "expiresIn is a float",
}

UPSETS = (
    Upset("http-500", minutes=(2, 20)),
    Upset("http-429", 120, minutes=(1, 3)),
    Upset("lost-token", times=1),
    Upset("torn", minutes=(1, 5)),
    Upset("stale", 30, minutes=(5, 30)),
    Upset("reject", times=2),
    Upset("empty-body", minutes=(5, 60)),
    Upset("unheard", minutes=(2, 5)),
    Upset("not-json", minutes=(2, 10)),
)
