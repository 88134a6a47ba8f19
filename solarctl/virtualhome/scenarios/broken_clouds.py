"""Clouds chase each other over a home with everything: the whole example crontab, line by line."""

from __future__ import annotations

from datetime import datetime

from solarctl.virtualhome.everything import PHOENIX, everything

SCENARIO = everything(
    "broken-clouds",
    "A restless Thursday in May near Phoenix: clouds come and go, and loads come and go with them.",
    datetime(2026, 5, 14, tzinfo=PHOENIX),
    overcast=0.5,
)
