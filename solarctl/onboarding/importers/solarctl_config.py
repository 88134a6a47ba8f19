"""Another solarctl's config.toml, such as that of a served demo: its accounts, devices and addresses as answers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solarctl.decode import Mistake
from solarctl.onboarding.imported import Imported
from solarctl.secret_sources import resolve

STEPS = {"solax-cloud": "solax", "tuya": "tuya", "tesla": "tesla", "honeywell-tcc": "honeywell", "easee": "easee",
         "mqtt": "mqtt"}  # fmt: skip
WEATHER = ("open-meteo", "openweather", "nws")
COMMANDS = ("grid-guard", "peak-mode", "precool", "thermostat-step", "easee-balance", "eod-status", "balance")


def read(path: Path, text: str) -> Imported | None:
    if path.suffix != ".toml":
        return None
    try:
        config = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    if not isinstance(config.get("site"), Mapping) or not isinstance(config.get("devices"), Mapping):
        return None
    answers: dict[str, Any] = {}
    for key in ("site", "tariff", "mail", "heartbeat"):
        if isinstance(config.get(key), Mapping):
            answers[key] = _plain(config[key], path.parent)
    accounts = config.get("accounts") or {}
    for account in accounts.values():
        if (step := STEPS.get(str(account.get("service")))) is not None:
            answers[step] = _plain(account, path.parent)
    for name, device in config["devices"].items():
        _add_device(answers, name, device, accounts, path.parent)
    answers["rules"] = {name: _own(config[name]) for name in COMMANDS if isinstance(config.get(name), Mapping)}
    return Imported(answers)


def _add_device(
    answers: dict[str, Any], name: str, device: Mapping[str, Any], accounts: Mapping[str, Any], folder: Path
) -> None:
    driver = device.get("driver")
    step = STEPS.get((accounts.get(str(device.get("account"))) or {}).get("service", ""))
    if driver in WEATHER:
        answers["weather"] = {"service": driver} | _plain(device, folder)
    elif driver == "tuya-switch":
        known = answers["tuya"].setdefault("device_ids", [])
        known.append(device.get("device_id"))
        answers["tuya"][f"name_{len(known)}"] = name
    elif driver == "honeywell-tcc":
        answers["honeywell"].setdefault("thermostats", []).append(device.get("device_id"))
    elif step == "mqtt":
        answers["mqtt"].setdefault("devices", {})[name] = {k: v for k, v in device.items() if k != "account"}
    elif driver == "huawei-sun2000":
        answers["huawei"] = dict(device)
    elif driver == "homewizard":
        table = {key: value for key, value in _plain(device, folder).items() if key != "driver"}
        if "ca_file" in table:
            table["ca_file"] = str(folder / table["ca_file"])
        answers.setdefault("homewizard", {}).setdefault("devices", {})[name] = table
    elif step is not None:
        answers[step] |= {key: value for key, value in device.items() if key in ("serial", "site_id", "charger_id")}


def _own(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule's keys that name no devices; those are asked for."""
    names = ("battery", "switch", "thermostats", "weather", "charger", "grid")
    return {key: value for key, value in table.items() if key not in names}


def _plain(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a table with its { file = … } read; other references stay."""
    plain: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and set(value) == {"file"}:
            try:
                plain[key] = resolve(value, folder).reveal()
            except Mistake:
                continue
        else:
            plain[key] = value
    return plain
