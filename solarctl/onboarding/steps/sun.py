"""A forecast of the panels' power, and dynamic prices."""

from __future__ import annotations

from typing import Any

from solarctl.drivers import catalogue
from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard

SERVICES = (
    ("open-meteo-solar", "Open-Meteo (no key, anywhere)"),
    ("forecast-solar", "Forecast.Solar (no key, or a paid one)"),
    ("solcast", "Solcast (a key; tells how sure it is)"),
    ("quartz", "Quartz by Open Climate Fix (no key)"),
)


def run(wizard: Wizard) -> None:
    own = wizard.given("sun.latitude") is not None
    if wizard.draft.find("site.latitude") is None and not own:
        wizard.say("  A forecast needs the position of the house; add latitude and longitude to [site].")
        return
    service = wizard.pick("sun.service", "Which service?", SERVICES, "open-meteo-solar")
    values: dict[str, Any] = {"driver": service}
    if own:
        values |= {key: wizard.given(f"sun.{key}") for key in ("latitude", "longitude")}
    if service == "solcast":
        values["api_key"] = wizard.secret("sun.api_key", "Solcast key", "solcast")
        sites = wizard.ask("sun.sites", "Ids of the rooftop sites, with commas", check=checks.not_empty)
        values["sites"] = [one.strip() for one in str(sites).split(",")]
    elif planes := wizard.given("sun.planes"):
        values |= dict(planes[0]) if len(planes) == 1 else {"planes": [dict(one) for one in planes]}
    else:
        values["peak_kw"] = wizard.ask("sun.peak_kw", "Peak power of the panels in kW", check=_positive)
        values["tilt_deg"] = wizard.ask("sun.tilt_deg", "How steep are they, in degrees?", 35, check=_number)
        values["azimuth_deg"] = wizard.ask(
            "sun.azimuth_deg", "Where do they look? 90 east, 180 south", 180, check=_number
        )
    wizard.add_device("sun", values | wizard.addresses("sun"))


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError("That is no number.") from None


def _positive(text: str) -> float:
    found = _number(text)
    if found <= 0:
        raise ValueError("It must be more than 0.")
    return found


STEP = Step(
    "sun",
    "A forecast of the panels' power",
    62,
    run,
    offered=lambda _wizard: "open-meteo-solar" in catalogue.DRIVERS,
)
