"""Thermostats of Honeywell's Total Connect Comfort portal: log in once, list them, choose."""

from __future__ import annotations

from solarctl.drivers.honeywell_portal import Found
from solarctl.onboarding import checks
from solarctl.onboarding.logging_in import account_that_lists
from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Step, Wizard


def run(wizard: Wizard) -> None:
    logged_in = account_that_lists(
        wizard,
        "honeywell-tcc",
        "honeywell",
        _account,
        _listed,
        nothing="This account has no thermostat.",
        again="Another address or password?",
    )
    if logged_in is None:
        return
    account, found = logged_in
    options = [(one.device_id, _label(one)) for one in found]
    chosen = wizard.pick_many("honeywell.thermostats", "Thermostats", options, [value for value, _ in options])
    for one in found:
        if one.device_id in chosen:
            wizard.add_device(one.name, {"driver": "honeywell-tcc", "account": account, "device_id": one.device_id})
    wizard.drop_unused(account)


def _account(wizard: Wizard) -> str:
    wizard.say("  The portal allows few log-ins; this one is kept for the runs to come.")
    values = {
        "service": "honeywell-tcc",
        "username": wizard.ask("honeywell.username", "E-mail address at the portal", check=checks.not_empty),
        "password": wizard.secret("honeywell.password", "Password", "honeywell"),
    }
    return wizard.add_account("honeywell", values | wizard.addresses("honeywell"))


def _listed(account: str, trial: Trial) -> list[Found]:
    found: list[Found] = trial.site.account(account).thermostats()
    return found


def _label(one: Found) -> str:
    shown = "" if one.indoor_deg is None else f", {one.indoor_deg:g} °{one.unit}"
    return f"{one.name} ({one.location}, number {one.device_id}{shown if one.alive else ', off line'})"


STEP = Step("honeywell", "Thermostats (Honeywell Total Connect Comfort)", 50, run)
