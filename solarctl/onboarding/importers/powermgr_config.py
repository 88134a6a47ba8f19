"""config.py of powermgr_v2: thermostats, thresholds, position, peak hours, mail addresses, energy site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from solarctl.onboarding.imported import Imported, assigned

NEW_YORK = (40.71, -74.0)  # the placeholders that the original comes with


def read(path: Path, text: str) -> Imported | None:
    values = assigned(text) if path.suffix == ".py" else None
    if not values or not {"THERMOSTAT_IDS", "TESLA_ENERGY_SITE_ID"} & values.keys():
        return None
    answers: dict[str, Any] = {"honeywell": {}, "tesla": {}, "rules": {}, "site": {}, "mail": {}}
    notes: list[str] = []
    if ids := values.get("THERMOSTAT_IDS"):
        answers["honeywell"]["thermostats"] = [int(one) for one in ids]
    if site_id := values.get("TESLA_ENERGY_SITE_ID"):
        answers["tesla"]["site_id"] = int(site_id)
    if to := values.get("NOTIFICATION_EMAILS"):
        answers["mail"] = {"to": ", ".join(to), "events": ["trouble", "recovery", "precool", "thermostat-step"]}
    position = (values.get("LAT"), values.get("LON"))
    if None not in position and position != NEW_YORK:
        answers["site"] = {"latitude": position[0], "longitude": position[1]}
    elif position == NEW_YORK:
        notes.append("The position in it is New York, which the original comes with; it was not taken.")
    if windows := _windows(values):
        answers["tariff"] = {"windows": windows, "holidays": {"country": "US", "observed": "nearest"}}
        notes.append("Its holidays are those of one year; the six holidays are computed for every year instead.")
    precool = {
        "setpoint_deg": values.get("PRECOOL_TEMP"),
        "battery_at_most_pct": values.get("PRECOOL_THRESHOLD"),
        "high_at_least_deg": values.get("FORECAST_THRESHOLD"),
    }
    answers["rules"]["precool"] = {key: value for key, value in precool.items() if value is not None}
    thresholds = [values.get(f"{word}_THRESHOLD") for word in ("FIRST", "SECOND", "THIRD")]
    if None not in thresholds:
        steps = [{"at_pct": at, "add_deg": add} for at, add in zip(thresholds, (2, 2, 4), strict=True)]
        answers["rules"]["thermostat-step"] = {"steps": steps}
    answers = {step: found for step, found in answers.items() if found}
    if "latitude" in answers.get("site", {}):
        answers["weather"] = {"service": "open-meteo"}
    return Imported(answers, notes=tuple(notes))


def _windows(values: dict[str, Any]) -> list[dict[str, Any]]:
    first, last = values.get("SUMMER_FIRST_MONTH"), values.get("SUMMER_LAST_MONTH")
    if not isinstance(first, int) or not isinstance(last, int):
        return []
    summer = [month for month in range(1, 13) if first <= month <= last]
    winter = [month for month in range(1, 13) if month not in summer]
    windows = []
    for name, months in (("SUMMER", summer), ("WINTER_MORNING", winter), ("WINTER_EVENING", winter)):
        start, end = values.get(f"{name}_PEAK_START"), values.get(f"{name}_PEAK_END")
        if isinstance(start, int) and isinstance(end, int):
            title = name.lower().replace("_", " ")
            hours = {"from": f"{start:02}:00", "to": f"{end:02}:00"}
            windows.append({"name": title, "months": months, "days": "mon-fri"} | hours)
    return windows
