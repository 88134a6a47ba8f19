"""A weather forecast."""

from __future__ import annotations

from typing import Any

from solarctl.onboarding.wizard import Step, Wizard

SERVICES = (
    ("open-meteo", "Open-Meteo (no key, anywhere)"),
    ("openweather", "OpenWeather (a key)"),
    ("nws", "US National Weather Service (no key, United States)"),
)


def run(wizard: Wizard) -> None:
    if wizard.draft.find("site.latitude") is None:
        wizard.say("  A forecast needs the position of the house; add latitude and longitude to [site].")
        return
    service = wizard.pick("weather.service", "Which service?", SERVICES, "open-meteo")
    values: dict[str, Any] = {"driver": service}
    if service == "openweather":
        values["api_key"] = wizard.secret("weather.api_key", "OpenWeather key", "openweather")
        values["product"] = wizard.pick(
            "weather.product",
            "Which product?",
            [("onecall", "One Call 3.0 (subscription)"), ("forecast", "free forecast")],
            "onecall",
        )
    if service == "nws":
        values["contact"] = wizard.ask(
            "weather.contact", "Your mail address, for the service's operators (may be empty)", ""
        )
    wizard.add_device("weather", values | wizard.addresses("weather"))


STEP = Step("weather", "A weather forecast", 60, run)
