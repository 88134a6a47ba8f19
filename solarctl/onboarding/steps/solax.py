"""SolaX inverters by way of SolaxCloud."""

from __future__ import annotations

from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard


def run(wizard: Wizard) -> None:
    while True:
        account = wizard.known_account("solax-cloud", "solax") or _account(wizard)
        serial = wizard.ask("solax.serial", "Registration number of the dongle", check=checks.not_empty)
        if wizard.add_device("inverter", {"driver": "solax-cloud", "account": account, "serial": serial}):
            return
        wizard.drop_unused(account)
        if not wizard.another("solax.again", "Type token and number once more?"):
            return


def _account(wizard: Wizard) -> str:
    wizard.say("  The token is at global.solaxcloud.com under Service, API; the registration number under Device.")
    values = {"service": "solax-cloud", "token": wizard.secret("solax.token", "SolaxCloud token", "solax")}
    if api := wizard.given("solax.api"):
        values["api"] = api
    return wizard.add_account("solax", values | wizard.addresses("solax"))


STEP = Step("solax", "A SolaX inverter (SolaxCloud)", 20, run)
