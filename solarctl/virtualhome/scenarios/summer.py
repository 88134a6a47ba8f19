"""A summer day: the battery runs low before dawn, and the sun fills it again."""

from __future__ import annotations

from datetime import datetime

from solarctl.virtualhome.houses import KYIV
from solarctl.virtualhome.relay_home import relay_home

SCENARIO = relay_home(
    "summer",
    "A Thursday in June near Kyiv: 5 kW of panels, a 10 kWh battery that the evening has left at 18 %.",
    datetime(2026, 6, 18, tzinfo=KYIV),
    soc_pct=18,
    scale=2.0,
    overcast=0.25,
)
