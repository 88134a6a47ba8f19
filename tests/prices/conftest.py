"""A price service by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.prices.market import Market


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], Market]]:
    made: list[Market] = []

    def start(name: str) -> Market:
        made.append(Market(name, tmp_path))
        return made[-1]

    yield start
    for one in made:
        one.service.stop()
