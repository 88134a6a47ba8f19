"""A home with a car and sun."""

from __future__ import annotations

import pytest

from solarctl.virtualhome.battery import Battery
from tests.easee_balance.sunny_home import AT_ONCE, TABLE, Sunshine, run
from tests.home import served


@pytest.fixture
def home(tmp_path):
    """A house with 6 kW of sun, a full battery, and a car on three phases."""
    with served(tmp_path, "sun2000", "easee", tables=TABLE + AT_ONCE) as found:
        found.sun = Sunshine(6000)
        found.house.parts.append(found.sun)
        found.house.battery = Battery(10, soc_pct=100)
        found.box = found.emulators["easee"].charger
        found.house.settle()
        found.cloud, found.inverter = found.emulators["easee"], found.emulators["sun2000"]
        run(found)  # the very first run finds a charge at full power and tames it
        found.clock.advance(minutes=1)
        yield found
