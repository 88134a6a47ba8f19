"""What a person and a program read of a decision: sentences, and the contract's JSON."""

from __future__ import annotations

from typing import Any

from solarctl.errors import SolarctlError


def error_json(error: SolarctlError) -> dict[str, Any]:
    """Return an error as one object of the contract's `errors[]`."""
    return {"kind": type(error).__name__, "device": error.device or None, "message": error.message, "hint": error.hint}


_VERBS = {
    "switch": lambda device, to: f"switch {device} {'on' if to else 'off'}",
    "limit": lambda device, to: f"limit {device} to {to} A",
    "power": lambda device, to: f"set {device} to {to:.0f} W",
    "reserve": lambda device, to: f"set the reserve of {device} to {to:g} %",
    "mode": lambda device, to: f"set {device} to {to}",
    "cool-setpoint": lambda device, to: f"cool {device} to {to:g}°",
    "heat-setpoint": lambda device, to: f"heat {device} to {to:g}°",
    "resume-schedule": lambda device, to: f"let {device} follow its schedule",
    "token": lambda device, to: f"renew the token of {device}",
    "mail": lambda device, to: f"mail “{to}”",
    "permissions": lambda device, to: f"allow {device}: {', '.join(to) or 'nothing'}",
    "set": lambda device, to: f"set {', '.join(f'{code} = {value}' for code, value in to.items())} of {device}",
}
_ENDINGS = {
    "done": "{}",
    "unchanged": "{} (already so)",
    "pending": "{} (sent, not confirmed yet)",
    "failed": "{} (failed)",
    "dry-run": "would {}",
}


def describe(row: dict[str, Any]) -> str:
    """Return a decision as a person reads it: the sentence, and a line for each action."""
    lines = [row["because"] or ""]
    for action in row["actions"]:
        ending = _ENDINGS.get(action.get("outcome"), "{}")
        lines.append("  " + ending.replace("{}", _words(action)))
    return "\n".join(lines)


def _words(action: dict[str, Any]) -> str:
    """Say what is done; history may hold actions of a later version, or damaged ones."""
    kind, device, to = action.get("action"), action.get("device"), action.get("to")
    try:
        return _VERBS[kind](device, to)  # type: ignore[index]
    except (KeyError, TypeError, ValueError, AttributeError):
        return f"{kind} {device}: {to}"
