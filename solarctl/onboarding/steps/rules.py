"""What solarctl shall do: a table for each rule that the devices allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from solarctl.capabilities import (
    BatteryMeter,
    BatteryReserve,
    Charger,
    GridMeter,
    SolarForecast,
    Switch,
    Thermostat,
    WeatherForecast,
)
from solarctl.commands import COMMANDS
from solarctl.onboarding.wizard import Step, Wizard

Table = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A command, what people call it, and the table that the devices make possible (None: they do not)."""

    command: str
    title: str
    table: Callable[[Wizard], Table | None]


def run(wizard: Wizard) -> None:
    possible = {}
    for rule in RULES:
        if rule.command in COMMANDS and wizard.draft.find(rule.command) is None:
            table = rule.table(wizard)
            if table is not None:
                possible[rule.command] = (rule, table)
    if not possible:
        wizard.say("  These devices do not make a further rule possible.")
        return
    options = [(name, f"{name}: {rule.title}") for name, (rule, _) in possible.items()]
    usual = [name for name, (_, table) in possible.items() if _is_meant(wizard, name, table)]
    for name in wizard.pick_many("rules.commands", "What shall it do?", options, usual):
        rule, table = possible[name]
        table |= _of_devices_there(wizard, name, wizard.given(f"rules.{name}") or {})
        wizard.draft.add(name, table, rule.title)


def _of_devices_there(wizard: Wizard, command: str, given: Table) -> Table:
    """Return what imports and answers say of a rule, without devices of the plan that did not come into the config."""
    if command != "plan":
        return dict(given)
    there = set(wizard.draft.names("devices"))
    found = {key: one for key, one in given.items() if key not in ("forecast", "grid", "battery") or one in there}
    if "devices" in found:
        found["devices"] = [load for load in found["devices"] if load.get("device") in there]
        left_out = [str(load.get("device")) for load in given["devices"] if load.get("device") not in there]
        if left_out:
            wizard.say(f"  Not planned, for they are not in the config: {', '.join(left_out)}.")
    return found


def _is_meant(wizard: Wizard, command: str, table: Table) -> bool:
    """Return whether a rule is offered as chosen; not every switch brings the grid in."""
    return command != "grid-guard" or "grid" in str(table["switch"]) or wizard.given("rules.grid-guard") is not None


def _first(wizard: Wizard, key: str, *capabilities: type) -> str | None:
    """Return the device that offers all this; of several the one that is picked, once for all rules."""
    found = wizard.devices_that(*capabilities)
    if len(found) < 2:
        return found[0] if found else None
    if wizard.picked.get(key) not in found:
        question = f"Which is the {key.replace('_', ' ')}?"
        options = [(name, name) for name in found]
        wizard.picked[key] = wizard.pick(f"rules.{key}", question, options, _likely(key, found))
    return wizard.picked[key]


def _likely(key: str, names: list[str]) -> str:
    """Return the name that shares a word with what is asked for, else the first."""
    words = key.split("_")
    return next((name for name in names if any(word in name for word in words)), names[0])


def _grid_guard(wizard: Wizard) -> Table | None:
    battery, switch = _first(wizard, "battery", BatteryMeter), _first(wizard, "grid_relay", Switch)
    return {"battery": battery, "switch": switch} if battery and switch else None


def _peak_mode(wizard: Wizard) -> Table | None:
    battery = _first(wizard, "home_battery", BatteryReserve)
    return {"battery": battery} if battery and wizard.draft.find("tariff.windows") else None


def _precool(wizard: Wizard) -> Table | None:
    thermostats = wizard.devices_that(Thermostat)
    table: Table = {"thermostats": thermostats}
    if battery := _first(wizard, "battery", BatteryMeter):
        table["battery"] = battery
    if weather := _first(wizard, "weather", WeatherForecast):
        table["weather"] = weather
    return table if thermostats and len(table) > 1 and wizard.draft.find("tariff.windows") else None


def _thermostat_step(wizard: Wizard) -> Table | None:
    thermostats, battery = wizard.devices_that(Thermostat), _first(wizard, "battery", BatteryMeter)
    if not thermostats or not battery or not wizard.draft.find("tariff.windows"):
        return None
    return {"battery": battery, "thermostats": thermostats}


def _eod_status(wizard: Wizard) -> Table | None:
    battery = _first(wizard, "home_battery", BatteryMeter, BatteryReserve)
    return {"battery": battery} if battery else None


def _easee_balance(wizard: Wizard) -> Table | None:
    charger, grid = _first(wizard, "charger", Charger), _first(wizard, "grid_meter", GridMeter)
    if not charger or not grid:
        return None
    battery = _first(wizard, "battery", BatteryMeter)
    return {"charger": charger, "grid": grid} | ({"battery": battery} if battery else {})


def _balance(wizard: Wizard) -> Table | None:
    if (wizard.given("rules.balance") or {}).get("loads"):
        return {}
    devices = dict(wizard.draft.raw.get("devices") or {})
    meters = {one.get("measures"): name for name, one in devices.items() if one.get("driver") == "mqtt-meter"}
    loads = [name for name, one in devices.items() if one.get("driver") in ("mqtt-variator", "mqtt-switch")]
    table: Table = {what: meters[what] for what in ("load", "solar") if what in meters}
    if len(table) < 2:
        grid = meters.get("grid") or _first(wizard, "grid_meter", GridMeter)
        table = {"grid": grid} if grid else {}
    return table | {"loads": [{"device": name} for name in loads]} if table and loads else None


def _plan(wizard: Wizard) -> Table | None:
    known = dict(wizard.given("rules.plan") or {})
    forecast, grid = _first(wizard, "forecast", SolarForecast), _first(wizard, "grid_meter", GridMeter)
    there = wizard.draft.names("devices")
    loads = [load for load in known.get("devices") or () if load.get("device") in there]
    loads = loads or [load for name in wizard.devices_that(Switch) if (load := _load(wizard, name))]
    if not forecast or not grid or not loads:
        return None
    battery = _first(wizard, "home_battery", BatteryMeter)
    return {"forecast": forecast, "grid": grid} | ({"battery": battery} if battery else {}) | {"devices": loads}


def _load(wizard: Wizard, name: str) -> Table | None:
    """Return what is planned for a socket: asked of a person only; answers list the loads under rules.plan."""
    if not wizard.another(f"rules.{name}", f"Shall {name} be planned (a boiler, a bike)?"):
        return None
    power_w = wizard.ask(f"rules.{name}.power_w", "What does it draw, in W?", check=float)
    capacity_kwh = wizard.ask(f"rules.{name}.capacity_kwh", "What does it take in a day, in kWh?", check=float)
    need = wizard.confirm(f"rules.{name}.daily_need", "Must it have that every day, sun or not?")
    return {"device": name, "power_w": power_w, "capacity_kwh": capacity_kwh, "daily_need": need}


RULES = (
    Rule("plan", "plan tomorrow's sun: boilers and bikes when it is cheapest", _plan),
    Rule("grid-guard", "bring the grid in while the battery is low", _grid_guard),
    Rule("peak-mode", "lower the battery's reserve while power is dear", _peak_mode),
    Rule("precool", "cool the house down before power becomes dear", _precool),
    Rule("thermostat-step", "let the house get warmer as the battery runs down", _thermostat_step),
    Rule("easee-balance", "charge the car from what is left over", _easee_balance),
    Rule("balance", "give every surplus watt a place: water heaters, radiators", _balance),
    Rule("eod-status", "say in the evening how the day went", _eod_status),
)
STEP = Step("rules", "The rules", 90, run, optional=False)
