"""credentials.py of powermgr_v2: log-ins of the mail server and of the thermostats' portal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from solarctl.onboarding.imported import Imported, assigned

NAMES = {
    "gmail_user": ("mail", "username"),
    "gmail_pwrd": ("mail", "password"),
    "honeywell_user": ("honeywell", "username"),
    "honeywell_pwrd": ("honeywell", "password"),
    "openweather_key": ("weather", "api_key"),
}


def read(path: Path, text: str) -> Imported | None:
    values = assigned(text) if path.suffix == ".py" else None
    if not values or not NAMES.keys() & values.keys():
        return None
    answers: dict[str, dict[str, Any]] = {}
    for name, (step, key) in NAMES.items():
        if isinstance(values.get(name), str):
            answers.setdefault(step, {})[key] = values[name]
    if "mail" in answers:
        answers["mail"] |= {"host": "smtp.gmail.com", "port": 465, "security": "ssl"}
    notes = ("Its weather key was for an interface that was closed in 2024; Open-Meteo needs none.",)
    return Imported(answers, notes=notes if "weather" in answers else ())
