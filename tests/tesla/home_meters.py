"""The four meters of a plain home, whichever way Tesla tells them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.drivers.contracts import BatteryMeterContract, GridMeterContract, LoadMeterContract, SolarMeterContract
from tests.tesla.conftest import PlainHome


class HomeMetersContract(GridMeterContract, SolarMeterContract, LoadMeterContract, BatteryMeterContract):
    """What all meters owe, in a home whose powers a test sets."""

    @pytest.fixture
    def importing_w(self, home: PlainHome) -> Callable[[float], None]:
        return lambda watts: setattr(home, "grid_w", watts)

    @pytest.fixture
    def producing_w(self, home: PlainHome) -> Callable[[float], None]:
        return lambda watts: setattr(home, "solar_w", watts)

    @pytest.fixture
    def consuming_w(self, home: PlainHome) -> Callable[[float], None]:
        return lambda watts: setattr(home, "load_w", watts)

    @pytest.fixture
    def charged_pct(self, home: PlainHome) -> Callable[[float], None]:
        return lambda percent: setattr(home, "soc_pct", percent)

    @pytest.fixture
    def discharging_w(self, home: PlainHome) -> Callable[[float], None]:
        return lambda watts: setattr(home, "battery_w", watts)
