"""Days go by: `record`, `forecast` and `plan` by the clock, and what is learned about a service that is too bold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.solar import Plane, SolarPlant
from tests.home import ZONE, Home, served

PLAN = """
[plan]
forecast = "sun"
grid = "p1"
solar = "solar-meter"
[[plan.devices]]
device = "boiler-socket"
power_w = 2000
capacity_kwh = 4.0
"""
TOO_BOLD = 1.25  # the panels give a fifth less than the service tells


class Days:
    """A house whose crontab runs: `record` every two hours, `forecast` twice a day, `plan` once."""

    def __init__(self, folder: Path, first: date) -> None:
        start = datetime.combine(first, datetime.min.time(), ZoneInfo(ZONE))
        self.clock = DrivenClock(start)
        self._served = served(folder, "open-meteo-solar", "homewizard", tables="", clock=self.clock)
        self.home: Home = self._served.__enter__()
        self.home.house.solar = SolarPlant((Plane(5.0),))
        self.home.emulators["open-meteo-solar"].sun.share = TOO_BOLD
        self.home.configure(PLAN)
        self.first = first

    def live(self, day: int, *, recorded: bool = True) -> None:
        """Let one local day pass, whatever its length."""
        midnight = datetime.combine(self.first + timedelta(days=day), datetime.min.time(), ZoneInfo(ZONE))
        after = datetime.combine(self.first + timedelta(days=day + 1), datetime.min.time(), ZoneInfo(ZONE))
        hours = round((after.timestamp() - midnight.timestamp()) / 3600)
        for hour in range(0, hours, 2):
            self.clock.move_to(datetime.fromtimestamp(midnight.timestamp() + hour * 3600 + 60, ZoneInfo(ZONE)))
            if recorded:
                assert self.home.run("record", "-q").exit == 0
            if hour in (2, 12):
                assert self.home.run("forecast", "-q").exit == 0
            if hour == 6:
                assert self.home.run("plan", "-q").exit == 0

    @property
    def memory(self) -> dict[str, Any]:
        found: dict[str, Any] = self.home.state()["memory"]["forecast"]
        return found

    def close(self) -> None:
        self._served.__exit__(None, None, None)


DAYS = [
    pytest.param(date(2026, 6, 8), id="summer", marks=pytest.mark.slow),
    pytest.param(date(2026, 10, 22), id="autumn"),
    pytest.param(date(2026, 3, 26), id="spring", marks=pytest.mark.slow),
]


@pytest.fixture(params=DAYS)
def days(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Days]:
    """Give a house in June, and over both changes of the clocks."""
    made = Days(tmp_path, request.param)
    yield made
    made.close()


def test_a_service_that_is_too_bold_is_learned_within_days(days: Days) -> None:
    """A fifth less than told, every day: each day says 0.8, and after six days most of it is known and used."""
    for day in range(7):
        days.live(day)
    assert list(days.memory["ratios"].values()) == pytest.approx([0.8] * 5, abs=0.03)
    correction = days.memory["correction"]
    assert 0.8 <= correction < 0.86
    answer = days.home.json("forecast")
    assert f"Corrected by {correction:.2f}, learned from what was produced." in answer["because"]
    plan = days.home.json("plan")["plan"]
    assert sum(plan["inputs"]["told_w"]) * 0.25 == pytest.approx(
        sum(answer["forecast"]["solar_w"][:96]) * 0.25, rel=0.02
    )


@pytest.mark.parametrize("days", [date(2026, 6, 8)], indirect=True, ids=["summer"])
def test_a_day_without_records_does_no_harm(days: Days) -> None:
    """Nothing was written on one day: it teaches nothing, and the days around it do."""
    for day in range(5):
        days.live(day, recorded=day != 2)
    ratios = days.memory["ratios"]
    assert (days.first + timedelta(days=2)).isoformat() not in ratios
    assert list(ratios.values()) == pytest.approx([0.8] * len(ratios), abs=0.03)
    assert len(ratios) == 2
