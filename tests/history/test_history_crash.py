"""Processes killed while they write or fold, and several at the same time."""

from __future__ import annotations

import json

from tests.history.jobs import DAYS, ROWS_PER_DAY, todays, yesterdays
from tests.history.rows import House
from tests.state.killing import deaths, run_jobs, started


def sentences(house: House) -> list[str]:
    return [row["because"] for row in house.history.decisions()]


def test_a_kill_while_folding_loses_and_doubles_nothing(tmp_path):
    """Killed before any statement or file operation: every row is there once, before and after the next fold."""
    everything = [f"{day} {number}" for day in reversed(range(DAYS)) for number in reversed(range(ROWS_PER_DAY))]
    found = deaths("tests.history.jobs:fold", tmp_path)
    for death in found:
        for _ in range(2):
            house = todays(death.folder)
            assert sentences(house) == everything, death
            assert [row["grid_w"] for row in house.history.readings()] == [0, 100.5, 201] * DAYS, death
            house.history.fold()
            assert house.history.notices == [], death
        assert list((house.folder / "history").iterdir()) == [], death
    assert found[-1].survived
    assert {"execute BEGIN", "execute COMMIT", "execute INSERT", "unlink"} <= {death.name for death in found}


def test_a_kill_while_appending_loses_nothing_acknowledged(tmp_path):
    """What was written before is there; a torn line is told and costs nothing else."""
    for death in deaths("tests.history.jobs:append", tmp_path):
        told = death.folder / "acknowledged"
        acknowledged = int(told.read_text() or 1) if told.exists() else 1
        house = yesterdays(death.folder)
        found = sentences(house)
        assert found[::-1] == ["first", "2", "3"][: len(found)], death
        assert acknowledged <= len(found) <= acknowledged + 1, death
        house.decide(because="next")
        assert sentences(house) == ["next", *found], death


def test_lines_appended_while_others_fold_are_all_there_once(tmp_path):
    """Four writers of yesterday's journal, two folders of it."""
    writers = [("tests.history.jobs:append_many", str(tmp_path), f"writer-{number}", "60") for number in range(4)]
    folders = [("tests.history.jobs:fold_often", str(tmp_path), "40")] * 2
    run_jobs(*writers, *folders)
    house = todays(tmp_path)
    house.history.fold()
    found = sorted(json.dumps(row["because"]) for row in house.history.decisions())
    assert len(found) == len(set(found)) == 240
    assert house.history.notices == []


def test_reading_while_another_process_folds_misses_nothing(tmp_path):
    """A day is seen once, whether it is still a journal, already folded, or both."""
    house = yesterdays(tmp_path)
    expected = []
    for day in range(40):
        house.decide(because=f"day {day}")
        expected.insert(0, f"day {day}")
        house.pass_days(1)
    looks = 0
    process = started("tests.history.jobs:fold_after", str(tmp_path), "40")
    while process.poll() is None:
        assert sentences(house) == expected
        looks += 1
    assert process.communicate()[1] == ""
    assert looks > 1
    assert not list((house.folder / "history").iterdir())
    assert sentences(house) == expected
