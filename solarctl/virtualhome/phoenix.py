"""What the houses near Phoenix have in common: hours in which power is dear, the climate, and two cooled zones."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from solarctl.virtualhome.rooms import AirConditioner, Room, Rooms
from solarctl.virtualhome.sky import Climate
from solarctl.virtualhome.thermostats import WallThermostat

PHOENIX = ZoneInfo("America/Phoenix")
LATITUDE, LONGITUDE = 33.45, -112.07
PEAK_HOURS = (14, 20)
COMFORTABLE_C = (78 - 32) / 1.8  # the thermostats' own schedule by day
HOT = Climate(mean_c=24.0, season_c=11.5, day_c=7.0, cloud_summer=0.1)


def cooled_zones() -> Rooms:
    """Return hall and bedrooms, each with an air conditioner and a thermostat of its own."""
    hall = Room("hall", WallThermostat(123456, "HALL", PHOENIX), AirConditioner(cooling_w=9_000), glass_m2=3.0)
    bedrooms = Room(
        "bedrooms",
        WallThermostat(123457, "BEDROOMS", PHOENIX),
        AirConditioner(cooling_w=7_000),
        envelope_w_per_k=170.0,
        surfaces_w_per_k=700.0,
        glass_m2=2.0,
        inside_w=250.0,
    )
    return Rooms([hall, bedrooms])
