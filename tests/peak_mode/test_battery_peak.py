"""The demo's summer weekday with a peak, played with the real commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from solarctl.cli import execute
from solarctl.simulation.demo import Player
from solarctl.simulation.demo_folder import furnish
from solarctl.simulation.plain_view import PlainView
from solarctl.virtualhome.scenarios import load, names


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[str]]:
    """One day, and every line that the demo printed."""
    said: list[str] = []
    folder: Path = tmp_path_factory.mktemp("demo")
    player = Player(load("battery-peak"), "0", folder, execute, PlainView(said.append))
    return player.play(furnish), said


def test_it_is_offered() -> None:
    """`demo --scenario battery-peak` finds it."""
    assert "battery-peak" in names()


def test_the_peak_is_bridged(played: tuple[Any, list[str]]) -> None:
    """With solarctl next to nothing is bought in the peak; a Powerwall left alone buys kilowatt-hours."""
    day, _ = played
    assert dict(day.exits) == {0: day.runs}
    assert day.energies.dear_import_kwh < 0.5
    assert all(sums.dear_import_kwh > 3 for sums in day.without.values())
    assert day.energies.dark_min == 0


def test_few_writes_and_one_mail(played: tuple[Any, list[str]]) -> None:
    """The reserve is written at the edges only, and the evening has its mail, with a second look at most."""
    day, _ = played
    assert day.counters["tesla"]["writes"] == 3
    assert day.counters["smtp"]["mails"] in (1, 2)
    assert day.counters["tesla"]["requests"] < day.runs + 30


def test_the_mail_is_shown_as_it_arrives(played: tuple[Any, list[str]]) -> None:
    """The day's log has the mail's text in a frame, and the comparison has the peak's share."""
    _, said = played
    text = "\n".join(said)
    for words in ("│ powerwall, Wednesday 15 July 2026", "│ Today", "│ What solarctl did", "of which at the peak"):
        assert words in text
