"""Meters that publish to an MQTT broker."""

from __future__ import annotations

from typing import Any

from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard

MEASURES = (
    ("grid", "the grid connection, export negative"),
    ("load", "what the house uses"),
    ("solar", "the panels"),
    ("battery", "a battery, charging negative"),
    ("device", "one load"),
)


def run(wizard: Wizard) -> None:
    account = wizard.known_account("mqtt", "mqtt") or _account(wizard)
    for name, device in (wizard.given("mqtt.devices") or {}).items():
        if wizard.draft.find(f"devices.{name}") is None:
            wizard.add_device(name, dict(device) | {"account": account})
    meters = wizard.given("mqtt.meters") or []
    for meter in meters:
        wizard.add_device(str(meter.get("name", "meter")), _meter(account, dict(meter)))
    while wizard.another("mqtt.more", "Add a meter?", default=not meters and not wizard.given("mqtt.devices")):
        meter = {
            "topic": wizard.ask("mqtt.topic", "Topic", check=checks.not_empty),
            "field": wizard.ask("mqtt.field", "Field with the power in W", "power"),
            "measures": wizard.pick("mqtt.measures", "What does it measure?", MEASURES),
        }
        wish = wizard.ask("mqtt.name", "A name for it", f"{meter['measures']}-meter")
        wizard.add_device(wish, _meter(account, meter))


def _account(wizard: Wizard) -> str:
    values: dict[str, Any] = {
        "service": "mqtt",
        "host": wizard.ask("mqtt.host", "Address of the broker", "127.0.0.1", check=checks.not_empty),
        "port": wizard.ask("mqtt.port", "Port", 1883, check=checks.whole),
    }
    if username := wizard.ask("mqtt.username", "User name (empty: none)", ""):
        values |= {"username": username, "password": wizard.secret("mqtt.password", "Password", "mqtt")}
    return wizard.add_account("broker", values)


def _meter(account: str, meter: dict[str, Any]) -> dict[str, Any]:
    return {"driver": "mqtt-meter", "account": account} | {key: value for key, value in meter.items() if key != "name"}


STEP = Step("mqtt", "Meters on an MQTT broker", 28, run)
