"""`solarctl history export` and `import`: what was recorded, taken along as text."""

from __future__ import annotations

import io
import json
import stat
from datetime import timedelta

import pytest

from tests.home import Home
from tests.report.conftest import CONFIG, DAY, a_day, recorded, write


@pytest.fixture
def elsewhere(tmp_path):
    """Another computer."""
    (tmp_path / "elsewhere").mkdir()
    home = Home(tmp_path / "elsewhere", ())
    home.write(CONFIG)
    return home


@pytest.fixture
def house(tmp_path):
    """A house with three days of July, and one three weeks later."""
    home = recorded(tmp_path)
    later = DAY + timedelta(days=21)
    write(home, later, a_day(later))
    return home


def test_a_history_moves_to_another_computer(house, elsewhere, tmp_path):
    """Every line arrives, however often it is imported, and the reports there are the same."""
    path = tmp_path / "all.jsonl"
    written = house.json("history", "export", str(path))
    lines = path.read_text().splitlines()
    assert written["lines"] == len(lines) == 4 * (288 + 7)
    assert {json.loads(line)["kind"] for line in lines} == {"readings", "decision"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for _ in range(2):
        assert elsewhere.json("history", "import", str(path))["lines"] == len(lines)
        here, there = (one.json("report", "month", "2026-07") for one in (house, elsewhere))
        assert there["total"] == here["total"]
        assert there["decisions"] == here["decisions"]
    assert f"{len(lines)} lines of {path} merged into history." in elsewhere.run("history", "import", str(path)).out


def test_lines_come_in_the_order_of_weeks(house):
    """On stdout there are the lines alone, week by week: readings, oldest first, then decisions."""
    found = [json.loads(line) for line in house.run("history", "export", "-").out.splitlines()]
    first = [row for row in found if row["at"] < "2026-07-10"]
    assert found[: len(first)] == first
    kinds = [row["kind"] for row in first]
    assert kinds == sorted(kinds, reverse=True)
    for kind in ("readings", "decision"):
        moments = [row["at"] for row in first if row["kind"] == kind]
        assert moments == sorted(moments)


def test_nothing_is_overwritten(house, tmp_path):
    """A file that is there stays, and JSON beside JSON lines is refused."""
    path = tmp_path / "mine.jsonl"
    path.write_text("mine")
    assert house.run("history", "export", str(path)).exit == 2
    assert path.read_text() == "mine"
    assert house.run("history", "export", "-", "--json").exit == 2


def test_a_dry_run_writes_nothing(house, elsewhere, tmp_path):
    """It counts only, both ways."""
    path = tmp_path / "all.jsonl"
    house.run("report", "day", str(DAY))  # which folds what was recorded
    assert "1180 lines would be written" in house.run("history", "export", str(path), "-n").out
    assert not path.exists()
    house.run("history", "export", str(path))
    assert "1180 lines" in elsewhere.run("history", "import", str(path), "-n").out
    assert elsewhere.json("report", "month", "2026-07")["days"] == []


def test_damaged_lines_are_passed_over_and_said(elsewhere, tmp_path):
    """What is no line of a history is left out; the others are taken."""
    path = tmp_path / "odd.jsonl"
    good = json.dumps(next(iter(a_day(DAY))))
    path.write_text(f'nonsense\n{good}\n{{"kind":"readings"}}\n')
    done = elsewhere.run("history", "import", str(path))
    assert (done.exit, "1 line of" in done.out) == (0, True)
    assert "damaged line" in done.err


def test_a_file_that_is_not_there(elsewhere, tmp_path):
    """Said in a sentence."""
    done = elsewhere.run("history", "import", str(tmp_path / "none.jsonl"))
    assert done.exit == 2
    assert "cannot be read" in done.err


def test_import_reads_stdin(elsewhere, monkeypatch):
    """For a pipe between two computers."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(json.dumps(row) for row in a_day(DAY))))
    assert elsewhere.json("history", "import", "-")["lines"] == 288 + 7
