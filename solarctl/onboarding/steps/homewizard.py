"""HomeWizard meters and sockets in the house's own network."""

from __future__ import annotations

from typing import Any

from solarctl.drivers import catalogue
from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard


def run(wizard: Wizard) -> None:
    wizard.say("  The local API must be switched on in the app, for each device.")
    hosts = wizard.given("homewizard.hosts") or {}
    numbered = {f"homewizard-{n}": str(host) for n, host in enumerate(hosts, 1)}
    known = dict(hosts) if isinstance(hosts, dict) else numbered
    for name, host in known.items():
        _add(wizard, name, host)
    while not known or wizard.another("homewizard.more", "Another one?"):
        host = wizard.ask("homewizard.host", "Address of the device", check=checks.not_empty)
        name = wizard.ask("homewizard.name", "A name for it", "p1" if not known else "socket")
        _add(wizard, name, host)
        known[name] = host


def _add(wizard: Wizard, name: str, host: str) -> None:
    address = {"base_url": host} if "://" in host else {"host": host}
    values: dict[str, Any] = {"driver": "homewizard", **address}
    if measures := wizard.given(f"homewizard.{name}.measures"):
        values["measures"] = measures
    wizard.add_device(name, values)


STEP = Step(
    "homewizard",
    "HomeWizard meters and sockets",
    24,
    run,
    offered=lambda wizard: "homewizard" in catalogue.DRIVERS,
)
