"""A winter day: eight grey hours cannot carry sixteen dark ones, and the grid comes in again and again."""

from __future__ import annotations

from datetime import datetime

from solarctl.virtualhome.houses import KYIV
from solarctl.virtualhome.relay_home import relay_home

SCENARIO = relay_home(
    "grey-winter",
    "A grey Thursday in December near Kyiv: 5 kW of panels, a 10 kWh battery at 40 %.",
    datetime(2026, 12, 10, tzinfo=KYIV),
    soc_pct=40,
    scale=2.0,
    overcast=0.8,
)
