"""A home with an inverter and a relay."""

from __future__ import annotations

import pytest

from tests.foundation.cli_home import TABLES
from tests.home import served


@pytest.fixture
def home(tmp_path):
    with served(tmp_path, "solax-cloud", "tuya", tables=TABLES) as home:
        home.emulators["solax-cloud"].pin(soc=50.0)
        yield home
