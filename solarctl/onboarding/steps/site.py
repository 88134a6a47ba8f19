"""Where the house is: zone, position, unit of temperatures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard

LOCALTIME = Path("/etc/localtime")


def run(wizard: Wizard) -> None:
    known = wizard.draft.find("site") or {}
    new: dict[str, Any] = {}
    if not known.get("timezone"):
        new["timezone"] = wizard.ask("site.timezone", "Time zone", _zone_here(), check=checks.zone)
    if known.get("latitude") is None:
        latitude = wizard.ask(
            "site.latitude", "Latitude in degrees, north positive (empty: unknown)", "", check=_degrees(90)
        )
        if latitude is not None:
            new["latitude"] = latitude
            new["longitude"] = wizard.ask(
                "site.longitude", "Longitude in degrees, east positive", check=checks.number(-180, 180)
            )
    if "temperature_unit" not in known:
        zone = new.get("timezone") or known.get("timezone")
        usual = "F" if str(zone).startswith(("America/", "US/")) else "C"
        new["temperature_unit"] = wizard.pick(
            "site.temperature_unit", "Unit of temperatures", [("F", "°F"), ("C", "°C")], usual
        )
    if new:
        wizard.draft.add("site", new)


def _degrees(limit: float) -> Any:
    def check(text: str) -> float | None:
        return checks.number(-limit, limit)(text) if text else None

    return check


def _zone_here() -> str | None:
    """Return this computer's zone, which is often the house's."""
    try:
        path = LOCALTIME.resolve().as_posix()
    except OSError:
        return None
    name = path.partition("zoneinfo/")[2]
    return name if "/" in name and not name.startswith("Etc/") else None


STEP = Step("site", "Your house", 0, run, optional=False)
