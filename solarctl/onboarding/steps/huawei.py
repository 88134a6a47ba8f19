"""A Huawei SUN2000 inverter in the house's own network."""

from __future__ import annotations

from solarctl.drivers import catalogue
from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard

RARELY = ("more_units", "settle_s", "timeout_s")  # taken from answers and imports; nobody is asked


def run(wizard: Wizard) -> None:
    wizard.say("  Modbus TCP must be switched on in the dongle's settings, and takes one client at a time.")
    values = {
        "driver": "huawei-sun2000",
        "host": wizard.ask("huawei.host", "Address of the dongle", check=checks.not_empty),
        "port": wizard.ask("huawei.port", "Port", 502, check=checks.whole),
        "unit": wizard.ask("huawei.unit", "Unit id", 1, check=checks.whole),
    }
    values |= {key: known for key in RARELY if (known := wizard.given(f"huawei.{key}")) is not None}
    wizard.add_device("sun2000", values)


STEP = Step(
    "huawei", "A Huawei SUN2000 inverter", 22, run, offered=lambda wizard: "huawei-sun2000" in catalogue.DRIVERS
)
