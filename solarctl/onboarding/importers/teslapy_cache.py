"""cache.json of TeslaPy: tokens by mail address."""

from __future__ import annotations

import json
from pathlib import Path

from solarctl.onboarding.imported import Imported


def read(path: Path, text: str) -> Imported | None:
    try:
        cache = json.loads(text)
    except ValueError:
        return None
    if not isinstance(cache, dict):
        return None
    for email, entry in cache.items():
        sso = entry.get("sso") if isinstance(entry, dict) else None
        if isinstance(sso, dict) and isinstance(sso.get("refresh_token"), str):
            others = [other for other in cache if other != email]
            notes = [f"The token of {email} was taken" + (f", not that of {', '.join(others)}." if others else ".")]
            notes.append("Whoever uses this token next ends it for the others: stop TeslaPy first.")
            return Imported({"tesla": {"api": "owner", "refresh_token": sso["refresh_token"]}}, notes=tuple(notes))
    return None
