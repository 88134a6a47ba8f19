"""Relays and sockets of Tuya's cloud (Smart Life): list what the project sees, choose."""

from __future__ import annotations

from typing import Any

from solarctl.errors import UsageError
from solarctl.onboarding import checks
from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Step, Wizard

REGIONS = (("eu", "Europe"), ("eu-w", "Western Europe"), ("us", "America"), ("us-e", "Eastern America"),
           ("cn", "China"), ("in", "India"), ("sg", "Singapore"))  # fmt: skip


def run(wizard: Wizard) -> None:
    account = wizard.known_account("tuya", "tuya") or _account(wizard)
    listed = wizard.attempt(lambda trial: _linked(trial, account), essential=False)
    wanted = wizard.given("tuya.device_ids") or wizard.given("tuya.device_id") or []
    if not isinstance(wanted, list):
        wanted = [wanted]
    if listed:
        default = [device_id for device_id, _ in listed] if len(listed) == 1 else []
        wanted = wizard.pick_many("tuya.device_ids", "Which relays?", listed, wanted or default)
    if not wizard.dialogue.interactive and wanted in ([], ["all"]):
        hint = 'Add device_ids = ["…"] to [tuya]; they stand in the Tuya console, Devices.'
        raise UsageError("the answers do not say tuya.device_ids (the relays), and they could not be listed", hint=hint)
    if not wanted:
        wanted = [wizard.ask("tuya.device_id", "Device id of the relay", check=checks.not_empty)]
    added = []
    for number, device_id in enumerate(wanted):
        wish = wizard.ask(f"tuya.name_{number + 1}", f"A name for {device_id}", _usual_name(number))
        added.append(
            wizard.add_device(wish, {"driver": "tuya-switch", "account": account, "device_id": str(device_id)})
        )
    if not any(added):
        wizard.drop_unused(account)


def _account(wizard: Wizard) -> str:
    wizard.say("  Access ID and Secret are in your cloud project at platform.tuya.com.")
    values = {
        "service": "tuya",
        "region": wizard.pick("tuya.region", "Data centre of the app account", REGIONS, "eu"),
        "client_id": wizard.ask("tuya.client_id", "Access ID", check=checks.not_empty),
        "client_secret": wizard.secret("tuya.client_secret", "Access Secret", "tuya"),
    }
    return wizard.add_account("tuya", values | wizard.addresses("tuya"))


def _usual_name(number: int) -> str:
    return "grid-relay" if number == 0 else f"relay-{number + 1}"


def _linked(trial: Trial, account: str) -> list[tuple[str, str]]:
    """Return (id, label) of the devices linked to the project."""
    opened = trial.site.account(account)
    answer = opened.call(account, "GET", "/v1.0/iot-01/associated-users/devices", query={"size": "50"})
    result = opened.result_of(account, answer)
    rows: list[Any] = result.get("devices", []) if isinstance(result, dict) else []
    return [(str(row["id"]), _label(row)) for row in rows if isinstance(row, dict) and row.get("id")]


def _label(row: dict[str, Any]) -> str:
    return f"{row.get('name') or 'nameless'} ({row['id']}{'' if row.get('online', True) else ', off line'})"


STEP = Step("tuya", "A relay or socket of Tuya's cloud (Smart Life)", 30, run)
