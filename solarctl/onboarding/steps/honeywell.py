"""Thermostats of Honeywell's Total Connect Comfort portal: log in once, list them, choose."""

from __future__ import annotations

from functools import partial

from solarctl.drivers.honeywell_portal import Found
from solarctl.onboarding import checks
from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Step, Wizard


def run(wizard: Wizard) -> None:
    wizard.say("  The portal allows few log-ins; this one is kept for the runs to come.")
    while True:
        values = {
            "service": "honeywell-tcc",
            "username": wizard.ask("honeywell.username", "E-mail address at the portal", check=checks.not_empty),
            "password": wizard.secret("honeywell.password", "Password", "honeywell"),
        }
        account = wizard.add_account("honeywell", values | wizard.addresses("honeywell"))
        found = wizard.attempt(partial(_listed, account=account), "Type it once more?")
        if found is not None or not wizard.dialogue.interactive:
            break
        wizard.draft.drop(f"accounts.{account}")
        if not wizard.confirm("honeywell.again", "Another address or password?", default=False):
            return
    if not found:
        wizard.draft.drop(f"accounts.{account}")
        wizard.say("  Without a thermostat the account is left out.")
        return
    options = [(one.device_id, _label(one)) for one in found]
    chosen = wizard.pick_many("honeywell.thermostats", "Thermostats", options, [value for value, _ in options])
    for one in found:
        if one.device_id in chosen:
            wizard.add_device(one.name, {"driver": "honeywell-tcc", "account": account, "device_id": one.device_id})


def _listed(trial: Trial, account: str) -> list[Found]:
    found: list[Found] = trial.site.account(account).thermostats()
    return found


def _label(one: Found) -> str:
    shown = "" if one.indoor_deg is None else f", {one.indoor_deg:g} °{one.unit}"
    return f"{one.name} ({one.location}, number {one.device_id}{shown if one.alive else ', off line'})"


STEP = Step("honeywell", "Thermostats (Honeywell Total Connect Comfort)", 50, run)
