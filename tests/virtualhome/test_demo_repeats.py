"""The same seed gives the same day: nothing hangs on how quick this computer is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from solarctl.cli import execute
from solarctl.simulation.demo import Player
from solarctl.simulation.demo_folder import furnish
from solarctl.virtualhome import mqtt_broker
from solarctl.virtualhome.scenarios import load


class Diary:
    """Keeps what each run decided, and how the house was after it."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    def ran(self, ran: Any) -> None:
        decided = [ran.row.get(key) for key in ("reason", "because", "actions")]
        self.rows.append((ran.at, ran.command, ran.exit, decided, ran.load_w, ran.grid_w, ran.battery_w))

    def opened(self, *_about: Any) -> None: ...
    def upset(self, *_about: Any, **_more: Any) -> None: ...
    def closed(self, *_about: Any) -> None: ...
    def ended(self) -> None: ...


@pytest.mark.slow
def test_two_days_are_one(tmp_path: Path) -> None:
    """Forty minutes of the home with everything, twice: each decision and each power is the same.

    The broker must answer in order, as mosquitto does.
    """
    assert mqtt_broker.mosquitto_program() is not None
    diaries = []
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        diary = Diary()
        scenario = replace(load("first-look"), hours=40 / 60, without={})
        Player(scenario, "0", tmp_path / name, execute, diary).play(furnish)
        diaries.append(diary.rows)
    assert len(diaries[0]) > 50
    for one, other in zip(*diaries, strict=True):
        assert one == other
