"""Parts of the demo's days, played without a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from solarctl.errors import Exit
from solarctl.simulation.demo import Ran
from solarctl.simulation.plain_view import SummaryView
from solarctl.virtualhome.scenario import Scenario
from solarctl.virtualhome.scenarios import load

FROM_OUTSIDE = {"DeviceUnreachable", "DeviceReplyError", "DeviceLoginError", "DeviceSetupError", "DeviceRefused"}


def silent() -> SummaryView:
    """Return a view that shows nothing."""
    return SummaryView(lambda _line: None)


class Blames(SummaryView):
    """Shows nothing, and keeps what the runs blame that end with 78 (something in config.toml does not fit)."""

    def __init__(self) -> None:
        super().__init__(lambda _line: None)
        self.kinds: set[str] = set()

    def ran(self, ran: Ran) -> None:
        if ran.exit == Exit.CONFIG:
            self.kinds |= {error["kind"] for error in ran.row.get("errors", ())} or {"nobody"}


def part_of(name: str, start_h: float, hours: float) -> Scenario:
    """Return some hours of a scenario's day, from so many hours after its beginning."""
    scenario = load(name)
    return replace(scenario, start=scenario.start + timedelta(hours=start_h), hours=hours)
