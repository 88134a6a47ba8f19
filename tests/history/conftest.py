"""A house with a history."""

from __future__ import annotations

from pathlib import Path

import pytest

from solarctl.history import Settings
from tests.history.rows import House
from tests.state.conftest import disk  # noqa: F401 (a fixture)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "state")


@pytest.fixture
def short_memory(tmp_path: Path) -> House:
    """A house that thins what is older than 2 days."""
    return House(tmp_path / "state", Settings(keep_days=2, means_days=2, decisions_days=2))
