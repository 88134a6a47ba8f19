"""Where the house is: zone, position, unit of temperatures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from solarctl.onboarding import checks
from solarctl.onboarding.places import city_of
from solarctl.onboarding.wizard import Step, Wizard

LOCALTIME = Path("/etc/localtime")


def run(wizard: Wizard) -> None:
    known = wizard.draft.find("site") or {}
    new: dict[str, Any] = {}
    if not known.get("timezone"):
        new["timezone"] = wizard.ask("site.timezone", "Time zone", _zone_here(), check=checks.zone)
    if known.get("latitude") is None:
        new |= _position(wizard, str(new.get("timezone") or known.get("timezone")))
    if "temperature_unit" not in known:
        zone = new.get("timezone") or known.get("timezone")
        usual = "F" if str(zone).startswith(("America/", "US/")) else "C"
        new["temperature_unit"] = wizard.pick(
            "site.temperature_unit", "Unit of temperatures", [("F", "°F"), ("C", "°C")], usual
        )
    if new:
        wizard.draft.add("site", new)


def _position(wizard: Wizard, zone: str) -> dict[str, float]:
    """Ask for the position; a person is offered that of the zone's city."""
    city = city_of(zone) if wizard.dialogue.interactive else None
    if city:
        name = zone.rpartition("/")[2].replace("_", " ")
        wizard.say(f"  The position of {name} is offered; yours is better, for weather and sun.")
    question = "Latitude in degrees, north positive (empty: unknown)"
    latitude = wizard.ask("site.latitude", question, city[0] if city else "", check=_degrees(90))
    if latitude is None:
        return {}
    question = "Longitude in degrees, east positive"
    longitude = wizard.ask("site.longitude", question, city[1] if city else None, check=checks.number(-180, 180))
    return {"latitude": latitude, "longitude": longitude}


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
