"""The home with everything on the hot weekday, from the morning to the evening mail: what a newcomer sees first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from solarctl.virtualhome.scenarios.summer_peak import SCENARIO as SUMMER_PEAK

SCENARIO = replace(SUMMER_PEAK, name="first-look", start=SUMMER_PEAK.start + timedelta(hours=9), hours=11.5)
