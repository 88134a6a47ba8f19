"""`status`: the house at a glance: every device, how old its word is, what is paused, and what was missed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from solarctl.cli_options import site_command
from solarctl.errors import SolarctlError
from solarctl.questions import meters
from solarctl.readings import to_json
from solarctl.run import Run
from solarctl.schedule.missed import missed_runs

RECORDED = timedelta(days=1)  # so far back `--offline` looks for what `record` wrote
_UNITS = {
    "grid_w": ("grid", "W"),
    "solar_w": ("solar", "W"),
    "battery_w": ("battery", "W"),
    "load_w": ("load", "W"),
    "charger_w": ("charger", "W"),
    "power_w": ("power", "W"),
    "soc_pct": ("charge", "%"),
    "reserve_pct": ("reserve", "%"),
    "limit_a": ("limit", "A"),
    "setpoint_deg": ("cool to", "°"),
    "heat_setpoint_deg": ("heat to", "°"),
    "indoor_deg": ("indoors", "°"),
    "energy_kwh": ("energy", "kWh"),
}
_WAYS = {"grid_w": ("buying", "selling"), "battery_w": ("discharging", "charging")}


@site_command("status", rule=False)
@click.option("--offline", is_flag=True, help="Ask no device: show what the last runs were told.")
def command(run: Run, offline: bool) -> None:
    """Show every device, how old its word is, and what was missed."""
    rows = _remembered(run) if offline else _asked(run)
    missed = missed_runs(run)
    pauses = run.state.read().get("pause", {})
    values: dict[str, Any] = {"devices": rows, "missed": [one.to_json() for one in missed], "paused": dict(pauses)}
    lines = [_line(row) for row in rows] or ["There are no devices in the config."]
    for name, pause in pauses.items():
        whose = "Every rule" if name == "*" else name
        lines.append(f"{whose} is paused until {_end(pause.get('until'), run.now)}.")
    lines += [one.sentence(run.now) for one in missed]
    run.answer(values, "\n".join(lines))


def _asked(run: Run) -> list[dict[str, Any]]:
    from solarctl.reading_together import read_everything

    rows: list[dict[str, Any]] = []
    for one in read_everything(run, meters):
        if one.reading is None:
            rows.append(_silent(one.device, one.what, one.error))
        else:
            row = to_json(one.device, one.reading) | {"what": one.what}
            rows.append(row | {"age_s": round(one.reading.age_s(run.now)), "error": None})
    return rows


def _silent(name: str, what: str | None, error: SolarctlError | None) -> dict[str, Any]:
    message = error.message if error else "no answer"
    return {"device": name, "what": what, "at": None, "age_s": None, "error": message}


def _remembered(run: Run) -> list[dict[str, Any]]:
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for decision in run.history.decisions(limit=200):
        for reading in decision.get("readings", ()):
            key = (reading["device"], reading["what"])
            if key not in newest or reading["at"] > newest[key]["at"]:
                newest[key] = reading
    names = run.config.names("devices")
    for reading in run.history.readings(since=run.now - RECORDED):  # what `record` was told; the oldest first
        key = (reading["device"], reading["what"])
        if key[0] in names and key[1] != "price" and (key not in newest or _later(reading, newest[key])):
            newest[key] = reading
    rows = [
        reading | {"age_s": round((run.now - datetime.fromisoformat(reading["at"])).total_seconds()), "error": None}
        for _, reading in sorted(newest.items())
    ]
    heard = {name for name, _what in newest}
    unheard: dict[str, Any] = {"what": None, "at": None, "age_s": None, "error": "no run has been told anything yet"}
    return rows + [{"device": name} | unheard for name in names if name not in heard]


def _later(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return datetime.fromisoformat(one["at"]) > datetime.fromisoformat(other["at"])


def _end(until: Any, now: datetime) -> str:
    """Return when a pause ends, as a clock shows it; the day where it is not today."""
    try:
        at = datetime.fromisoformat(until)
    except (ValueError, TypeError):
        return "`solarctl resume`"  # a damaged end is none
    if at.tzinfo is None:
        return "`solarctl resume`"
    at = at.astimezone(now.tzinfo)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"


def _line(row: dict[str, Any]) -> str:
    head = f"{row['device']}" + (f" ({row['what']})" if row["what"] else "")
    if row["error"]:
        return f"{head}: {row['error']}"
    words = [_amount(key, row[key]) for key in _UNITS if row.get(key) is not None]
    if row.get("on") is not None:
        words.insert(0, "on" if row["on"] else "off")
    if row.get("mode"):
        words.append(str(row["mode"]))
    return f"{head}: {', '.join(words)}, {_age(row['age_s'])}" if words else f"{head}: nothing known"


def _amount(key: str, amount: float) -> str:
    """Return an amount with its name and unit; where power can flow both ways, the way instead of a sign.

    >>> _amount("grid_w", -1153.0), _amount("battery_w", 5000.0), _amount("indoor_deg", 78.0)
    ('selling 1 153 W', 'discharging 5 000 W', 'indoors 78.0°')
    """
    word, unit = _UNITS[key]
    if key in _WAYS and round(amount):
        word = _WAYS[key][amount < 0]
    if key in _WAYS:
        amount = abs(amount)
    number = f"{amount:,.{1 if unit in ('°', 'kWh') else 0}f}".replace(",", " ")
    return f"{word} {number}{'' if unit == '°' else ' '}{unit}"


def _age(age_s: float) -> str:
    if age_s < 90:
        return "now" if age_s < 10 else f"{age_s:.0f} s ago"
    return f"{age_s / 60:.0f} min ago" if age_s < 5400 else f"{age_s / 3600:.0f} h ago"
