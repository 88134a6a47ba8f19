"""Older states are brought up to date by numbered steps; the old file is kept."""

from __future__ import annotations

import json

import pytest

from solarctl.context import Json
from solarctl.errors import StateError
from solarctl.state import StateFile

# A version 0 that never was: tokens were called "logins".
OLD = {"version": 0, "logins": {"tesla": {"access_token": "a"}}, "memory": {"grid-guard": {"on": True}}}


def from_0_to_1(data: Json) -> Json:
    data["tokens"] = data.pop("logins")
    return data


@pytest.fixture
def old_state(folder, clock):
    folder.mkdir()
    (folder / "state.json").write_text(json.dumps(OLD))
    return StateFile(folder, clock, migrations={0: from_0_to_1})


def test_an_old_state_is_read_in_the_new_form_and_not_written_by_reading(old_state, folder):
    """Looking migrates nothing on disk: a rollback needs no repair."""
    assert old_state.read()["tokens"] == {"tesla": {"access_token": "a"}}
    assert json.loads((folder / "state.json").read_text()) == OLD


def test_the_first_change_keeps_the_old_file(old_state, folder):
    """Before the new form is written, the old file is put aside under its version."""
    with old_state.transaction() as data:
        data["memory"]["grid-guard"]["on"] = False
    assert json.loads((folder / "state.json.v0").read_text()) == OLD
    stored = json.loads((folder / "state.json").read_text())
    assert (stored["version"], stored["tokens"]) == (1, {"tesla": {"access_token": "a"}})
    assert "logins" not in stored


def test_an_old_version_without_a_step_is_refused(folder, clock):
    """An unknown past is not guessed at."""
    folder.mkdir()
    (folder / "state.json").write_text(json.dumps(OLD))
    with pytest.raises(StateError, match="version 0"):
        StateFile(folder, clock).read()


def test_an_old_state_that_does_not_fit_its_version_is_damaged(folder, clock):
    """A step that finds nothing to migrate means damage, not a traceback."""
    folder.mkdir()
    (folder / "state.json").write_text('{"version": 0}')
    state = StateFile(folder, clock, migrations={0: from_0_to_1})
    assert state.read()["tokens"] == {}
    assert "damaged" in state.notices[-1]
