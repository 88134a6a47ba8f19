"""A Tesla energy site: a Powerwall's settings, and what they do to the house's battery.

Signs on the wire are those of the house: battery_power + discharging, grid_power + import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from solarctl.virtualhome.tesla_day import LOG_EVERY_S, DayLog, Logged

MODES = ("self_consumption", "autonomous", "backup")


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
        self.day = DayLog(zone)
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
        self.day.add(Logged(at, home.solar_w, home.load_w, home.grid_w, home.battery_w, home.soc_pct or 0.0))

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
