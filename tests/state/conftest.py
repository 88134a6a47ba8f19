"""A state folder, its clock, and a disk to fill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from solarctl.state import StateFile
from tests.fakes import FakeClock
from tests.state.disks import SmallDisk


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def state(folder: Path, clock: FakeClock) -> StateFile:
    return StateFile(folder, clock)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    small = SmallDisk(folder, monkeypatch)
    yield small
    small.unmount()
