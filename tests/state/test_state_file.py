"""state.json: what is written, read, refused and kept private."""

from __future__ import annotations

import json
import os
import stat

import pytest

from solarctl.state import StateFile
from tests.state.state_parts import TOKEN, put, with_token


def test_an_absent_state_is_empty_and_stays_absent(state, folder):
    """Reading creates nothing; every section is there."""
    found = state.read()
    assert found["tokens"] == found["memory"] == found["accounts"] == found["devices"] == {}
    assert not folder.exists()
    assert state.notices == []


def test_a_transaction_without_change_creates_no_file(state):
    """Looking is not writing."""
    with state.transaction():
        pass
    assert not state.path.exists()


def test_what_was_changed_is_read_by_the_next_run(state, folder, clock):
    """A run's changes are there for the next one."""
    put(state, 7)
    assert StateFile(folder, clock).read()["memory"] == {"grid-guard": {"number": 7}}


def test_other_sections_are_kept_as_they_are(state, folder, clock):
    """Sections that only later parts know survive every change."""
    with state.transaction() as data:
        data["pause"] = {"*": {"until": None}}
        data["later"] = [1, 2]
    put(StateFile(folder, clock), 1)
    found = state.read()
    assert (found["pause"], found["later"]) == ({"*": {"until": None}}, [1, 2])


def test_only_the_owner_may_read_it(state, folder):
    """The folder is 0700, the state and its copy 0600, whatever the umask says."""
    old = os.umask(0)
    try:
        with_token(state)
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, state.path, folder / "state.json.bak")}
    assert modes == {"state": 0o700, "state.json": 0o600, "state.json.bak": 0o600}


def test_unchanged_state_is_not_written(state):
    """Flash wears out: the very same file stays in place, also when it is formatted in another way."""
    with_token(state)
    state.path.write_text(json.dumps(json.loads(state.path.read_text())))
    before = state.path.stat()
    with state.transaction() as data:
        data["tokens"]["tesla"] = dict(TOKEN)
    assert (before.st_ino, before.st_mtime_ns) == (state.path.stat().st_ino, state.path.stat().st_mtime_ns)


def test_an_error_inside_a_transaction_writes_nothing(state):
    """Half a change is no change."""
    put(state, 1)

    def half_a_change() -> None:
        with state.transaction() as data:
            data["memory"]["grid-guard"]["number"] = 2
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        half_a_change()
    assert state.read()["memory"] == {"grid-guard": {"number": 1}}


def test_what_is_no_json_is_refused_before_anything_is_touched(state):
    """A value that cannot be stored leaves the old state in place."""
    put(state, 1)
    with pytest.raises(TypeError), state.transaction() as data:
        data["memory"]["grid-guard"] = {"number": object()}
    assert state.read()["memory"] == {"grid-guard": {"number": 1}}
