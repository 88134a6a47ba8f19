"""A scripted server, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from solarctl.drivers.http import Http
from tests.drivers.over_http.scripted import SECRET, Scripted
from tests.fakes import FakeClock, context


@pytest.fixture
def server() -> Iterator[Scripted]:
    found = Scripted().start()
    yield found
    found.stop()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def http(server: Scripted, clock: FakeClock) -> Http:
    return Http.of(context(clock=clock), "inverter", server.url, secrets=(SECRET,))
