"""What drivers remember between runs."""

from __future__ import annotations

import pytest

from solarctl.errors import StateError
from solarctl.state import StateFile
from tests.state.disks import SmallDisk


def stored(state: StateFile, kind: str = "devices", name: str = "relay"):
    return state.read()[kind].get(name)


def test_nothing_remembered_is_an_empty_object(state, folder):
    """A first contact finds `{}`, and looking writes nothing."""
    store = state.store(dry_run=False)
    assert store.get("accounts", "solax") == {}
    store.flush()
    assert not state.path.exists()
    assert not folder.exists()


def test_ordinary_values_are_written_by_flush(state):
    """One write per run, with the rest of its memory; until then only this run sees them."""
    store = state.store(dry_run=False)
    store.put("devices", "relay", {"code": "switch_1"})
    assert store.get("devices", "relay") == {"code": "switch_1"}
    assert stored(state) is None
    store.flush()
    assert stored(state) == {"code": "switch_1"}


def test_vital_values_are_on_disk_at_once_also_in_a_dry_run(state):
    """A lock-out is remembered whatever happens to the run."""
    for dry_run in (False, True):
        store = state.store(dry_run=dry_run)
        store.put("accounts", "solax", {"blocked": dry_run}, vital=True)
        assert stored(state, "accounts", "solax") == {"blocked": dry_run}


def test_a_dry_run_writes_nothing_else(state):
    """A dry run sees what it put, and leaves no trace."""
    store = state.store(dry_run=True)
    store.put("devices", "relay", {"code": "switch_1"})
    assert store.get("devices", "relay") == {"code": "switch_1"}
    store.flush()
    assert stored(state) is None


def test_what_was_vital_once_is_not_vital_for_ever(state):
    """In a dry run only the value that had to be written at once is; the ordinary one after it leaves no trace."""
    store = state.store(dry_run=True)
    store.put("accounts", "solax", {"blocked": True}, vital=True)
    store.put("accounts", "solax", {"blocked": True, "cached": 1})
    store.flush()
    assert stored(state, "accounts", "solax") == {"blocked": True}


def test_what_is_handed_out_is_a_copy(state):
    """Changing an answer does not change what is remembered."""
    store = state.store(dry_run=False)
    mine = {"list": [1]}
    store.put("devices", "relay", mine)
    mine["list"].append(2)
    store.get("devices", "relay")["list"].append(3)
    store.flush()
    store.get("devices", "relay")["list"].append(4)
    assert store.get("devices", "relay") == {"list": [1]}


def test_two_commands_share_an_account(state, folder, clock):
    """What another command put meanwhile is kept, unless this one changed the same value."""
    store = state.store(dry_run=False)
    store.put("accounts", "solax", {"calls": 1, "day": "2026-07-01", "old": True})
    store.flush()

    slow = state.store(dry_run=False)
    value = slow.get("accounts", "solax")
    quick = StateFile(folder, clock).store(dry_run=False)
    quick.put("accounts", "solax", quick.get("accounts", "solax") | {"blocked_until": "15:00", "calls": 2}, vital=True)
    del value["old"]
    slow.put("accounts", "solax", value | {"session": "s"})
    slow.flush()

    assert stored(state, "accounts", "solax") == {
        "calls": 2,
        "day": "2026-07-01",
        "blocked_until": "15:00",
        "session": "s",
    }


def test_a_value_can_be_emptied(state):
    """Put `{}`, and nothing is left of it; the next run sees that."""
    first = state.store(dry_run=False)
    first.put("devices", "relay", {"code": "switch_1"})
    first.flush()
    second = state.store(dry_run=False)
    second.put("devices", "relay", {})
    second.flush()
    assert stored(state) == {}


def test_a_full_disk_does_not_keep_a_device_from_being_served(disk: SmallDisk, clock):
    """A vital value that cannot be written is kept for this run; the end of the run says so, dry or not."""
    state = StateFile(disk.folder / "state", clock)
    with state.transaction() as data:
        data["devices"]["relay"] = {"on": True}
    disk.fill()
    for dry_run in (False, True):
        store = state.store(dry_run=dry_run)
        store.put("accounts", "tuya", {"session": "x" * 9000}, vital=True)
        assert store.get("accounts", "tuya") == {"session": "x" * 9000}
        with pytest.raises(StateError, match="disk is full"):
            store.flush()
    disk.free()
    store.flush()
    assert stored(state, "accounts", "tuya") == {"session": "x" * 9000}


def test_a_locked_device_is_shared_by_all_stores(state):
    """The lock is the state's own."""
    store = state.store(dry_run=True)
    with store.lock("sun2000", timeout_s=1), state.lock_run("sun2000"):
        pass


def test_a_change_of_the_state_takes_what_was_put_along(state):
    """A rule's memory and its drivers' values are one write; when that fails, both wait for the next one."""
    store = state.store(dry_run=False)
    store.put("devices", "relay", {"code": "switch_1"})
    with pytest.raises(RuntimeError), store.transaction() as data:
        data["memory"]["grid-guard"] = {"day": "2026-07-01"}
        raise RuntimeError
    assert not state.path.exists()
    with store.transaction() as data:
        data["memory"]["grid-guard"] = {"day": "2026-07-02"}
    assert stored(state) == {"code": "switch_1"}
    assert stored(state, "memory", "grid-guard") == {"day": "2026-07-02"}
    written = state.path.stat().st_ino
    store.flush()
    assert state.path.stat().st_ino == written


def test_a_dry_run_s_change_takes_nothing_ordinary_along(state):
    """What a dry run's drivers put stays with the run."""
    store = state.store(dry_run=True)
    store.put("devices", "relay", {"code": "switch_1"})
    with store.transaction() as data:
        data["seen"]["x"] = 1
    assert stored(state) is None
