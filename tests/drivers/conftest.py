"""A house with emulators, one clock, and runs that follow each other."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.house import House
from solarctl.virtualhome.houses import hybrid_house
from tests.fakes import FakeClock

KYIV = ZoneInfo("Europe/Kyiv")
NOON = datetime(2026, 6, 21, 12, 2, tzinfo=KYIV)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def home(clock: FakeClock) -> House:
    return hybrid_house(clock.now().astimezone(KYIV), soc_pct=50)
