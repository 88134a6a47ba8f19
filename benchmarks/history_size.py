"""How large history.db grows: a year of minutes of a busy house, folded day by day as `why` would.

    python benchmarks/history_size.py [DAYS]

Every minute: `record` with grid, solar, house load, home battery, car charger and a switch, and the decisions of
three rules (grid-guard, easee-balance, peak-mode) with their readings and actions. Once as [history] is by default
(a year of readings by the minute), once keeping every decision as well. The goal: a year below 60 MB.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from solarctl.history import History, Settings

ZONE = timezone(timedelta(hours=2))
BEGIN = datetime(2026, 1, 1, tzinfo=ZONE)
GOAL_MB = 60


class Midnight:
    """A clock that stands at the moment it is set to."""

    def __init__(self) -> None:
        self.moment = BEGIN

    def now(self) -> datetime:
        return self.moment.astimezone(UTC)

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return (self.moment - BEGIN).total_seconds()


def rows_of_day(day: int, chance: random.Random) -> Iterator[dict[str, object]]:
    """Yield what a day's runs append, minute by minute."""
    soc, imported, produced, cloud = 50.0, 1000.0 + 8 * day, 3000.0 + 12 * day, 1.0
    car_home = chance.random() < 0.4
    for minute in range(1440):
        at = (BEGIN + timedelta(days=day, minutes=minute)).isoformat(timespec="seconds")
        cloud = min(1.0, max(0.1, cloud + chance.gauss(0, 0.08)))
        solar = max(0.0, 5200 * math.sin((minute - 360) / 840 * math.pi)) * cloud if 360 < minute < 1200 else 0.0
        limit = int(min(16, solar / 690)) if car_home and solar > 4140 else 0
        charger = limit * 690 * (1 + chance.gauss(0, 0.01))
        load = 250 + chance.random() * 150 + (2000 if chance.random() < 0.03 else 0)
        battery = max(-2500.0, min(2500.0, load + charger - solar)) if 5 < soc < 98 else 0.0
        soc = min(100.0, max(0.0, soc - battery / 60 / 100))
        grid = load + charger - solar - battery
        imported += max(0.0, grid) / 60_000
        produced += solar / 60_000
        meters = [
            {"device": "sun2000", "what": "grid", "at": at, "grid_w": round(grid, 1), "import_kwh": round(imported, 3)},
            {"device": "sun2000", "what": "solar", "at": at, "solar_w": round(solar), "energy_kwh": round(produced, 2)},
            {"device": "sun2000", "what": "battery", "at": at, "soc_pct": round(soc, 1), "battery_w": round(battery)},
            {"device": "house", "what": "load", "at": at, "load_w": round(load, 1), "energy_kwh": None},
            {
                "device": "car", "what": "charger", "at": at, "charger_w": round(charger, 1), "limit_a": limit,
                "mode": "charging" if limit else "waiting", "energy_kwh": None,
            },
            {"device": "grid-relay", "what": "switch", "at": at, "on": soc < 15, "power_w": None, "energy_kwh": None},
        ]  # fmt: skip
        yield {"kind": "readings", "at": at, "readings": meters}
        rules = [
            ("grid-guard", "hold" if soc >= 15 else "low", f"Battery at {soc:.0f} %.", meters[2:3], "switch", soc < 15),
            ("easee-balance", "surplus" if limit else "no-car", f"{solar:.0f} W of sun.", meters[:3], "limit", limit),
            ("peak-mode", "off-peak", f"{at[11:16]} is off-peak.", meters[2:3], "reserve", 100),
        ]
        for command, reason, because, readings, action, to in rules:
            yield {
                "kind": "decision", "command": command, "at": at, "reason": reason, "because": because,
                "dry_run": False, "exit": 0, "readings": readings, "errors": [],
                "actions": [{"device": action, "action": action, "to": to, "outcome": "unchanged"}],
                "took_s": round(0.3 + chance.random() / 5, 2),
            }  # fmt: skip


def measure(days: int, settings: Settings) -> tuple[float, float, float]:
    """Return MB of database and of one journal, and CPU seconds to fold one day."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        clock = Midnight()
        history = History(Path(folder), clock, ZONE, settings)
        folding_s, journal_bytes = 0.0, 0
        for day in range(days):
            clock.moment = BEGIN + timedelta(days=day)
            lines = [json.dumps(row, separators=(",", ":")) + "\n" for row in rows_of_day(day, chance)]
            journal = Path(folder, "history", f"{clock.moment:%Y-%m-%d}.jsonl")
            journal.parent.mkdir(exist_ok=True)
            journal.write_text("".join(lines))
            journal_bytes = journal.stat().st_size
            clock.moment += timedelta(days=1)
            before = time.process_time()
            history.fold()
            folding_s += time.process_time() - before
        return Path(folder, "history.db").stat().st_size / 1e6, journal_bytes / 1e6, folding_s / days


def main() -> None:
    """Print the table; exit 1 when the goal is missed."""
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 365
    missed = False
    print(f"{days} days, 9 numbers a minute and 3 decisions a minute; goal: a year below {GOAL_MB} MB")
    everything = Settings(keep_days=10_000, decisions_days=10_000)
    for name, settings in (("as it is by default", Settings()), ("every decision kept as well", everything)):
        size, journal, folding_s = measure(days, settings)
        missed |= size * 365 / days > GOAL_MB and days >= 365
        print(f"{name:28} {size:6.1f} MB, {size * 365 / days:.0f} MB a year")
    print(f"a day's journal takes {journal:.1f} MB and is folded in {folding_s:.2f} s of CPU")
    sys.exit(missed)


if __name__ == "__main__":
    main()
