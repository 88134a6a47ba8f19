"""`device …`: one-off readings and switching by hand, with the same verification and record as any run."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import click

from solarctl.capabilities import (
    BatteryMode,
    BatteryReserve,
    Charger,
    DataPoints,
    PowerLimiter,
    Switch,
    Thermostat,
)
from solarctl.cli_options import Finite, site_command
from solarctl.decision import (
    Action,
    Decision,
    SetChargeLimit,
    SetCoolSetpoint,
    SetHeatSetpoint,
    SetMode,
    SetPower,
    SetReserve,
    SwitchTo,
)
from solarctl.errors import ConfigError, Exit, UsageError
from solarctl.limits import LARGEST_A, check_current, check_power, check_setpoint
from solarctl.questions import meters, outlooks
from solarctl.readings import to_json
from solarctl.run import Run
from solarctl.until import end_of

NAME = click.argument("name")


class Reason(StrEnum):
    BY_HAND = "by-hand"


@click.group()
def group() -> None:
    """List, read and steer devices by hand."""


def _by_hand(run: Run, action: Action, because: str) -> None:
    run.conclude(Decision(Reason.BY_HAND, because, [action]))


@group.add_command
@site_command("device list", rule=False)
def list_devices(run: Run) -> None:
    """List the devices of the config and what they can do; asks none of them."""
    rows: list[dict[str, Any]] = []
    for name in run.config.names("devices"):
        driver = str(run.config.entry("devices", name).get("driver", ""))
        try:
            can = [one.__name__ for one in run.site.known_capabilities(name)]
        except ConfigError as error:
            run.note(error)
            can = []
        rows.append({"device": name, "driver": driver, "capabilities": can})
    width = max((len(row["device"]) for row in rows), default=0)
    text = "\n".join(f"{r['device']:{width}}  {r['driver']}  {', '.join(r['capabilities'])}" for r in rows)
    run.answer({"devices": rows}, text or "There are no devices in the config.")


@group.add_command
@site_command("device read", rule=False)
@NAME
def read(run: Run, name: str) -> None:
    """Show everything a device says."""
    device = run.site.device(name)
    questions = [*meters(device), *outlooks(device, run.context)]
    if not questions:
        raise UsageError(f"{name} has nothing to read")
    readings = []
    for what, ask in questions:
        reading = run.read(name, ask)
        if reading is not None:
            readings.append(to_json(name, reading) | {"what": what})
    points = None
    if isinstance(device, DataPoints) and run.options.verbose:
        points = dict(device.read_data_points())
    lines = [_reading_line(row) for row in readings]
    if points is not None:
        lines += [f"  {code} = {json.dumps(value)}" for code, value in points.items()]
    run.answer({"readings": readings} | ({"data_points": points} if points is not None else {}), "\n".join(lines))


def _reading_line(row: dict[str, Any]) -> str:
    hidden = ("device", "what", "at")
    values = ", ".join(f"{key} {value}" for key, value in row.items() if key not in hidden and value is not None)
    return f"{row['what']:10} {values or 'nothing known'}  (at {row['at']})"


@group.add_command
@site_command("device switch", rule=False)
@NAME
@click.argument("position", type=click.Choice(["on", "off"]))
def switch(run: Run, name: str, position: str) -> None:
    """Switch a device on or off, and see that it obeys."""
    run.site.get(name, Switch)
    _by_hand(run, SwitchTo(name, position == "on"), f"Switching {name} {position} was asked for.")


@group.add_command
@site_command("device limit", rule=False)
@NAME
@click.argument("amps", type=click.IntRange(0, LARGEST_A))
@click.option("--ttl-min", type=Finite(1, 1440), default=30.0, show_default=True, help="Minutes it holds.")
def limit(run: Run, name: str, amps: int, ttl_min: float) -> None:
    """Offer a car this current, in A per phase, for a while."""
    run.site.get(name, Charger)
    check_current(run, name, amps)
    because = f"A limit of {amps} A was asked for; it ends by itself after {ttl_min:g} min."
    _by_hand(run, SetChargeLimit(name, amps, ttl_min), because)


@group.add_command
@site_command("device reserve", rule=False)
@NAME
@click.argument("pct", type=Finite(0, 100))
def reserve(run: Run, name: str, pct: float) -> None:
    """Set what a battery keeps back for outages, in %."""
    run.site.get(name, BatteryReserve)
    _by_hand(run, SetReserve(name, pct), f"A reserve of {pct:g} % was asked for.")


@group.add_command
@site_command("device mode", rule=False)
@NAME
@click.argument("mode")
def mode(run: Run, name: str, mode: str) -> None:
    """Set how a battery operates, by the mode's name."""
    run.site.get(name, BatteryMode)
    _by_hand(run, SetMode(name, mode), f"The mode {mode} was asked for.")


@group.add_command
@site_command("device setpoint", rule=False)
@NAME
@click.argument("deg", type=Finite())
@click.option("--heat", is_flag=True, help="The heating setpoint instead of the cooling one.")
@click.option("--until", metavar="TIME", help="Hold until then (18:00, 2h); without it until the device's next period.")
def setpoint(run: Run, name: str, deg: float, heat: bool, until: str | None) -> None:
    """Set a thermostat, in the site's unit."""
    run.site.get(name, Thermostat)
    check_setpoint(run, deg)
    end = end_of(until, run.now) if until is not None else None
    action: Action = SetHeatSetpoint(name, deg, end) if heat else SetCoolSetpoint(name, deg, end)
    _by_hand(run, action, f"{deg:g}°{run.config.site.temperature_unit} was asked for.")


@group.add_command
@site_command("device power", rule=False)
@NAME
@click.argument("watts", type=Finite(min=0))
def power(run: Run, name: str, watts: float) -> None:
    """Set a load's power, in W."""
    run.site.get(name, PowerLimiter)
    check_power(run, name, watts)
    _by_hand(run, SetPower(name, watts), f"{watts:g} W was asked for.")


@group.add_command
@site_command("device set", rule=False)
@NAME
@click.argument("assignment", metavar="CODE=VALUE")
def set_point(run: Run, name: str, assignment: str) -> None:
    """Set a vendor's raw data point; VALUE is true, false, a number, or text."""
    device = run.site.get(name, DataPoints)
    code, equals, text = assignment.partition("=")
    if not equals or not code:
        raise UsageError(f"{assignment!r} is not CODE=VALUE", hint="Such as: solarctl device set pump mode=eco")
    value = _value(text)
    objection = getattr(device, "objection", lambda _code, _value: "")(code, value)
    if objection:
        raise UsageError(f"{code} = {json.dumps(value)} is not for {name}: {objection}")
    outcome = "dry-run"
    if not run.dry_run:
        outcome = "done" if device.set_data_point(code, value) else "pending"
    action = {"device": name, "action": "set", "to": {code: value}, "outcome": outcome}
    words = {"done": "is set", "pending": "is sent, not confirmed yet", "dry-run": "would be set"}[outcome]
    because = f"{code} = {json.dumps(value)} {words}."
    row = {"reason": str(Reason.BY_HAND), "because": because, "actions": [action]}
    run.answer(row, because, exit_code=Exit.OK)
    if not run.dry_run:
        run.record({"command": run.command, "at": run.now.isoformat(timespec="seconds"), "exit": 0} | row)


def _value(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value
