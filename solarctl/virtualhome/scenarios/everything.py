"""A hot weekday in a home with everything: the whole example crontab, line by line."""

from __future__ import annotations

from datetime import datetime

from solarctl.virtualhome.everything import PHOENIX, everything

SCENARIO = everything(
    "everything",
    "A hot Wednesday in July near Phoenix: 9 kW of panels, a Powerwall, a car, two cool zones, a guest house.",
    datetime(2026, 7, 15, tzinfo=PHOENIX),
    overcast=0.1,
)
