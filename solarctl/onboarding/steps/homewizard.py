"""HomeWizard devices in the house's own network: searched for, or by address; v2 by the button."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solarctl.drivers import catalogue
from solarctl.drivers.homewizard_discovery import Found, discover
from solarctl.drivers.homewizard_pairing import Paired, pair
from solarctl.errors import DeviceLoginError, SolarctlError
from solarctl.onboarding import checks
from solarctl.onboarding.wizard import Step, Wizard

BATTERY, P1, SOCKET = "HWE-BAT", "HWE-P1", "HWE-SKT"
NAMES = {P1: "p1", SOCKET: "socket", BATTERY: "plug-in-battery"}
BUTTON = "button"  # in place of a token: the device's button will be pressed
UNPLANNED = ("HWE-WTR", "HWE-DSP")  # water and the display: nothing that solarctl could use
MEASURES = (
    ("", "what it is made for (P1 meter: the grid; socket: one load)"),
    ("grid", "the grid"),
    ("solar", "the panels"),
    ("load", "the whole house"),
    ("device", "one load"),
)


def run(wizard: Wizard) -> None:
    wizard.say("  The local API must be switched on in the app, for each device.")
    hosts = {name: {"host": host} for name, host in (wizard.given("homewizard.hosts") or {}).items()}
    known = hosts | dict(wizard.given("homewizard.devices") or {})
    for name, values in known.items():
        _add(wizard, name, values)
    search = wizard.given("homewizard.search") is True  # in a file of answers; a person is asked
    if search or (not known and wizard.another("homewizard.search", "Search the network for them?", default=True)):
        there = {_told(values.get(key)) for values in known.values() for key in ("serial", "host", "base_url")}
        for one in _searched(wizard):
            if there & {_told(one.serial), _told(one.address("v1")), _told(one.address("v2"))}:
                continue
            is_v2 = "v1" not in one.versions or not one.api_enabled
            values = {"host": one.address("v2" if is_v2 else "v1"), "serial": one.serial} | _measures(wizard, one)
            known[one.serial] = values
            _add(wizard, NAMES.get(one.product_type, "kwh-meter"), values, is_v2=is_v2)
    while not (known or search) or wizard.another("homewizard.more", "Another one, by its address?"):
        values = {"host": wizard.ask("homewizard.host", "Address of the device", check=checks.not_empty)}
        name = wizard.ask("homewizard.name", "A name for it", "p1" if not known else "socket")
        if measures := wizard.pick("homewizard.measures", "What does it measure?", MEASURES, ""):
            values["measures"] = measures
        known[name] = values
        hint = "Token of API v2, for a battery (empty: none; button: press the device's button instead)"
        token = wizard.ask("homewizard.token", hint, "", secret=True)
        if token:
            values["token"] = token
        _add(wizard, name, values)


def _told(text: object) -> str:
    """Return a serial or address as it is compared."""
    return "".join(letter for letter in str(text or "no device").lower() if letter.isalnum())


def _measures(wizard: Wizard, one: Found) -> dict[str, str]:
    """Return what a kWh meter measures; the others say so by their kind."""
    if one.product_type in NAMES:
        return {}
    found = wizard.pick("homewizard.measures", f"What does {_label(one)} measure?", MEASURES[2:], "solar")
    return {"measures": found}


def _searched(wizard: Wizard) -> list[Found]:
    """Return the devices that were found and chosen; those whose local API is off are named."""
    try:
        found = [one for one in discover(wizard.clock.monotonic) if one.product_type not in UNPLANNED]
    except OSError as error:
        wizard.say(f"  The network cannot be searched ({error.strerror}); give addresses instead.")
        return []
    if not found:
        wizard.say("  Nothing answered; is this computer in the same network? Give addresses instead.")
        return []
    for one in found:
        if not one.api_enabled:
            wizard.say(f"  {_label(one)}: the local API is off; switch it on in the app, then search again.")
    usable = [one for one in found if one.api_enabled or "v2" in one.versions]
    options = [(one.serial, _label(one)) for one in usable]
    chosen = wizard.pick_many("homewizard.found", "Which of these?", options, [serial for serial, _ in options])
    return [one for one in usable if one.serial in chosen]


def _label(one: Found) -> str:
    return f"{one.product_name or one.product_type} at {one.host} (serial {one.serial})"


def _add(wizard: Wizard, name: str, values: Mapping[str, Any], *, is_v2: bool = False) -> None:
    table: dict[str, Any] = {"driver": "homewizard"} | dict(values)
    if "://" in str(table.get("host")):
        table["base_url"] = table.pop("host")
    if table.get("token") == BUTTON:
        is_v2 = True
        del table["token"]
    if isinstance(table.get("token"), str):
        table["token"] = wizard.draft.secret(name, table["token"])
    elif "token" not in table and (is_v2 or str(table.get("base_url", "")).startswith("https://")):
        paired = _paired(wizard, name, table)
        if paired is None:
            wizard.say(f"  Without a token {name} is left out.")
            return
        table |= _kept(wizard, name, paired)
    wizard.add_device(name, table, mend=lambda added, error: _paired_anew(wizard, added, table, error))


def _paired_anew(wizard: Wizard, name: str, table: Mapping[str, Any], error: SolarctlError) -> bool:
    """Offer the button where the device refuses its token; return whether there is a new one."""
    if not isinstance(error, DeviceLoginError) or "token" not in table:
        return False
    offer = f"Pair {name} anew, by its button?"
    if not wizard.confirm("homewizard.pair_again", offer, default=wizard.dialogue.interactive):
        return False
    paired = _paired(wizard, name, table)
    if paired is None:
        return False
    wizard.draft.drop(f"devices.{name}")  # with the secret that is none
    wizard.draft.add(f"devices.{name}", {**table, **_kept(wizard, name, paired)})
    return True


def _kept(wizard: Wizard, name: str, paired: Paired) -> dict[str, Any]:
    """Return the keys of a paired device; its token goes to a file of its own."""
    token = {"token": wizard.draft.secret(name, paired.token)}
    return token | ({"serial": paired.serial} if paired.serial else {})


def _paired(wizard: Wizard, name: str, table: Mapping[str, Any]) -> Paired | None:
    """Return a new token, once the device's button has been pressed."""
    wizard.urge(f"  Press the button of {name} now (a kWh meter: hold its Wi-Fi button for a second); within a minute.")
    host, ca_file = str(table.get("base_url") or table["host"]), table.get("ca_file")
    ca = None if ca_file is None else wizard.draft.path.parent / Path(ca_file)
    return wizard.attempt(lambda trial: pair(trial.context, name, host, ca_file=ca), "Shall it be tried again?")


STEP = Step(
    "homewizard",
    "HomeWizard meters, sockets and batteries",
    24,
    run,
    offered=lambda wizard: "homewizard" in catalogue.DRIVERS,
)
