"""config.ini of the Python Solar Energy Balancer: broker, meters, equipments in order, levels by season, Domoticz."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solarctl.onboarding.imported import Imported

NONE = ("", "none", "false", "nok")
SEASONS = ("spring", "summer", "fall", "winter")
VARIATORS = ("water_heater", "variable")


def read(path: Path, text: str) -> Imported | None:
    if path.suffix not in (".ini", ".cfg", ".sample"):
        return None
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    if not parser.has_section("equipments") or not parser.has_section("mqtt"):
        return None
    ini = {section: dict(parser.items(section)) for section in parser.sections()}
    notes: list[str] = []
    devices: dict[str, dict[str, Any]] = {}
    mqtt = ini["mqtt"]
    for name, key, measures in (("house-meter", "topic_cons", "load"), ("pv-meter", "topic_prod", "solar")):
        if topic := _text(mqtt, key):
            devices[name] = {"driver": "mqtt-meter", "topic": topic, "field": "power", "measures": measures}
    loads = [_load(name, kind.strip(), ini, devices, path, notes) for name, kind in ini["equipments"].items()]
    table: dict[str, Any] = {"load": "house-meter", "solar": "pv-meter"}
    table |= _numbers(ini.get("evaluate", {}), {"margin": "margin_w"})
    table["status_topic"] = _text(mqtt, "topic_status") or "regul/status"
    table["force_topic"] = _text(mqtt, "topic_force") or "regul/mode"
    if mode_topic := _text(mqtt, "topic_ecsmode"):
        table["mode_topic"] = mode_topic
    if (init_at := _number(ini.get("evaluate", {}), "init_at")) is not None:
        table["day_start"] = f"{int(init_at) % 24:02}:00"
    if domoticz := _domoticz(ini.get("domoticz", {})):
        table["domoticz"] = domoticz
    table["loads"] = [load for load in loads if load]
    if _flag(ini.get("debug", {}), "simulation"):
        notes.append("Its simulation mode put simu/ before topics; solarctl balance --dry-run takes its place.")
    if "cloudforecast" in {section.lower() for section in ini} or "openweathermap" in ini:
        notes.append("For the clouds name a weather device: weather = … in [balance] (open-meteo needs no key).")
    broker = {"host": _text(mqtt, "broker_ip") or "127.0.0.1", "port": int(_number(mqtt, "port") or 1883)}
    return Imported({"mqtt": broker | {"devices": devices}, "rules": {"balance": table}}, notes=tuple(notes))


def _load(
    name: str, kind: str, ini: Mapping[str, dict[str, str]], devices: dict[str, dict[str, Any]], path: Path,
    notes: list[str],
) -> dict[str, Any] | None:  # fmt: skip
    section = ini.get(name, {})
    topic = _text(section, "topic_set_power")
    if not topic or kind not in (*VARIATORS, "constant"):
        notes.append(f"The equipment {name} ({kind or 'no type'}) was not taken: no topic or an unknown type.")
        return None
    load: dict[str, Any] = {"device": name}
    if kind == "constant":
        payloads = {"payload_on": _text(section, "json_on"), "payload_off": _text(section, "json_off")}
        devices[name] = {"driver": "mqtt-switch", "topic": topic} | {k: v for k, v in payloads.items() if v}
        load |= _numbers(section, {"max_power": "power_w"})
    else:
        curve = path.parent / f"power_calibration_{name}.csv"
        devices[name] = {
            "driver": "mqtt-variator",
            "topic": topic,
            "curve": str(curve) if curve.exists() else curve.name,
        }
        devices[name] |= _numbers(section, {"min_percent": "min_percent"})
        load |= _numbers(section, {"min_power": "min_w"})
        if not curve.exists():
            notes.append(f"Put {curve.name} beside config.toml, or measure it anew: solarctl calibrate {name}.")
    if read_topic := _text(section, "topic_read_power"):
        field = _text(section, "json_read_power") or "power"
        devices[f"{name}-meter"] = {
            "driver": "mqtt-meter", "topic": read_topic, "field": field, "measures": "device",
        }  # fmt: skip
        load["meter"] = f"{name}-meter"
    if kind == "water_heater" and "fallback" in ini:
        load["guarantee"] = _guarantee(section, ini)
    return load


def _guarantee(section: Mapping[str, str], ini: Mapping[str, dict[str, str]]) -> dict[str, Any]:
    evaluate, fallback, season = ini.get("evaluate", {}), ini["fallback"], ini.get("season", {})
    by, check = int(_number(evaluate, "init_at") or 6) % 24, int(_number(evaluate, "check_at") or 1) % 24
    found: dict[str, Any] = {"by": f"{by:02}:00", "check_h": float((by - check) % 24 or 1)}
    for name in SEASONS:
        today, two = (_number(fallback, f"low_nrj_{days}_{name}") for days in ("today", "two_days"))
        if today is not None:
            found[name] = {"kwh": today / 1000, "two_day_kwh": (two or 0) / 1000}
    winter = found.get("winter", {"kwh": 7.0, "two_day_kwh": 12.0})
    found |= {"kwh": winter["kwh"], "two_day_kwh": winter["two_day_kwh"]}
    for key, ours in (("morning", "morning_kwh"), ("full", "full_kwh")):
        if (value := _number(section, key)) is not None:
            found[ours] = value / 1000
    found |= _numbers(evaluate, {"good_forecast": "good_forecast_pct", "ecs_measure_correction": "correction"})
    days = [_number(season, f"yday_{name}") for name in SEASONS]
    if None not in days:
        found["season_days"] = [int(day or 0) for day in days]
    return found


def _domoticz(section: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, flag in (("injection", "send_injection"), ("grid", "send_grid"), ("ecs_mode", "send_domoticz")):
        idx = _number(section, f"idx_{name}")
        if idx and _flag(section, flag, default=True):
            found["mode_idx" if name == "ecs_mode" else f"{name}_idx"] = int(idx)
    return found


def _numbers(section: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    found = {ours: _number(section, theirs) for theirs, ours in names.items()}
    return {ours: value for ours, value in found.items() if value is not None}


def _number(section: Mapping[str, str], key: str) -> float | None:
    try:
        return float(section[key].split()[0].replace(",", "."))
    except (KeyError, ValueError, IndexError):
        return None


def _text(section: Mapping[str, str], key: str) -> str:
    value = (
        section.get(key, "").strip().strip("'\"") if not section.get(key, "").lstrip().startswith("{") else section[key]
    )
    return "" if value.lower() in NONE else value.strip()


def _flag(section: Mapping[str, str], key: str, *, default: bool = False) -> bool:
    return section[key].strip().lower() in ("true", "ok") if key in section else default
