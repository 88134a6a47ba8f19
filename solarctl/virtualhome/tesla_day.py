"""The days that a Tesla gateway has uploaded: powers every five minutes, and what calendar_history makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

LOG_EVERY_S = 300
KEPT_ROWS = 3 * 288  # three days


@dataclass(frozen=True, slots=True)
class Logged:
    """The house at one moment, as the gateway uploads it."""

    at: datetime
    solar_w: float
    load_w: float
    grid_w: float
    battery_w: float
    soc_pct: float


class DayLog:
    """What was uploaded, oldest first."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.rows: list[Logged] = []

    def add(self, row: Logged) -> None:
        """Take an upload."""
        self.rows.append(row)
        del self.rows[:-KEPT_ROWS]

    def history(self, kind: str, first: datetime, last: datetime, now: datetime) -> list[dict[str, Any]] | None:
        """Return a calendar_history's time series; None for a kind that does not exist."""
        rows = [row for row in self.rows if first <= row.at <= last]
        if kind == "power":
            return self._power(rows, first, now)
        if kind == "soe":
            quarters = [row for row in rows if row.at.astimezone(UTC).minute % 15 == 0]
            return [{"timestamp": self._stamp(row.at), "soe": round(row.soc_pct)} for row in quarters]
        if kind == "energy":
            return self._energy(rows)
        return [] if kind in ("backup", "self_consumption", "time_of_use_energy", "savings") else None

    def _power(self, rows: list[Logged], first: datetime, now: datetime) -> list[dict[str, Any]]:
        """Return the day's power; slots that have not come yet are zero-filled."""
        found = [
            {
                "timestamp": self._stamp(row.at),
                "solar_power": round(row.solar_w, 1),
                "battery_power": round(row.battery_w, 1),
                "grid_power": round(row.grid_w, 1),
                "grid_services_power": 0,
                "generator_power": 0,
            }
            for row in rows
        ]
        end = datetime.combine(self._day(first) + timedelta(days=1), time(0), self.zone)
        later = max([row.at for row in rows] + [now]).astimezone(self.zone)
        later = later.replace(minute=later.minute // 5 * 5, second=0, microsecond=0) + timedelta(minutes=5)
        zeros: dict[str, Any] = {
            "solar_power": 0,
            "battery_power": 0,
            "grid_power": 0,
            "grid_services_power": 0,
            "generator_power": 0,
        }
        while later < end:
            found.append(zeros | {"timestamp": self._stamp(later)})
            later += timedelta(minutes=5)
        return found

    def _energy(self, rows: list[Logged]) -> list[dict[str, Any]]:
        """Return the energies in Wh, one bucket per hour."""
        buckets: dict[datetime, list[Logged]] = {}
        for row in rows:
            local = row.at.astimezone(self.zone)
            buckets.setdefault(local.replace(minute=0, second=0, microsecond=0), []).append(row)
        return [{"timestamp": self._stamp(at)} | _bucket(found) for at, found in buckets.items()]

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _stamp(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat(timespec="seconds")


def _bucket(rows: list[Logged]) -> dict[str, float]:
    """Return one bucket: where the energy came from and went to, solar serving the house first."""
    sums = dict.fromkeys(
        (
            "solar_energy_exported",
            "generator_energy_exported",
            "grid_energy_imported",
            "grid_services_energy_imported",
            "grid_services_energy_exported",
            "grid_energy_exported_from_solar",
            "grid_energy_exported_from_generator",
            "grid_energy_exported_from_battery",
            "battery_energy_exported",
            "battery_energy_imported_from_grid",
            "battery_energy_imported_from_solar",
            "battery_energy_imported_from_generator",
            "consumer_energy_imported_from_grid",
            "consumer_energy_imported_from_solar",
            "consumer_energy_imported_from_battery",
            "consumer_energy_imported_from_generator",
        ),
        0.0,
    )
    for row in rows:
        solar = max(0.0, row.solar_w)
        to_house = min(solar, row.load_w)
        charging, discharging = max(0.0, -row.battery_w), max(0.0, row.battery_w)
        from_sun = min(charging, solar - to_house)
        exported = max(0.0, -row.grid_w)
        sold_sun = min(exported, solar - to_house - from_sun)
        for key, power_w in (
            ("solar_energy_exported", solar),
            ("grid_energy_imported", max(0.0, row.grid_w)),
            ("grid_energy_exported_from_solar", sold_sun),
            ("grid_energy_exported_from_battery", exported - sold_sun),
            ("battery_energy_exported", discharging),
            ("battery_energy_imported_from_solar", from_sun),
            ("battery_energy_imported_from_grid", charging - from_sun),
            ("consumer_energy_imported_from_solar", to_house),
            ("consumer_energy_imported_from_battery", min(discharging, row.load_w - to_house)),
            ("consumer_energy_imported_from_grid", max(0.0, row.load_w - to_house - discharging)),
        ):
            sums[key] += power_w * LOG_EVERY_S / 3600
    return {key: round(value, 2) for key, value in sums.items()}
