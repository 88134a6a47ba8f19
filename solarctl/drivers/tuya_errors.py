"""What Tuya's error codes mean for the owner of a house, and what to click.

Tuya reuses codes with other texts, so the text is always shown too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from solarctl.errors import (
    DeviceError,
    DeviceLoginError,
    DeviceRefused,
    DeviceReplyError,
    DeviceSetupError,
    DeviceUnreachable,
)

CONSOLE = "In the Tuya console (iot.tuya.com), Cloud, your project"
_SECRET = f"{CONSOLE}, Overview: copy Access ID and Access Secret to client_id and client_secret."
_LINK = (
    f"Is device_id right? {CONSOLE}, Devices: the app account must be linked there. And region must be the account's."
)
_REGION = f"Set region to the data centre of your app account. {CONSOLE}, Overview, shows the project's."
_SERVICE = f"{CONSOLE}, Service API: subscribe to IoT Core and authorise this project for it."
_PLAN = "In the Tuya console, Cloud, Cloud Services, IoT Core: extend the trial or choose a plan (up to 24 h to work)."
NO_CALLS = f"Where the calls of the plan are used up: {_PLAN[0].lower()}{_PLAN[1:]}"
_CODE = (
    "Set code to one of the device's own: solarctl device read shows whether it works; usual are switch_1 and switch."
)
_DEVICE = f"Copy device_id from the Tuya console. {CONSOLE}, Devices."

TOKEN_CODES = frozenset({1010, 1011, 1012, 1400})
TOKEN_TEXTS = ("token invalid", "token is expired")
TIME_CODE = 1013
OFFLINE_CODE = 2001
WRONG_CODE_CODES = frozenset({2003, 2008, 2009})  # this data point is not known, or not by this form of the address
QUOTA_CODES = frozenset({28841004, 28841104})
TRANSIENT_CODES = frozenset({500, 501, 1103, 1110, 1111, 1112, 1113, 1199, 40000309})


class Meaning(NamedTuple):
    """An error class, a sentence, and the next step."""

    kind: type[DeviceError]
    message: str
    hint: str = ""


_BUSY = Meaning(DeviceUnreachable, "Tuya is busy")
_BUG = Meaning(DeviceReplyError, "Tuya does not understand the request", "Please report this, with its code.")
_NO_DEVICE = Meaning(DeviceSetupError, "Tuya knows no such device", _DEVICE)
_NO_PLAN = Meaning(DeviceLoginError, "the plan of the Tuya project has ended", _PLAN)
_NO_QUOTA = Meaning(DeviceUnreachable, "the calls that the Tuya plan allows are used up", NO_CALLS)
_NOT_ALLOWED = Meaning(DeviceLoginError, "the Tuya project may not use this service", _SERVICE)
_NO_SUCH_CODE = Meaning(DeviceRefused, "the device does not know this data point or value", _CODE)
_NO_TOKEN = Meaning(
    DeviceLoginError,
    "Tuya keeps refusing the token it has just given",
    "Does another program use the same cloud project? Give solarctl a project of its own.",
)

MEANINGS: Mapping[int, Meaning] = {
    1000: _NO_DEVICE,
    1001: Meaning(DeviceLoginError, "Tuya does not accept client_secret", _SECRET),
    1004: Meaning(DeviceLoginError, "Tuya does not accept the signature; client_secret is wrong", _SECRET),
    1005: Meaning(DeviceLoginError, "Tuya does not know this client_id here", f"{_SECRET} {_REGION}"),
    **dict.fromkeys((1002, 1003, 1006, 1007, 1104, 1105, 1107, 1108), _BUG),
    1008: _NOT_ALLOWED,
    **dict.fromkeys(TOKEN_CODES, _NO_TOKEN),
    TIME_CODE: Meaning(
        DeviceUnreachable, "Tuya says that the time of the request is wrong", "Set this computer's clock (timedatectl)."
    ),
    **dict.fromkeys((1100, 1101, 1102, 1109, 2002, 2010), _NO_DEVICE),
    1106: Meaning(DeviceSetupError, "Tuya does not let this project at the device", _LINK),
    1114: Meaning(
        DeviceSetupError, "Tuya does not accept this house's address", f"{_REGION} Or switch its IP allow-list off."
    ),
    OFFLINE_CODE: Meaning(DeviceUnreachable, "the device is offline", "Has it power and Wi-Fi? Look in the Tuya app."),
    **dict.fromkeys(WRONG_CODE_CODES, _NO_SUCH_CODE),
    2007: Meaning(DeviceSetupError, "the Tuya project belongs to another region", _REGION),
    2017: Meaning(DeviceLoginError, "Tuya does not know the app account's schema", _LINK),
    2401: Meaning(DeviceLoginError, "Tuya refuses the app account", _LINK),
    2406: Meaning(DeviceSetupError, "the Tuya project belongs to another region, or is too old", _REGION),
    **dict.fromkeys((28841001, 28841002, 28841003, 28841102, 28841103), _NO_PLAN),
    **dict.fromkeys(QUOTA_CODES, _NO_QUOTA),
    **dict.fromkeys((28841101, 28841105, 28841106, 60009001), _NOT_ALLOWED),
    28841107: Meaning(
        DeviceLoginError,
        "the data centre is not enabled for the Tuya project",
        f"{CONSOLE}, Overview, Edit: add the data centre of your region.",
    ),
    **dict.fromkeys(TRANSIENT_CODES, _BUSY),
}


def meaning(code: int | None) -> Meaning:
    """Return what an error code means; an unknown one is a plain no."""
    return MEANINGS.get(code or 0, Meaning(DeviceRefused, "Tuya says no"))


def is_token_trouble(code: int | None, text: str) -> bool:
    """Return whether a fresh token may help."""
    return code in TOKEN_CODES or any(marker in text.lower() for marker in TOKEN_TEXTS)
