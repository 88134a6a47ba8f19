"""Tuya's cloud, and runs that ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from solarctl.virtualhome.emulators.tuya import Tuya
from solarctl.virtualhome.house import House
from tests.drivers.tuya.runs import Runs
from tests.fakes import FakeClock


@pytest.fixture
def cloud(home: House, clock: FakeClock) -> Iterator[Tuya]:
    emulator = Tuya(home, clock).start()
    yield emulator
    emulator.stop()


@pytest.fixture
def runs(cloud: Tuya, clock: FakeClock) -> Runs:
    return Runs(cloud, clock)
