"""The day's journal: one line per row, whole or not at all."""

from __future__ import annotations

import json
import stat

import pytest

from solarctl.errors import StateError
from tests.history.rows import AMSTERDAM, House
from tests.state.disks import SmallDisk, without_rights


def lines(house: House, day: str = "2026-07-01") -> list[str]:
    return (house.folder / "history" / f"{day}.jsonl").read_text().splitlines()


def test_nothing_is_created_by_looking(house):
    """A new house has no history, and looking leaves none."""
    assert house.history.decisions() == house.history.readings() == []
    assert house.history.fold() == 0
    assert not house.folder.exists()


def test_a_row_is_one_line_that_is_the_run_itself(house):
    """A line is the JSON that the run printed, and its kind."""
    row = house.decide(because="Battery at 12 %, below 15 % … ö\n\ud800")
    (line,) = lines(house)
    assert json.loads(line) == row | {"kind": "decision"}


def test_the_day_is_the_sites(house):
    """22:30 UTC on 1 July is the 2nd in Amsterdam."""
    house.clock.advance(12.5 * 3600)
    house.decide()
    assert len(lines(house, "2026-07-02")) == 1


def test_only_the_owner_may_read_it(house):
    """Who is at home is nobody else's business."""
    house.decide()
    folder = house.folder / "history"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "2026-07-01.jsonl")]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize("torn", [b'{"kind":"decision","at":"2026-07-01T12:', b"\0\0\0\0", b"\xff\xfe"])
def test_a_torn_last_line_is_passed_over_and_told(house, torn):
    """A kill or a power cut in the middle of a line costs that line only, now and after more were written."""
    first = house.decide(because="first")
    with (house.folder / "history" / "2026-07-01.jsonl").open("ab") as journal:
        journal.write(torn)
    assert house.history.decisions() == [first]
    assert "cut off" in house.history.notices[0]
    second = house.decide(because="second")
    assert house.history.decisions() == [second, first]


@pytest.mark.parametrize(
    "line", ["[]", "{}", "null", '{"at": 5}', '{"at": "noon"}', '{"at": "2026-07-01T12:00:00"}', "[" * 99_999]
)
def test_a_damaged_line_is_passed_over_told_and_kept(house, line):
    """What is no row disturbs nobody, and is kept when the day is folded."""
    with_line = house.decide()
    with (house.folder / "history" / "2026-07-01.jsonl").open("a") as journal:
        journal.write(line + "\n")
    assert house.history.decisions() == [with_line]
    assert "damaged line" in house.history.notices[0]
    house.pass_days(1)
    house.history.fold()
    assert house.history.decisions() == [with_line]
    assert (house.folder / "history" / "damaged-lines.txt").read_text() == line + "\n"


def test_a_full_disk_leaves_no_half_line(disk: SmallDisk):
    """No room: a `StateError` in plain words, and the journal as it was."""
    house = House(disk.folder / "state")
    first = house.decide()
    size = (house.folder / "history" / "2026-07-01.jsonl").stat().st_size
    disk.fill()
    with pytest.raises(StateError, match="disk is full"):
        house.decide(because="x" * 9000)
    assert (house.folder / "history" / "2026-07-01.jsonl").stat().st_size == size
    disk.free()
    assert house.history.decisions() == [first]
    assert house.history.notices == []


def test_a_read_only_disk_is_told(disk: SmallDisk):
    """History cannot be written: a `StateError`, for the run to note."""
    house = House(disk.folder / "state")
    house.decide()
    disk.make_read_only()
    with pytest.raises(StateError, match="read-only"):
        house.decide()


def test_a_folder_that_may_not_be_written_is_told(house):
    """With the chmod to type."""
    house.decide()
    house.clock.advance(86400)
    with without_rights(house.folder / "history", 0o500), pytest.raises(StateError, match="no permission"):
        house.decide()


def test_a_wrong_clock_folds_no_day_of_the_future(house):
    """Without a battery-backed clock a Pi starts in 1970; the real days stay as they are."""
    real = house.decide()
    house.clock.advance(-20_000 * 86400)
    assert house.now().astimezone(AMSTERDAM).year == 1971
    early = house.decide()
    assert house.history.fold() == 0
    assert house.history.decisions() == [real, early]
