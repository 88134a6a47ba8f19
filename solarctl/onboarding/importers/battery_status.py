"""battery.status of powermgr_v2: how many thermostat steps were reached today (0 to 3)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from solarctl.onboarding.imported import Imported

OFFSETS = {0: 0.0, 1: 2.0, 2: 4.0, 3: 8.0}  # degrees by then, had the battery fallen slowly


def read(path: Path, text: str) -> Imported | None:
    status = text.strip().removeprefix("-n").strip()  # where sh's echo wrote its option, too
    if status not in ("0", "1", "2", "3"):
        return None
    reached = int(status)
    day = datetime.fromtimestamp(path.stat().st_mtime).astimezone().date()
    memory = {"day": day.isoformat(), "reached": reached, "offset_deg": OFFSETS[reached]}
    note = f"{reached} steps were reached on {day:%d %B}; thermostat-step goes on from there if that is today."
    return Imported(memory={"thermostat-step": memory}, notes=(note,))
