"""A forecast service by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.forecast.observatory import Observatory


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], Observatory]]:
    made: list[Observatory] = []

    def start(name: str) -> Observatory:
        made.append(Observatory(name, tmp_path))
        return made[-1]

    yield start
    for one in made:
        one.service.stop()
