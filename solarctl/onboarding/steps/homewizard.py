"""HomeWizard meters, sockets and batteries in the house's own network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solarctl.drivers import catalogue
from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard

MEASURES = (
    ("", "what it is made for (P1 meter: the grid; socket: one load)"),
    ("grid", "the grid"),
    ("solar", "the panels"),
    ("load", "the whole house"),
    ("device", "one load"),
)


def run(wizard: Wizard) -> None:
    wizard.say("  The local API must be switched on in the app, for each device.")
    hosts = {name: {"host": host} for name, host in (wizard.given("homewizard.hosts") or {}).items()}
    known = hosts | dict(wizard.given("homewizard.devices") or {})
    for name, values in known.items():
        _add(wizard, name, values)
    while not known or wizard.another("homewizard.more", "Another one?"):
        values = {"host": wizard.ask("homewizard.host", "Address of the device", check=checks.not_empty)}
        name = wizard.ask("homewizard.name", "A name for it", "p1" if not known else "socket")
        if measures := wizard.pick("homewizard.measures", "What does it measure?", MEASURES, ""):
            values["measures"] = measures
        if token := wizard.ask("homewizard.token", "Token of API v2, for a battery (empty: none)", "", secret=True):
            values["token"] = token
        _add(wizard, name, values)
        known[name] = values


def _add(wizard: Wizard, name: str, values: Mapping[str, Any]) -> None:
    table: dict[str, Any] = {"driver": "homewizard"} | dict(values)
    if "://" in str(table.get("host")):
        table["base_url"] = table.pop("host")
    if isinstance(table.get("token"), str):
        table["token"] = wizard.draft.secret(name, table["token"])
    wizard.add_device(name, table)


STEP = Step(
    "homewizard",
    "HomeWizard meters, sockets, batteries",
    24,
    run,
    offered=lambda wizard: "homewizard" in catalogue.DRIVERS,
)
