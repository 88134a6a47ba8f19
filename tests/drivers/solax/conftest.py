"""SolaxCloud and a driver that asks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from solarctl.context import Context
from solarctl.drivers.solax_cloud import SolaxCloud
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud as Cloud
from solarctl.virtualhome.house import House
from tests.drivers.conftest import KYIV
from tests.drivers.solax.opening import opened, run_of
from tests.fakes import FakeClock


@pytest.fixture(params=["v2", "v1"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cloud(home: House, clock: FakeClock) -> Iterator[Cloud]:
    emulator = Cloud(home, clock, timezone=KYIV).start()
    yield emulator
    emulator.stop()


@pytest.fixture
def run(clock: FakeClock) -> Context:
    return run_of(clock)


@pytest.fixture
def driver(cloud: Cloud, run: Context, api: str) -> SolaxCloud:
    return opened(cloud, run, api)
