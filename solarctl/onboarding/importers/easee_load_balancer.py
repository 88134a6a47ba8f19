"""EaseeLoadBalancer.py: charger, log-in and inverter at the top of the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from solarctl.onboarding.imported import Imported, assigned


def read(path: Path, text: str) -> Imported | None:
    values = assigned(text) if path.suffix == ".py" else None
    if not values or not {"CHARGER_ID", "INVERTER_IP"} <= values.keys():
        return None
    easee = {"charger_id": values["CHARGER_ID"], "username": values.get("USERNAME"), "password": values.get("PASSWORD")}
    huawei = {"host": values["INVERTER_IP"], "port": values.get("INVERTER_PORT")}
    answers: dict[str, Any] = {
        "easee": {key: str(value) for key, value in easee.items() if value},
        "huawei": {key: value for key, value in huawei.items() if value},
    }
    return Imported(answers, notes=("Site and circuit of the charger are found out.",))
