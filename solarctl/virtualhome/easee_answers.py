"""What Easee's cloud says about a charger: rows, site, circuit, observations, and its ways of saying no."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from solarctl.virtualhome.easee_charger import DOUBLE, INTEGER, EaseeCharger
from solarctl.virtualhome.emulator import Faults
from solarctl.virtualhome.http_emulator import Response

SITE_ID, CIRCUIT_ID = 540_042, 240_042
FLASH_KEYS = frozenset(
    {"maxCircuitCurrentP1", "maxCircuitCurrentP2", "maxCircuitCurrentP3", "offlineMaxCircuitCurrentP1",
     "offlineMaxCircuitCurrentP2", "offlineMaxCircuitCurrentP3", "maxChargerCurrent", "limitToSinglePhaseCharging"}
)  # fmt: skip
PLATE = {"id": "BP42", "masterBackPlateId": "BP42"}


def charger_row(box: EaseeCharger) -> dict[str, Any]:
    """Return the charger as a list of chargers has it."""
    return {
        "id": box.serial,
        "name": "Carport",
        "color": 4,
        "productCode": 1,
        "backPlate": PLATE,
        "levelOfAccess": 1,
        "userRole": 1,
    }


def site(box: EaseeCharger, faults: Faults) -> dict[str, Any]:
    """Return the site with its circuits and their chargers."""
    circuit: dict[str, Any] = {
        "id": CIRCUIT_ID,
        "siteId": SITE_ID,
        "circuitPanelId": 1,
        "panelName": "Carport",
        "ratedCurrent": box.max_circuit_a,
        "chargers": [charger_row(box)],
        "masterBackplate": PLATE,
        "useDynamicMaster": False,
        "parentCircuitId": None,
    }
    if faults.take("shared-circuit"):
        circuit["chargers"].append(charger_row(box) | {"id": "EH000099"})
    circuits = [circuit]
    if faults.take("two-circuits"):
        circuits.insert(0, circuit | {"id": CIRCUIT_ID - 1, "chargers": [charger_row(box) | {"id": "EH000077"}]})
    return {"id": SITE_ID, "name": "Home", "circuits": circuits, "equalizers": []}


def charger_config(box: EaseeCharger) -> dict[str, Any]:
    """Return the charger's configuration."""
    return {f"circuitMaxCurrentP{phase}": box.max_circuit_a for phase in (1, 2, 3)} | {
        "isEnabled": True,
        "authorizationRequired": not box.authorized,
        "detectedPowerGridType": box.grid_type,
        "offlineChargingMode": 0,
        "enableIdleCurrent": False,
        "limitToSinglePhaseCharging": False,
        "phaseMode": box.phase_mode,
        "maxChargerCurrent": box.max_charger_a,
    }


def circuit_settings(box: EaseeCharger) -> dict[str, Any]:
    """Return the circuit's limits: dynamic, maximum, and when off line."""
    found: dict[str, Any] = {"allowOfflineMaxCircuitCurrent": True, "masterChargerId": box.serial}
    for phase in (1, 2, 3):
        found[f"dynamicCircuitCurrentP{phase}"] = box.circuit_a[phase - 1]
        found[f"maxCircuitCurrentP{phase}"] = box.max_circuit_a
        found[f"offlineMaxCircuitCurrentP{phase}"] = box.offline_max_a[phase - 1]
    return found


def observations(box: EaseeCharger, wanted: Sequence[int], now: datetime, faults: Faults) -> Any:
    """Return what was asked for: an object with a list, or the bare list with texts of an earlier form."""
    missing = faults.take("missing") or ()
    values = faults.take("observation") or {}
    age = timedelta(minutes=float(faults.take("stale") or 0))
    zero = faults.take("session-zero")
    nulls = faults.take("nulls")
    texts = faults.take("bare-list")
    rows: list[dict[str, Any]] = []
    for number in wanted:
        if number in missing or (number not in box.observations and number not in values):
            continue
        kind, value, at = box.observations.get(number, (INTEGER, None, now))
        value = 0.0 if zero and number == 121 else values.get(number, value)
        if nulls:
            value = None
        elif kind == DOUBLE and isinstance(value, float) and value == int(value):
            value = int(value)  # as JSON writers without fractions do
        stamp = f"{at - age:%Y-%m-%dT%H:%M:%S}Z"
        rows.append({"id": number, "timestamp": stamp, "dataType": kind, "value": str(value) if texts else value})
    return rows if texts else {"observations": rows}


def error(status: int, code: int, name: str, title: str) -> Response:
    """Return an error with Easee's body."""
    return Response.of({"errorCode": code, "errorCodeName": name, "title": title}, status)


def forbidden() -> Response:
    """Return what the gateway says to a path it does not know, and to an address it has blocked."""
    return Response.of({"message": "Forbidden"}, 403)


def too_many(retry_after_s: float | None) -> Response:
    """Return 429, with or without the time to wait."""
    headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
    return Response.of({"message": "Too Many Requests"}, 429, **headers)


def is_within(times: deque[datetime], limit: tuple[int, float], now: datetime) -> bool:
    """Count a request in a sliding window of (requests, seconds); return whether it is still allowed."""
    most, seconds = limit
    while times and (now - times[0]).total_seconds() > seconds:
        times.popleft()
    times.append(now)
    return len(times) <= most
