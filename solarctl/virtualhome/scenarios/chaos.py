"""A bad day in a home with everything: clouds of all makers fail, and the example crontab goes on."""

from __future__ import annotations

from datetime import datetime

from solarctl.virtualhome.everything import PHOENIX, everything

SCENARIO = everything(
    "chaos",
    "A Tuesday in June near Phoenix on which everything fails now and then: services, relays, meters, mail.",
    datetime(2026, 6, 16, tzinfo=PHOENIX),
    overcast=0.25,
    chaos=True,
)
