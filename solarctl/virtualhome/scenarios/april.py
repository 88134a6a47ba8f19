"""An April day: clouds chase each other, and the battery hovers about the limit."""

from __future__ import annotations

from datetime import datetime

from solarctl.virtualhome.houses import KYIV
from solarctl.virtualhome.relay_home import relay_home

SCENARIO = relay_home(
    "april",
    "A restless Thursday in April near Kyiv: 3 kW of panels, a 5 kWh battery at 17 %, and clouds that come and go.",
    datetime(2026, 4, 16, tzinfo=KYIV),
    soc_pct=17,
    capacity_kwh=5,
    peak_kw=3,
    scale=1.6,
    overcast=0.6,
)
