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
    wizard.say(
        "  Once, by hand: in the Easee app, set the circuit's current for when the charger is off line to what the"
    )
    wizard.say(
        "  car may draw when nobody steers it (6 A, or 0). It holds whenever a limit's minutes are over, also when"
    )
    wizard.say("  this computer dies. solarctl never writes it: it is kept in flash, which wears out.")
    wizard.add_device("car", {"driver": "easee", "account": account, "charger_id": charger_id})


STEP = Step("easee", "A car charger (Easee)", 40, run, offered=lambda wizard: "easee" in catalogue.DRIVERS)
