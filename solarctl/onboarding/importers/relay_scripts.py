"""script.py, get_token.py and refresh_token.py of the SolaxCloud and Tuya relay project: what stands at their tops.

The project says which values are to be put into its files, not by which names; so names are taken by their meaning.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from solarctl.onboarding.imported import Imported, assigned

NAMES = {
    "tokenid": ("solax", "token"),
    "solaxtoken": ("solax", "token"),
    "solaxtokenid": ("solax", "token"),
    "solaxcloudtoken": ("solax", "token"),
    "sn": ("solax", "serial"),
    "wifisn": ("solax", "serial"),
    "invertersn": ("solax", "serial"),
    "registrationno": ("solax", "serial"),
    "registrationnumber": ("solax", "serial"),
    "clientid": ("tuya", "client_id"),
    "accessid": ("tuya", "client_id"),
    "clientsecret": ("tuya", "client_secret"),
    "secret": ("tuya", "client_secret"),
    "accesskey": ("tuya", "client_secret"),
    "accesssecret": ("tuya", "client_secret"),
    "deviceid": ("tuya", "device_id"),
}
REGIONS = {"cn": "cn", "us": "us", "ueaz": "us-e", "eu": "eu", "weaz": "eu-w", "in": "in", "sg": "sg"}
HOST = re.compile(r"openapi[.-](?:tuya)?(\w+?)\.(?:tuyaus\.com|tuyaeu\.com|com)")


def read(path: Path, text: str) -> Imported | None:
    vendors = [vendor for vendor in ("tuya", "solax") if vendor in text.lower()]
    values = assigned(text) if path.suffix == ".py" and vendors else None
    answers: dict[str, dict[str, Any]] = {}
    for name, value in (values or {}).items():
        step, key = NAMES.get(re.sub(r"[^a-z]", "", name.lower()), ("", ""))
        if step in vendors and isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            answers.setdefault(step, {})[key] = str(value).strip()
    if not answers:
        return None
    if "tuya" in answers and (found := HOST.search(text)) and found.group(1) in REGIONS:
        answers["tuya"]["region"] = REGIONS[found.group(1)]
    notes = ["Tokens of Tuya are not taken: solarctl gets and renews them itself, so get_token.py is not needed."]
    return Imported(dict(answers), notes=tuple(notes) if "tuya" in answers else ())
