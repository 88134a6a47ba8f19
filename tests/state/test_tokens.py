"""Tokens: on disk before they are used, never fetched when they could not be stored."""

from __future__ import annotations

import json

import pytest

from solarctl.errors import BusyError, DeviceUnreachable, StateError
from solarctl.state import StateFile
from tests.state.disks import SmallDisk, without_rights

OLD = {"access_token": "a0", "refresh_token": "r0"}
NEW = {"access_token": "a1", "refresh_token": "r1"}
NEWER = {"access_token": "a2", "refresh_token": "r2"}


def never(_stored):
    raise AssertionError("the service must not be asked")


@pytest.fixture
def stored(state):
    with state.transaction() as data:
        data["tokens"]["tesla"] = OLD
    return state


def test_an_account_without_token_has_none(state):
    """Before the first log-in there is nothing."""
    assert state.tokens.get("tesla") is None


def test_the_first_token_is_fetched_and_stored(state, folder, clock):
    """A log-in: `fetch` is told that there is none."""
    seen = []

    def fetch(token):
        seen.append(token)
        return NEW

    assert state.tokens.renew("tesla", None, fetch) == NEW
    assert seen == [None]
    assert StateFile(folder, clock).tokens.get("tesla") == NEW
    assert sorted(path.name for path in folder.iterdir()) == ["locks", "state.json", "state.json.bak", "state.lock"]


@pytest.mark.parametrize("stale", [None, {"access_token": "older"}])
def test_what_another_run_renewed_is_taken(stored, stale):
    """Somebody was faster: his token is used, and the service is left alone."""
    assert stored.tokens.renew("tesla", stale, never) == OLD


def test_what_fetch_raises_passes_and_changes_nothing(stored, folder):
    """The service is silent: the stored token stays, nothing else does."""
    before = stored.path.stat().st_mtime_ns

    def silent(_stored):
        raise DeviceUnreachable("tesla", "no answer")

    with pytest.raises(DeviceUnreachable):
        stored.tokens.renew("tesla", OLD, silent)
    assert stored.tokens.get("tesla") == OLD
    assert stored.path.stat().st_mtime_ns == before
    assert not list(folder.glob("*.pending"))
    assert stored.tokens.renew("tesla", OLD, lambda _: NEW) == NEW
    assert stored.notices == []


def test_a_full_disk_is_noticed_before_the_service_is_asked(disk: SmallDisk, clock):
    """A single-use refresh token is not spent when its successor could not be stored."""
    folder = disk.folder / "state"
    state = StateFile(folder, clock)
    state.tokens.renew("tesla", None, lambda _: OLD)
    disk.fill(leave_kb=8)
    with pytest.raises(StateError, match="disk is full"):
        state.tokens.renew("tesla", OLD, never)
    assert StateFile(folder, clock).tokens.get("tesla") == OLD
    assert not list(folder.glob("*.pending"))
    disk.free()
    assert state.tokens.renew("tesla", OLD, lambda _: NEW) == NEW


def test_a_disk_that_fills_up_meanwhile_does_not_lose_the_token(disk: SmallDisk, clock):
    """The room for the token was reserved: it is kept, used, and stored by a later run."""
    folder = disk.folder / "state"
    state = StateFile(folder, clock)
    state.tokens.renew("tesla", None, lambda _: OLD)

    def fetch(_stored):
        with StateFile(folder, clock).transaction() as data:  # another command stores much more than before
            data["memory"]["plan"] = {"padding": "x" * 50_000}
        disk.fill()
        return NEW

    assert state.tokens.renew("tesla", OLD, fetch) == NEW
    assert "is kept in" in state.notices[-1]

    while_full = StateFile(folder, clock)
    assert while_full.tokens.get("tesla") == OLD
    assert while_full.tokens.renew("tesla", OLD, never) == NEW
    with pytest.raises(StateError, match="disk is full"):  # there is no room for yet another one
        while_full.tokens.renew("tesla", NEW, never)
    disk.free()
    afterwards = StateFile(folder, clock)
    assert afterwards.tokens.renew("tesla", OLD, never) == NEW
    assert afterwards.tokens.get("tesla") == NEW
    assert afterwards.notices == []
    assert not list(folder.glob("*.pending"))


def test_a_folder_that_may_not_be_written_spends_no_token(stored, folder, clock):
    """No permission: said before the service is asked."""
    with without_rights(folder, 0o500):
        mine = StateFile(folder, clock)
        with pytest.raises(StateError, match="no permission"):
            mine.tokens.renew("tesla", OLD, never)


def test_a_renewal_in_progress_is_waited_for_and_given_up(stored):
    """Another process hangs in a log-in: this run tries again later."""
    with stored.lock("token.tesla", 1), pytest.raises(BusyError, match="in use"):
        stored.tokens.renew("tesla", OLD, never)


def test_an_interrupted_renewal_is_told(stored, folder):
    """The process was killed while the service was asked: the old token is tried, and the doubt is said."""
    killed = {"at": "2026-07-01T10:00:00+00:00", "replaces": OLD}
    (folder / "token-tesla.pending").write_text(json.dumps(killed).ljust(9999))
    assert stored.tokens.renew("tesla", OLD, lambda _: NEW) == NEW
    assert "interrupted" in stored.notices[0]
    assert "solarctl token-refresh --login tesla" in stored.notices[0]


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_during_a_renewal_is_told_by_the_next_run(stored, folder, clock, signal):
    """Ctrl-C and SIGTERM are kills, too."""

    def interrupted(_stored):
        raise signal

    with pytest.raises(signal):
        stored.tokens.renew("tesla", OLD, interrupted)
    next_run = StateFile(folder, clock)
    assert next_run.tokens.renew("tesla", OLD, lambda _: NEW) == NEW
    assert "interrupted" in next_run.notices[0]


def test_a_log_in_after_an_interrupted_renewal_wins(stored, folder):
    """A token left behind does not replace what a person logged in with since."""
    left = {"at": "2026-07-01T10:00:00+00:00", "replaces": {"access_token": "long ago"}, "token": NEW}
    (folder / "token-tesla.pending").write_text(json.dumps(left))
    assert stored.tokens.renew("tesla", OLD, lambda _: NEWER) == NEWER


def test_a_name_is_no_path(state, folder):
    """An account may be called anything."""
    assert state.tokens.renew("../up/ö", None, lambda _: NEW) == NEW
    assert state.tokens.get("../up/ö") == NEW
    assert not (folder.parent / "up").exists()
