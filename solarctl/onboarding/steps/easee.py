"""An Easee charger."""

from __future__ import annotations

from solarctl.drivers import catalogue
from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard


def run(wizard: Wizard) -> None:
    values = {
        "service": "easee",
        "username": wizard.ask("easee.username", "Easee user (mail address or phone number)", check=checks.not_empty),
        "password": wizard.secret("easee.password", "Password", "easee"),
    }
    account = wizard.add_account("easee", values | wizard.addresses("easee"))
    charger_id = wizard.ask("easee.charger_id", "Charger id, on its label (EH…)", check=checks.not_empty)
    wizard.add_device("car", {"driver": "easee", "account": account, "charger_id": charger_id})


STEP = Step("easee", "A car charger (Easee)", 40, run, offered=lambda wizard: "easee" in catalogue.DRIVERS)
