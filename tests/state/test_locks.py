"""Locks between processes: who holds them is named, and they go with their holder."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.errors import BusyError, Exit
from solarctl.locks import file_word
from solarctl.state import StateFile
from tests.fakes import FakeClock
from tests.state.disks import SmallDisk
from tests.state.killing import run_jobs, started


@pytest.fixture
def holder(tmp_path):
    """A real process that holds the run lock of grid-guard."""
    process = started("tests.state.jobs:hold_run_lock", str(tmp_path))
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_an_overlapping_run_is_told_who_holds_the_lock(holder, tmp_path):
    """The second run ends at once, and names process and time."""
    (told,) = run_jobs(("tests.state.jobs:try_run_lock", str(tmp_path)))
    assert re.fullmatch(rf"grid-guard is still running \(pid {holder.pid} since \d\d:\d\d\)", told)


def test_the_lock_of_a_killed_process_is_free(holder, tmp_path):
    """No lock outlives its process."""
    holder.kill()
    holder.wait()
    assert run_jobs(("tests.state.jobs:try_run_lock", str(tmp_path))) == ["taken"]


def test_commands_do_not_wait_for_each_other(state):
    """One lock per command."""
    with state.lock_run("grid-guard"), state.lock_run("peak-mode"):
        pass


def test_a_busy_run_says_since_when_in_the_sites_zone(folder, clock):
    """10:00 UTC is noon in Amsterdam; another day is named."""
    state = StateFile(folder, clock, timezone=ZoneInfo("Europe/Amsterdam"))
    with state.lock_run("plan"):
        with pytest.raises(BusyError, match=r"since 12:00\)") as busy, state.lock_run("plan"):
            pass
        assert busy.value.exit_code == Exit.TRY_AGAIN
        clock.advance(timedelta(days=1).total_seconds())
        with pytest.raises(BusyError, match=r"since 2026-07-01 12:00\)"), state.lock_run("plan"):
            pass


def test_a_lock_can_be_taken_again_after_an_error(state):
    """An error inside lets go of it."""
    with pytest.raises(RuntimeError), state.lock_run("plan"):
        raise RuntimeError
    with state.lock_run("plan"):
        pass


def test_a_device_is_waited_for(folder):
    """The device gets free while this run waits: it goes on, and has not waited much longer than that."""

    class Clock(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.monotonic() > 0.5:
                holder.close()

    clock = Clock()
    state = StateFile(folder, clock)
    with ExitStack() as holder:
        holder.enter_context(state.lock("sun2000", 1))
        with state.lock("sun2000", 5):
            assert 0.5 < clock.monotonic() < 1


def test_waiting_ends_where_time_stands_still(folder):
    """A clock that a test or the demo drives may stand while we sleep: the pauses themselves are counted."""

    class Standing(FakeClock):
        def advance(self, seconds: float) -> None:
            """Let no time pass."""

    clock = Standing()
    state = StateFile(folder, clock)
    with state.lock("sun2000", 1), pytest.raises(BusyError), state.lock("sun2000", 5):
        pass
    assert sum(clock.slept) == pytest.approx(5, abs=1.5)


def test_locks_work_on_a_disk_that_takes_no_writing(disk: SmallDisk, clock):
    """The lamp stays on with a full or read-only disk: a lock that exists can be taken."""
    state = StateFile(disk.folder / "state", clock)
    with state.lock_run("grid-guard"):
        pass
    disk.fill()
    with state.lock_run("grid-guard"):
        pass
    disk.free()
    disk.make_read_only()
    with (
        state.lock_run("grid-guard"),
        pytest.raises(BusyError, match="grid-guard is still running"),
        state.lock_run("grid-guard"),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "word"), [("grid-guard", "grid-guard"), ("a/b", "a%2Fb"), ("..", "%2E%2E"), ("ö", "%C3%B6"), ("%", "%25")]
)
def test_names_become_file_names(name, word):
    """Any name is one file, and no two names are the same file."""
    assert file_word(name) == word
