"""A house to be set up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from solarctl.virtualhome.clock import DrivenClock
from tests.home import Home, served
from tests.setup.setup_home import NAMES, NOON


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Home]:
    """Give a served house; what setup writes goes to the folder `new`, the house's own config is not used."""
    with served(tmp_path, *NAMES, tables="", clock=DrivenClock(NOON)) as home:
        home.config_path = tmp_path / "new" / "config.toml"
        yield home
