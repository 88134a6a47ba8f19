"""Houses that are ready to live in; `start` is an aware datetime in the house's zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.house import House
from solarctl.virtualhome.loads import Household
from solarctl.virtualhome.sky import Climate, Sky
from solarctl.virtualhome.solar import Plane, SolarPlant
from solarctl.virtualhome.supply import Grid

KYIV = ZoneInfo("Europe/Kyiv")


def hybrid_house(
    start: datetime | None = None,
    *,
    seed: int | str = 0,
    soc_pct: float = 50.0,
    capacity_kwh: float = 10.0,
    peak_kw: float = 6.0,
    scale: float = 1.0,
    relay_on: bool = False,
) -> House:
    """Return the house of the first seed: it lives on sun and battery, and the grid comes in through a relay.

    Near Kyiv. While the relay is on, the grid carries the house, and charges the battery to 40 % with 800 W.
    Nothing is fed in.
    """
    return House(
        sky=Sky(50.4, 30.5, seed=seed, climate=Climate(mean_c=9, season_c=12)),
        timezone=KYIV,
        start=start,
        solar=SolarPlant((Plane(peak_kw, tilt_deg=35, azimuth_deg=180),), max_w=8000),
        household=Household(KYIV, seed=seed, scale=scale),
        battery=Battery(
            capacity_kwh,
            soc_pct=soc_pct,
            max_charge_w=5000,
            max_discharge_w=9000,
            floor_pct=5,
            feeds_with_grid=False,
            grid_charge_w=800,
            grid_charge_to_pct=40,
        ),
        grid=Grid(connected=relay_on, max_export_w=0),
    )
