"""plan.json in the state folder: what `plan` wrote last, for `apply`, `status` and the next plan.

It is JSON of the contract, section 5, and a little more (`battery_mode`, `soc_kwh`, `powers_w`). Losing it costs a
plan, nothing else: a damaged file counts as none.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from solarctl.context import Json

NAME = "plan.json"
LARGEST = 1e12  # no power, energy or price comes near


def write(state_dir: Path, plan: Json) -> None:
    """Put a plan's JSON in place of the last one; it is on disk when this returns. StateError when it cannot be."""
    from solarctl.disk import make_folder, refused, replace_files

    path = state_dir / NAME
    try:
        make_folder(state_dir)
        replace_files({path: json.dumps(plan, separators=(",", ":")).encode() + b"\n"})
    except OSError as error:
        raise refused(error, path, "written") from error


def read(state_dir: Path) -> Json | None:
    """Return the last plan's JSON, None when there is none that can be used.

    StateError when the file is there and cannot be opened (somebody else's).
    """
    from solarctl.disk import read_owned

    found = read_owned(state_dir / NAME, os.geteuid())
    if found is None:
        return None
    try:
        plan: Any = json.loads(found[0])
        good = plan["version"] == 1 and _is_whole(plan)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return plan if good else None


def _is_whole(plan: Any) -> bool:
    count = len(plan["slots"])
    moments = [datetime.fromisoformat(text) for text in plan["slots"]]
    rows = [*plan["devices"].values(), *([plan["battery_w"]] if plan["battery_w"] is not None else [])]
    inputs = [plan["inputs"][name] for name in ("solar_w", "base_w", "import_price", "export_price")]
    return (
        count > 0
        and plan["slot_min"] > 0
        and isinstance(plan["inputs"]["hash"], str)
        and all(moment.tzinfo is not None for moment in moments)
        and all(len(row) == count and all(-LARGEST < one < LARGEST for one in row) for row in [*rows, *inputs])
    )
