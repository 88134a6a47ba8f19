"""A hot weekday in the home with everything: power is dear from two to eight."""

from __future__ import annotations

from datetime import datetime

from solarctl.virtualhome.everything import PHOENIX, everything

SCENARIO = everything(
    "summer-peak",
    "A hot Wednesday in July near Phoenix: power is dear from 14 to 20, and the air conditioners never rest.",
    datetime(2026, 7, 15, tzinfo=PHOENIX),
    overcast=0.1,
)
