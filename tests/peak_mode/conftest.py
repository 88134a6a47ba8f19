"""A home with a Powerwall, and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from solarctl.virtualhome.clock import DrivenClock
from tests.home import Home, served
from tests.peak_mode.peak_home import TABLES, WEDNESDAY


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(WEDNESDAY)


@pytest.fixture
def home(tmp_path: Path, clock: DrivenClock) -> Iterator[Home]:
    with served(tmp_path, "tesla", tables=TABLES, clock=clock) as home:
        yield home
