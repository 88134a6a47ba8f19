"""A grey winter day in the home with everything: little sun, and many who want it."""

from __future__ import annotations

from datetime import datetime

from solarctl.virtualhome.everything import PHOENIX, everything

SCENARIO = everything(
    "winter",
    "A grey Thursday in December near Phoenix: nine hours of weak sun for a battery, a car and two tanks of water.",
    datetime(2026, 12, 10, tzinfo=PHOENIX),
    overcast=0.7,
    heating=True,
)
