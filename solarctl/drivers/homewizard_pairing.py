"""Pairing with a device that speaks API v2: its button is pressed, and it gives a token for good.

Asking while nobody has pressed yet is allowed; after the press the next question within 30 s is answered.
"""

from __future__ import annotations

import re
from pathlib import Path

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.homewizard_tls import tls_context
from solarctl.drivers.http import Http, Reply
from solarctl.errors import DeviceError, DeviceLoginError, DeviceRefused, DeviceReplyError, DeviceSetupError
from solarctl.value import value

USER = "local/solarctl"
EVERY_S = 1.5


@value
class Paired:
    """What came of it: the token, and the serial that the certificate proved ("" over plain http)."""

    token: str
    serial: str


def pair(
    context: Context, name: str, address: str, *, ca_file: Path | None = None, user: str = USER, patience_s: float = 60
) -> Paired:
    """Ask until the button is pressed; `DeviceLoginError` when nobody does within `patience_s`."""
    if "://" not in address:
        address = f"https://{address}"
    seen: list[str] = []
    tls = (lambda: tls_context(name, ca_file, seen.append)) if address.startswith("https://") else None
    headers = {"X-Api-Version": "2"}
    http = Http.of(context, f"{name} (pairing)", address, ca_file=ca_file, headers=headers, tls=tls)
    patience_s = min(patience_s, max(0.0, context.budget.remaining_s() - 6))
    end = context.clock.monotonic() + patience_s
    while True:
        body = {"name": _user_name(user)}
        reply = http.request(
            "POST", "/api/user", json=body, idempotent=True, timeout_s=5, ok=(200, 400, 404), private=True
        )
        if reply.status == 200:
            said = answers.table(reply.json(), name, "the answer")
            token = answers.words(said.get("token"))
            if not token:
                raise DeviceReplyError(name, "it gave no token")
            return Paired(token, seen[0] if seen else "")
        if reply.status not in (401, 403):
            raise _refused(name, reply)
        if context.clock.monotonic() >= end:
            hint = "Press the button on the device (kWh meter: hold its Wi-Fi button for 1 to 3 seconds), then again."
            raise DeviceLoginError(name, f"nobody pressed the button within {patience_s:.0f} s", hint=hint)
        context.clock.sleep(EVERY_S)


def _refused(name: str, reply: Reply) -> DeviceError:
    """Return why a device will not pair at all; asking again would not help."""
    try:
        said = answers.words(answers.table(reply.json(), name, "the answer").get("error"))
    except DeviceReplyError:
        said = ""
    if said == "user:no-storage":
        hint = "Remove one in the app (the device's settings), then pair again."
        return DeviceRefused(name, "it has no room for another user", hint=hint)
    if reply.status == 404:
        return DeviceSetupError(
            name, "it does not speak API v2", hint="Its firmware may be too old; update it in the app."
        )
    return DeviceReplyError(name, f"pairing is answered {reply.status}" + (f": {said}" if said else ""))


def _user_name(text: str) -> str:
    """Return a name that devices take: local/ and 1 to 40 letters, digits and a few signs."""
    name = re.sub(r"[^a-zA-Z0-9\-_/\\# ]", "-", text.removeprefix("local/"))[:40] or "solarctl"
    return f"local/{name}"
