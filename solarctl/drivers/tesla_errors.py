"""What Tesla's refusals mean, by status: whom to ask, what to type, and when to come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from solarctl.drivers import redaction
from solarctl.drivers.answers import number, words
from solarctl.drivers.http import Reply
from solarctl.errors import (
    DeviceError,
    DeviceLoginError,
    DeviceRefused,
    DeviceReplyError,
    DeviceSetupError,
    DeviceUnreachable,
)

CLIENT_ERRORS = range(400, 500)  # judged here; what is above, and silence, by drivers/http
PAUSE_S = 60.0  # after a 429 that does not say for how long
LONGEST_PAUSE_S = 86_400.0


def refusal(device: str, account: str, reply: Reply, *, owner_api: bool = False) -> DeviceError:
    """Return the error that a 4xx of the data hosts stands for (429 has `pause`)."""
    said = error_text(reply)
    quoted = f" ({said})" if said else ""
    again = f"Log in again: solarctl token-refresh --login {account}"
    match reply.status:
        case 400 if "deprecated" in said:
            return DeviceReplyError(device, f"Tesla has closed this part of its API{quoted}")
        case 400:
            return DeviceRefused(device, f"Tesla does not accept the request{quoted}")
        case 401:
            return DeviceLoginError(device, f"Tesla does not accept the access token{quoted}", hint=again)
        case 402:
            return DeviceRefused(
                device,
                f"Tesla wants to be paid first{quoted}",
                hint="Look at the billing limit and the payment of your application at developer.tesla.com.",
            )
        case 403 if "scope" in said.lower():
            hint = f"Allow energy_device_data and energy_cmds, then {again[0].lower()}{again[1:]}"
            return DeviceLoginError(device, f"the token may not do this: scopes are missing{quoted}", hint=hint)
        case 403:
            hint = f'{again}. If that does not help, use the Fleet API: api = "fleet".'
            return DeviceLoginError(device, f"Tesla forbids it{quoted}", hint=hint)
        case 404:
            return DeviceSetupError(device, f"Tesla knows no such site{quoted}", hint="Correct site_id.")
        case 412 if owner_api:
            hint = 'Use the Fleet API: api = "fleet" (docs/powerwall.md).'
            return DeviceLoginError(device, f"Tesla offers this through the Fleet API only{quoted}", hint=hint)
        case 412:
            hint = "Register your application in this region (docs/powerwall.md), or correct region."
            return DeviceLoginError(device, f"the application is not registered in this region{quoted}", hint=hint)
        case 423:
            return DeviceLoginError(device, f"Tesla has locked the account{quoted}", hint="Look into Tesla's app.")
        case 408:
            return DeviceUnreachable(device, f"the site does not answer Tesla{quoted}")
        case 451:
            return DeviceRefused(device, f"Tesla may not do this for legal reasons{quoted}")
    return DeviceReplyError(device, f"Tesla answered {reply.status}{quoted}")


def pause(reply: Reply, now: datetime) -> datetime:
    """Return the moment until which a 429 asks for silence: Retry-After or RateLimit-Reset, in seconds."""
    for header in ("Retry-After", "RateLimit-Reset", "x-ratelimit-reset"):
        seconds = number(reply.headers.get(header))
        if seconds is not None:
            break
    else:
        seconds = PAUSE_S
    return now + timedelta(seconds=max(1.0, min(seconds, LONGEST_PAUSE_S)))


def token_refusal(account: str, reply: Reply) -> DeviceError:
    """Return the error that a 4xx of the token service stands for; the stored token stays as it is."""
    said = error_text(reply)
    quoted = f" ({said})" if said else ""
    if any(word in said for word in ("unauthorized_client", "invalid_client")):
        hint = "Compare client_id and client_secret with your application at developer.tesla.com."
        return DeviceLoginError(account, f"Tesla does not know this application{quoted}", hint=hint)
    if "redirect" in said:
        hint = "redirect_uri must be one that your application has registered at developer.tesla.com."
        return DeviceLoginError(account, f"Tesla does not accept the redirect address{quoted}", hint=hint)
    hint = f"Log in again: solarctl token-refresh --login {account}"
    return DeviceLoginError(account, f"Tesla does not renew the token{quoted}", hint=hint)


def error_text(reply: Reply) -> str:
    """Return what an error's body says, without secrets; nothing for a page."""
    try:
        body: Any = reply.json()
    except DeviceReplyError:
        return "a page instead of an answer" if "<" in reply.text else ""
    if not isinstance(body, Mapping):
        return ""
    texts = [words(body.get(key)) for key in ("error", "error_description", "message")]
    return redaction.excerpt(": ".join(dict.fromkeys(filter(None, texts))), reply.secrets)
