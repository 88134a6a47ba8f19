"""What `check` finds in [tariff] and [peak-mode]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.home import Home, served
from tests.peak_mode.peak_home import TABLES


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with served(tmp_path, "tesla", tables=TABLES) as home:
        yield home


@pytest.mark.parametrize(
    ("tables", "path", "severity"),
    [
        (TABLES.replace('"US"', '"Utopia"'), "tariff.holidays.country", "error"),
        (TABLES.replace('"US"', '"US", names = ["Labour Day"]'), "tariff.holidays.names", "error"),
        ('[tariff]\n[peak-mode]\nbattery = "powerwall"\n', "tariff.windows", "error"),
        (TABLES + "offpeak_reserve_pct = 90\n", "peak-mode.offpeak_reserve_pct", "warning"),
        (TABLES + "floor_pct = 85\n", "peak-mode.floor_pct", "warning"),
    ],
)
def test_problems(home: Home, tables: str, path: str, severity: str) -> None:
    """Each is named with its path, its line, and how bad it is."""
    home.configure(tables)
    row = home.json("check")
    (found,) = [one for one in row["problems"] if one["path"] == path]
    assert found["severity"] == severity
    assert found["line"]
    assert row["exit"] == (78 if severity == "error" else 0)


def test_nothing_to_say(home: Home) -> None:
    """A tariff that is right has no problems."""
    assert home.json("check")["problems"] == []
