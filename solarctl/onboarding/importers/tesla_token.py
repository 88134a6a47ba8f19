"""tesla.token of powermgr_v2: the JSON answer of Tesla's token service."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from solarctl.onboarding.imported import Imported


def read(path: Path, text: str) -> Imported | None:
    try:
        token = json.loads(text)
    except ValueError:
        return None
    if not isinstance(token, dict) or not isinstance(token.get("refresh_token"), str):
        return None
    notes = ["Tesla may refuse an old refresh token; then log in anew."]
    made, lasts = token.get("created_at"), token.get("expires_in")
    if isinstance(made, int | float) and isinstance(lasts, int | float):
        ended = datetime.fromtimestamp(made + lasts, UTC)
        notes.insert(0, f"The access token in it runs out on {ended:%d %B %Y}.")
    return Imported({"tesla": {"api": "owner", "refresh_token": token["refresh_token"]}}, notes=tuple(notes))
