"""A damaged state, another version's or user's, and disks that do not take it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from solarctl.errors import BusyError, StateError
from solarctl.state import StateFile
from tests.fakes import FakeClock
from tests.state.disks import SmallDisk, without_rights
from tests.state.state_parts import TOKEN, put, with_token

DAMAGE = {
    "empty": lambda content: b"",
    "blank": lambda content: b" \n",
    "truncated": lambda content: content[: len(content) // 2],
    "binary": lambda content: bytes(range(256)) * 8,
    "zeroes": lambda content: b"\0" * len(content),
    "not an object": lambda content: b"[1, 2]",
    "no version": lambda content: b"{}",
    "a version that is a word": lambda content: content.replace(b'"version": 1', b'"version": "one"'),
    "tokens no object": lambda content: b'{"version": 1, "tokens": []}',
    "a token no object": lambda content: b'{"version": 1, "tokens": {"tesla": "secret"}}',
    "nested without end": lambda content: b"[" * 100_000,
    "missing": None,
}


def damage(path: Path, kind: str) -> bytes | None:
    change = DAMAGE[kind]
    if change is None:
        path.unlink()
        return None
    path.write_bytes(change(path.read_bytes()))
    return path.read_bytes()


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_state_is_recovered_from_the_last_good_copy(state, folder, clock, kind):
    """Nothing that was stored is lost, it is said loudly, and the damaged file is kept."""
    put(state, 1)
    with_token(state)
    left = damage(state.path, kind)

    next_run = StateFile(folder, clock)
    found = next_run.read()

    assert found["tokens"] == {"tesla": TOKEN}
    assert found["memory"] == {"grid-guard": {"number": 1}}
    assert "recovered from the last good copy" in next_run.notices[0]
    kept = list(folder.glob("state.json.damaged-*"))
    assert [path.read_bytes() for path in kept] == ([] if left is None else [left])
    run_after = StateFile(folder, clock)
    assert run_after.read() == found
    assert run_after.notices == []


@pytest.mark.parametrize("kind", sorted(set(DAMAGE) - {"missing"}))
def test_without_a_good_copy_it_starts_empty_and_says_that_tokens_are_lost(state, folder, clock, kind):
    """Both files damaged: the house still runs, and both are kept for whoever can read them."""
    with_token(state)
    damage(state.path, kind)
    damage(folder / "state.json.bak", kind)

    next_run = StateFile(folder, clock)
    assert next_run.read()["tokens"] == {}
    assert "pauses, forced powers and tokens are lost" in next_run.notices[0]
    assert len(list(folder.glob("*.damaged-*"))) == 2
    put(next_run, 3)
    run_after = StateFile(folder, clock)
    assert run_after.read()["memory"] == {"grid-guard": {"number": 3}}
    assert run_after.notices == []


def test_a_transaction_on_a_damaged_state_works_on_the_good_copy(state, folder, clock):
    """Whoever changes a damaged state changes what was good."""
    with_token(state)
    state.path.write_bytes(b"{")
    next_run = StateFile(folder, clock)
    put(next_run, 5)
    assert next_run.read()["tokens"] == {"tesla": TOKEN}
    assert next_run.read()["memory"] == {"grid-guard": {"number": 5}}
    assert len(next_run.notices) == 1


def test_a_damaged_state_on_a_read_only_disk_is_still_recovered(disk: SmallDisk, clock):
    """What cannot be put right on disk is read from the good copy all the same."""
    folder = disk.folder / "state"
    with_token(StateFile(folder, clock))
    (folder / "state.json").write_bytes(b"")
    disk.make_read_only()
    next_run = StateFile(folder, clock)
    assert next_run.read()["tokens"] == {"tesla": TOKEN}
    assert "could not be put right" in next_run.notices[0]


def test_a_state_that_others_can_read_is_mended(state, folder, clock):
    """Tokens are for nobody else: the mode is put right, and it is said."""
    with_token(state)
    state.path.chmod(0o644)
    next_run = StateFile(folder, clock)
    next_run.read()
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o600
    assert "other users" in next_run.notices[0]


def test_a_newer_version_is_refused_and_untouched(state, folder, clock):
    """After a downgrade nothing of the newer state is lost."""
    state.path.parent.mkdir()
    state.path.write_text('{"version": 2, "tokens": {}}')
    with pytest.raises(StateError, match="newer solarctl") as refusal, state.transaction() as data:
        data["memory"]["x"] = {}
    assert "Upgrade" in refusal.value.hint
    with pytest.raises(StateError, match="newer solarctl"):
        state.read()
    assert state.path.read_text() == '{"version": 2, "tokens": {}}'


def test_the_way_back_is_named_only_when_there_is_one(state, folder, clock):
    """The copy from before is named when it was kept; what the hint says brings both files back."""
    put(state, 1)
    before = state.path.read_text()
    for path in (state.path, folder / "state.json.bak"):
        path.write_text(before.replace('"version": 1', '"version": 2'))
    with pytest.raises(StateError, match="newer solarctl") as refusal:
        state.read()
    assert "state.json.v1" not in refusal.value.hint
    (folder / "state.json.v1").write_text(before)
    with pytest.raises(StateError, match="newer solarctl") as refusal:
        state.read()
    subprocess.run(refusal.value.hint.split("before: ")[1], shell=True, check=True)
    assert state.read()["memory"] == {"grid-guard": {"number": 1}}
    state.path.write_bytes(b"")
    assert StateFile(folder, clock).read()["memory"] == {"grid-guard": {"number": 1}}


def test_a_state_of_another_user_is_refused(state, folder, clock):
    """Two users never share a state; the hint says what to type."""
    with_token(state)
    stranger = StateFile(folder, clock, uid=os.geteuid() + 1)
    with pytest.raises(StateError, match="belongs to") as refusal:
        stranger.read()
    assert "sudo" in refusal.value.hint
    with pytest.raises(StateError, match="belongs to"), stranger.transaction():
        pass


def test_an_unreadable_folder_is_told_with_what_to_type(state, folder, clock):
    """No permission: a sentence and a chmod, no traceback."""
    with_token(state)
    with without_rights(folder, 0o000):
        mine = StateFile(folder, clock)
        with pytest.raises(StateError, match="no permission") as refusal:
            mine.read()
        assert "chmod" in refusal.value.hint


def test_a_folder_that_may_not_be_written(state, folder, clock):
    """The old state can be read and stays as it was."""
    with_token(state)
    with without_rights(folder, 0o500):
        mine = StateFile(folder, clock)
        with pytest.raises(StateError, match="no permission") as refusal:
            put(mine, 1)
        assert "chmod u+rwX" in refusal.value.hint
        assert mine.read()["tokens"] == {"tesla": TOKEN}
        assert mine.read()["memory"] == {}


def test_a_full_disk_leaves_the_old_state(disk: SmallDisk, clock):
    """The disk is full: a plain sentence, and what was stored before is untouched."""
    state = StateFile(disk.folder / "state", clock)
    with_token(state)
    disk.fill()
    with pytest.raises(StateError, match="disk is full") as refusal, state.transaction() as data:
        data["memory"]["plan"] = {"slots": ["x" * 100] * 100}
    assert "Free some space" in refusal.value.hint
    assert StateFile(disk.folder / "state", clock).read()["tokens"] == {"tesla": TOKEN}
    assert not list((disk.folder / "state").glob("*.tmp"))
    disk.free()
    put(state, 1)
    assert state.read()["memory"] == {"grid-guard": {"number": 1}}


def test_a_read_only_disk(disk: SmallDisk, clock):
    """A mount gone read-only, as SD cards do: reading goes on, writing is refused in words."""
    state = StateFile(disk.folder / "state", clock)
    with_token(state)
    disk.make_read_only()
    assert state.read()["tokens"] == {"tesla": TOKEN}
    with state.transaction():
        pass
    with pytest.raises(StateError, match="read-only"):
        put(state, 1)


def test_a_file_where_the_folder_should_be(tmp_path, clock):
    """A mistake in --state-dir is told as such."""
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="a file stands where a folder should be"):
        put(StateFile(tmp_path / "state", clock), 1)


def test_a_folder_where_the_file_should_be(folder, clock):
    """And the other way round."""
    (folder / "state.json").mkdir(parents=True)
    with pytest.raises(StateError):
        StateFile(folder, clock).read()


def test_the_state_lock_is_waited_for_and_given_up(state):
    """A transaction inside a transaction cannot work; it ends with a sentence, under a clock that jumps too."""
    with state.transaction(), pytest.raises(BusyError, match=r"state\.json is in use"), state.transaction():
        pass


class StandingClock(FakeClock):
    """A clock that does not move even when somebody sleeps."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_waiting_ends_even_when_the_clock_stands_still(folder):
    """A driven clock must never make a lock hang."""
    clock = StandingClock()
    state = StateFile(folder, clock)
    with state.lock("sun2000", 1), pytest.raises(BusyError, match="sun2000 is in use"), state.lock("sun2000", 2.0):
        pass
    assert 1.9 < sum(clock.slept) < 2.1
