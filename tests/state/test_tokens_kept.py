"""The small file beside state.json in which a token is safe while it is renewed."""

from __future__ import annotations

import json

import pytest

from solarctl import tokens
from solarctl.errors import StateError
from solarctl.state import StateFile

OLD = {"access_token": "a0", "refresh_token": "r0"}
NEW = {"access_token": "a1", "refresh_token": "r1"}


@pytest.fixture
def stored(state):
    with state.transaction() as data:
        data["tokens"]["tesla"] = OLD
    return state


def pending_of(state):
    return state.directory / "token-tesla.pending"


def test_the_very_first_renewal_makes_the_folder(folder, clock):
    """A log-in on a new computer: nothing is there yet."""
    deep = folder / "not" / "there"
    assert StateFile(deep, clock).tokens.renew("tesla", None, lambda _: NEW) == NEW
    assert StateFile(deep, clock).tokens.get("tesla") == NEW


def test_a_kept_token_that_is_stored_by_now_is_forgotten(stored):
    """A run was killed between storing the token and tidying up."""
    pending_of(stored).write_text(json.dumps({"at": "x", "replaces": {"access_token": "older"}, "token": OLD}))
    pending_of(stored).chmod(0o600)
    assert stored.tokens.renew("tesla", OLD, lambda _: NEW) == NEW
    assert not pending_of(stored).exists()
    assert stored.notices == []


def test_a_kept_token_that_was_overtaken_is_forgotten(stored):
    """A person has logged in since: the left-behind token replaces nothing."""
    left = {"at": "x", "replaces": {"access_token": "older"}, "token": {"access_token": "left"}}
    pending_of(stored).write_text(json.dumps(left))
    pending_of(stored).chmod(0o600)
    assert stored.tokens.renew("tesla", None, lambda _: NEW) == OLD
    assert not pending_of(stored).exists()


def test_no_more_room_is_kept_than_the_token_needs(stored, folder):
    """What was reserved is given back while the token waits for state.json."""
    with pytest.raises(RuntimeError):
        stored.tokens.renew("tesla", OLD, _interrupted)
    room = pending_of(stored)
    assert not room.exists()
    left = tokens._Pending(stored, "tesla")
    left.reserve(stored._clock.now())
    reserved = room.stat().st_size
    left.keep(NEW)
    assert room.stat().st_size < 1000 < reserved
    left.release()
    assert json.loads(room.read_text())["token"] == NEW


def test_a_token_that_no_disk_takes_is_told(stored, monkeypatch, tmp_path):
    """The service has issued it and it is lost: the person is told to log in again."""

    def break_the_folder(_stored):
        pending_of(stored).unlink()
        pending_of(stored).mkdir()
        return NEW

    with pytest.raises(StateError, match="could not be stored") as told:
        stored.tokens.renew("tesla", OLD, break_the_folder)
    assert "--login tesla" in told.value.hint


def _interrupted(_stored):
    raise RuntimeError
