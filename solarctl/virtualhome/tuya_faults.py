"""What can go wrong with Tuya's cloud and its relay, by name, and how a bad day brings it."""

from __future__ import annotations

from collections.abc import Mapping

from solarctl.virtualhome.emulator import Upset
from solarctl.virtualhome.tuya_cloud import TEXTS

FAULTS: Mapping[str, str] = {
    "account-error": "every call is answered with this code (value, e.g. 28841002, 28841004, 1106, 2007, 500)",
    "business-error": "every call but the token calls is answered with this code (value)",
    "token-error": "token calls are answered with this code (value)",
    "refresh-fails": "a refresh token is refused; value: the code, 1010 or 1011",
    "empty-token": "token calls succeed with an empty access_token and expire_time 0",
    "early-death": "tokens die before their time; value: after so many seconds (True: at once)",
    "skewed-t": "the server's `t` is off by the value in seconds",
    "skewed-clock": "the server's whole clock is off by the value in seconds: our `t` is refused with 1013",
    "missing-tid": "no tid in answers",
    "missing-t": "no t in answers",
    "string-code": "error codes are texts",
    "no-result": "success without a result",
    "delayed-command": "the relay acts only the value's seconds after a command (True: 30)",
    "slow-report": "the relay acts at once, but its report takes the value's seconds (True: 30)",
    "ignored-command": "commands are acknowledged, and nothing happens",
    "false-command": "commands are answered with success and result false",
    "command-error": "commands are answered with 1103, or the value",
    "offline": "the relay has no connection: online false, last values, commands answer 2001",
    "offline-but-true": "the relay has no connection: online false, last values, commands answer true",
    "offline-unnoticed": "the relay has no connection, but the cloud still says online and answers true",
    "legacy-refused": "the legacy address /v1.0/devices/… answers 2008 to commands and 2003 to functions",
    "iot03-refused": "the iot-03 address answers 2003",
    "unknown-device": "no device is known: 1106",
    "null-value": "the switch's value is null",
    "text-value": "the switch's value is a text",
    "no-switch": "the status does not list the switch",
    "status-empty": "the status is an empty list",
    "http-500": "HTTP 500 with a page",
    "http-502": "HTTP 502 with a page",
    "http-429": "HTTP 429; value: seconds in Retry-After",
    "html-200": "HTTP 200 with a page",
    "empty-body": "HTTP 200 without a body",
    "half-json": "HTTP 200 with half of the JSON",
    "torn": "the line breaks in the middle of the body",
    "slow": "the answer takes the value in real seconds (True: 30)",
}

NO_CONTROL = (  # while one of these is on, nothing can be moved
    "empty-token",
    "ignored-command",
    "false-command",
    "command-error",
    "offline",
    "offline-but-true",
    "offline-unnoticed",
    "unknown-device",
    "http-500",
    "http-502",
    "html-200",
    "empty-body",
    "half-json",
    "torn",
    "no-result",
)
UPSETS: tuple[Upset, ...] = (
    Upset("early-death", times=1, says="the token dies before its time"),
    Upset("early-death", 900, (30, 120), says="tokens die after 15 minutes instead of two hours"),
    Upset("refresh-fails", minutes=(60, 180), says="the refresh token is refused"),
    Upset("skewed-t", -240, says="answers show a time that is 4 minutes behind"),
    Upset("skewed-clock", 400, (30, 120), says="the cloud's clock is 7 minutes ahead; our requests look old to it"),
    Upset(
        "skewed-clock",
        -900,
        (30, 120),
        says="the cloud's clock is 15 minutes behind; our requests come from its future",
    ),
    Upset("missing-tid", minutes=(30, 120)),
    Upset("missing-t", minutes=(30, 120)),
    Upset("string-code", minutes=(30, 120)),
    Upset("delayed-command", 5, says="the relay acts 5 s after a command"),
    Upset("slow-report", 12, says="the relay reports 12 s after it has moved"),
    Upset("slow-report", 40, says="the relay reports 40 s after it has moved"),
    Upset("iot03-refused"),
    Upset("legacy-refused"),
    Upset("null-value"),
    Upset("text-value"),
    Upset("no-switch"),
    Upset("status-empty"),
    Upset("http-502", times=1, says="one request is answered with HTTP 502"),
    Upset("torn", times=1, says="one answer breaks off in the middle"),
    *(Upset(fault, minutes=(10, 60), stops="control") for fault in NO_CONTROL),
    *(
        Upset(
            "account-error",
            code,
            (10, 60),
            stops="control",
            says=f"every call is answered with {code}: {TEXTS[code]}",
        )
        for code in (500, 1106, 1199, 2007, 28841002, 28841004, 28841105, 28841107)
    ),
    Upset("business-error", 1110, stops="control", says=f"every call is answered with 1110: {TEXTS[1110]}"),
    Upset("token-error", 1114, (30, 120), stops="control", says="no new tokens: 1114, this address has no access"),
    Upset("delayed-command", 120, stops="control", says="the relay acts two minutes after a command"),
    Upset("http-429", 120, stops="control", after_min=5, says="HTTP 429: try again in 2 minutes"),
)
