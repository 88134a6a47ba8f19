"""Journals that are damaged in a row's inside, cannot be read, or end without a line end."""

from __future__ import annotations

import os
import sqlite3

import pytest

from solarctl.errors import StateError
from solarctl.history_db import Database
from tests.history.rows import House, text
from tests.state.disks import without_rights


def journal_of(house: House):
    return house.folder / "history" / "2026-07-01.jsonl"


@pytest.mark.parametrize("name", ["readings", "actions", "errors"])
@pytest.mark.parametrize("content", ["5", '"x"', "[5]", '[{}, "x"]'])
def test_a_row_with_odd_lists(house, name, content):
    """Readings, actions and errors are lists of objects; a row in which one is not is passed over."""
    whole = house.decide()
    with journal_of(house).open("a") as journal:
        journal.write(f'{{"kind": "decision", "at": "{text(house.now())}", "{name}": {content}}}\n')
    assert house.history.decisions() == [whole]
    assert "damaged line" in house.history.notices[0]


@pytest.mark.parametrize("part", ['"command": 5', '"reason": {}', '"because": []', '"exit": "x"'])
def test_a_row_with_odd_words(house, part):
    """A command, reason or sentence that is no text, an exit code that is no number: no row, and nobody stumbles."""
    whole = house.decide()
    with journal_of(house).open("a") as journal:
        journal.write(f'{{"kind": "decision", "at": "{text(house.now())}", {part}}}\n')
    assert house.history.decisions() == [whole]


def test_a_row_with_absent_lists_is_a_row(house):
    """What a later version leaves out, or writes as null, is empty."""
    house.decide()
    with journal_of(house).open("a") as journal:
        journal.write(f'{{"kind": "decision", "command": "x", "at": "{text(house.now())}", "readings": null}}\n')
    assert len(house.history.decisions()) == 2
    assert house.history.notices == []


def test_a_journal_that_may_not_be_read_is_told(house):
    """An empty answer would look like a quiet day."""
    house.decide()
    path = journal_of(house)
    path.chmod(0)
    with without_rights(house.folder / "history", 0o700), pytest.raises(StateError, match="no permission"):
        list(house.reopened().decisions())
    path.chmod(0o600)


def test_a_folded_journal_that_cannot_be_removed_is_told(house):
    """Else each run would fold it again, and nobody would know."""
    house.decide()
    house.pass_days(1)
    with without_rights(house.folder / "history", 0o500), pytest.raises(StateError, match="no permission"):
        house.history.fold()
    assert journal_of(house).exists()
    house.history.fold()
    assert not journal_of(house).exists()
    assert len(house.history.decisions()) == 1


def test_a_folded_journal_is_gone(house):
    """A finished day is in the database and nowhere else."""
    house.decide()
    house.pass_days(1)
    assert house.history.fold() == 1
    assert not journal_of(house).exists()


def test_the_last_line_is_looked_at_to_its_end(house):
    """A whole last line gets no empty line behind it, a torn one gets its end."""
    house.decide("one")
    house.decide("two")
    assert b"\n\n" not in journal_of(house).read_bytes()
    size = journal_of(house).stat().st_size
    os.truncate(journal_of(house), size - 1)
    house.decide("three")
    assert journal_of(house).read_bytes().count(b"\n") == 3
    assert len(house.history.decisions()) == 3


def test_a_transaction_that_fails_is_undone(tmp_path):
    """The next one begins anew."""
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    connection.execute("CREATE TABLE told (x)")
    database = Database(tmp_path / "x.db", connection)
    with pytest.raises(KeyError), database.transaction():
        connection.execute("INSERT INTO told VALUES (1)")
        raise KeyError
    with database.transaction():
        connection.execute("INSERT INTO told VALUES (2)")
    assert connection.execute("SELECT x FROM told").fetchall() == [(2,)]
