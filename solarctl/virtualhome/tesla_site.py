"""A Tesla energy site: a Powerwall's settings, what they do to the house's battery, and the day it remembers.

Signs on the wire are those of the house: battery_power + discharging, grid_power + import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

LOG_EVERY_S = 300
MODES = ("self_consumption", "autonomous", "backup")
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


@dataclass
class Change:
    """A setting that was accepted and shows at `due`."""

    due: datetime
    apply: Callable[[], None]


class TeslaSite:
    """One site. `home` has solar_w, load_w, grid_w, battery_w and soc_pct; a battery with `reserve_pct` obeys it."""

    def __init__(self, home: Any, site_id: int, zone: tzinfo, name: str = "Home") -> None:
        self.home = home
        self.site_id = site_id
        self.zone = zone
        self.name = name
        self.reserve_pct = 20
        self.mode = "self_consumption"
        self.storm = False
        self.island = "on_grid"
        self.grid_status = "Active"
        self.log: list[Logged] = []
        self._due: list[Change] = []
        if hasattr(home, "call_every"):
            home.call_every(LOG_EVERY_S, self.note_down)
        self.obey()

    # --- settings

    def change(self, at: datetime, apply: Callable[[], None], delay_s: float = 0.0) -> None:
        """Accept a change that shows `delay_s` later."""
        self._due.append(Change(at + timedelta(seconds=delay_s), apply))
        self.catch_up(at)

    def catch_up(self, now: datetime) -> None:
        """Let what is due become true."""
        for one in [one for one in self._due if one.due <= now]:
            self._due.remove(one)
            one.apply()
            self.obey()

    def set_reserve(self, reserve_pct: int) -> None:
        self.reserve_pct = reserve_pct
        self.obey()

    def set_mode(self, mode: str) -> None:
        self.mode = mode
        self.obey()

    def obey(self) -> None:
        """Make the house's battery do what the settings say; backup keeps everything for an outage."""
        battery = getattr(self.home, "battery", None)
        if battery is not None:
            battery.reserve_pct = 100.0 if self.mode == "backup" or self.storm else float(self.reserve_pct)

    # --- the day

    def note_down(self) -> None:
        """Remember the house as it is now."""
        self.remember(self.home.now)

    def remember(self, at: datetime) -> None:
        """Remember the house as it is, at a moment of one's own (for homes without a clock)."""
        home = self.home
        row = Logged(at, home.solar_w, home.load_w, home.grid_w, home.battery_w, home.soc_pct or 0.0)
        self.log.append(row)
        del self.log[:-KEPT_ROWS]

    # --- answers

    def live(self, now: datetime) -> dict[str, Any]:
        """Return live_status."""
        home = self.home
        return {
            "solar_power": round(home.solar_w, 1),
            "energy_left": round(135.0 * (home.soc_pct or 0.0), 1),
            "total_pack_energy": 13500,
            "percentage_charged": round(home.soc_pct or 0.0, 2),
            "backup_capable": True,
            "battery_power": round(home.battery_w, 1),
            "load_power": round(home.load_w, 1),
            "grid_status": self.grid_status,
            "grid_services_active": False,
            "grid_power": round(home.grid_w, 1),
            "grid_services_power": 0,
            "generator_power": 0,
            "island_status": self.island,
            "storm_mode_active": self.storm,
            "timestamp": now.astimezone(self.zone).isoformat(timespec="seconds"),
            "wall_connectors": None,
        }

    def info(self) -> dict[str, Any]:
        """Return site_info."""
        return {
            "id": f"STE{self.site_id}",
            "site_name": self.name,
            "backup_reserve_percent": self.reserve_pct,
            "default_real_mode": self.mode,
            "installation_date": "2021-06-08T10:00:00-07:00",
            "installation_time_zone": str(self.zone),
            "version": "25.18.4 b3b2b7a8",
            "battery_count": 1,
            "nameplate_power": 5000,
            "nameplate_energy": 13500,
            "user_settings": {"storm_mode_enabled": True},
            "components": {
                "solar": True,
                "battery": True,
                "grid": True,
                "load_meter": True,
                "storm_mode_capable": True,
                "disallow_charge_from_grid_with_solar_installed": True,
                "customer_preferred_export_rule": "pv_only",
            },
            "tou_settings": {"optimization_strategy": "economics", "schedule": []},
        }

    def product(self) -> dict[str, Any]:
        """Return its row in products."""
        return {
            "energy_site_id": self.site_id,
            "resource_type": "battery",
            "site_name": self.name,
            "id": f"STE{self.site_id}",
            "gateway_id": "1152100-14-J--CN321000000001",
            "battery_type": "ac_powerwall",
            "backup_capable": True,
            "percentage_charged": self.home.soc_pct,
            "storm_mode_enabled": True,
            "components": {"battery": True, "solar": True, "grid": True},
        }

    def history(self, kind: str, first: datetime, last: datetime, now: datetime) -> list[dict[str, Any]] | None:
        """Return a calendar_history's time series; None for a kind that does not exist."""
        rows = [row for row in self.log if first <= row.at <= last]
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
