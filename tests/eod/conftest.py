"""A home with a Powerwall and a mail server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.smtp import MailServer
from tests.eod.eod_home import EVENING, TABLES
from tests.home import Home, served


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(EVENING - timedelta(hours=8))


@pytest.fixture
def home(tmp_path: Path, clock: DrivenClock) -> Iterator[Home]:
    with served(tmp_path, "tesla", tables=TABLES, clock=clock) as home:
        for _ in range(8 * 12):
            clock.sleep(300)
            home.house.advance(clock.now())
        home.clock.sleep((EVENING - clock.now()).total_seconds())
        yield home


@pytest.fixture
def mail(home: Home, clock: DrivenClock) -> Iterator[MailServer]:
    running = MailServer(None, clock).start()
    home.configure(TABLES + running.config())
    yield running
    running.stop()
