"""Parts of the demo's days, played without a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from solarctl.simulation.plain_view import SummaryView
from solarctl.virtualhome.scenario import Scenario
from solarctl.virtualhome.scenarios import load


def silent() -> SummaryView:
    """Return a view that shows nothing."""
    return SummaryView(lambda _line: None)


def part_of(name: str, start_h: float, hours: float) -> Scenario:
    """Return some hours of a scenario's day, from so many hours after its beginning."""
    scenario = load(name)
    return replace(scenario, start=scenario.start + timedelta(hours=start_h), hours=hours)
