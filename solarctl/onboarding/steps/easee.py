"""An Easee charger: log in, list the chargers, choose; site and circuit are found out and shown."""

from __future__ import annotations

from typing import Any

from solarctl.drivers import catalogue
from solarctl.errors import DeviceError
from solarctl.onboarding import checks
from solarctl.onboarding.logging_in import account_that_lists
from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Step, Wizard


def run(wizard: Wizard) -> None:
    found = account_that_lists(
        wizard,
        "easee",
        "easee",
        _account,
        _chargers,
        nothing="This account sees no charger.",
        again="Another user or password?",
    )
    if found is None:
        return
    account, listed = found
    charger_id = wizard.pick("easee.charger_id", "Which charger?", listed, listed[0][0])
    if not wizard.add_device("car", {"driver": "easee", "account": account, "charger_id": charger_id}):
        wizard.drop_unused(account)


def _account(wizard: Wizard) -> str:
    values = {
        "service": "easee",
        "username": wizard.ask("easee.username", "Easee user (mail address or phone number)", check=checks.not_empty),
        "password": wizard.secret("easee.password", "Password", "easee"),
    }
    return wizard.add_account("easee", values | wizard.addresses("easee"))


def _chargers(account: str, trial: Trial) -> list[tuple[str, str]]:
    """Return (id, label) of the account's chargers, with the circuit each hangs on."""
    opened = trial.site.account(account)
    rows = opened.call(account, "GET", "/api/chargers").json()
    found = [row for row in rows if isinstance(row, dict) and row.get("id")] if isinstance(rows, list) else []
    return [(str(row["id"]), _label(opened, row)) for row in found]


def _label(opened: Any, row: dict[str, Any]) -> str:
    return f"{row.get('name') or 'charger'} ({row['id']}{_circuit(opened, row['id'])})"


def _circuit(opened: Any, charger_id: str) -> str:
    try:
        site = opened.call(charger_id, "GET", f"/api/chargers/{charger_id}/site").json()
    except DeviceError:
        return ""  # a name for a list; the driver finds its circuit, or says why not
    if not isinstance(site, dict):
        return ""
    circuits = [one for one in site.get("circuits") or () if isinstance(one, dict)]
    words = [f"circuit {one.get('panelName') or one.get('id')}, {one['ratedCurrent']:g} A" for one in circuits
             if isinstance(one.get("ratedCurrent"), int | float)]  # fmt: skip
    return f", {words[0]}" if len(words) == 1 else ""


STEP = Step("easee", "A car charger (Easee)", 40, run, offered=lambda wizard: "easee" in catalogue.DRIVERS)
