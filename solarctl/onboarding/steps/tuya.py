"""Relays and sockets of Tuya's cloud (Smart Life)."""

from __future__ import annotations

from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard

REGIONS = (("eu", "Europe"), ("eu-w", "Western Europe"), ("us", "America"), ("us-e", "Eastern America"),
           ("cn", "China"), ("in", "India"), ("sg", "Singapore"))  # fmt: skip


def run(wizard: Wizard) -> None:
    wizard.say("  Access ID and Secret are in your cloud project at platform.tuya.com; the device ids under Devices.")
    values = {
        "service": "tuya",
        "region": wizard.pick("tuya.region", "Data centre of the app account", REGIONS, "eu"),
        "client_id": wizard.ask("tuya.client_id", "Access ID", check=checks.not_empty),
        "client_secret": wizard.secret("tuya.client_secret", "Access Secret", "tuya"),
    }
    account = wizard.add_account("tuya", values | wizard.addresses("tuya"))
    known = list(wizard.given("tuya.device_ids") or ())
    for number, device_id in enumerate(known):
        name = "grid-relay" if number == 0 else f"relay-{number + 1}"
        wizard.add_device(name, {"driver": "tuya-switch", "account": account, "device_id": str(device_id)})
    while not known or wizard.another("tuya.more", "Another relay?"):
        device_id = wizard.ask("tuya.device_id", "Device id of the relay", check=checks.not_empty)
        wish = wizard.ask("tuya.name", "A name for it", "grid-relay")
        wizard.add_device(wish, {"driver": "tuya-switch", "account": account, "device_id": device_id})
        known = [device_id]


STEP = Step("tuya", "A relay or socket of Tuya's cloud (Smart Life)", 30, run)
