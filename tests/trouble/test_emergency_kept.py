"""While the disk is full or read-only, trouble is still told once and not every minute."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from solarctl import emergency
from solarctl.errors import StateError
from solarctl.trouble import judge

FULL = StateError("the disk is full: state.json could not be written")
SECTIONS = {"trouble": {"grid-guard": {"kind": 74}}, "printed": {}}


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """A folder that is missing, and two that are there."""
    found = [tmp_path / "missing", tmp_path / "first", tmp_path / "second"]
    for folder in found[1:]:
        folder.mkdir()
    return found


def test_what_was_told_is_known_to_the_next_run(folders):
    """Kept in the first folder that takes it, for the owner only; forgotten when told to."""
    state_dir = Path("/var/lib/solarctl")
    assert emergency.recall(state_dir, folders) == {}
    assert emergency.keep(state_dir, SECTIONS, folders)
    assert emergency.recall(state_dir, folders) == SECTIONS
    (path,) = folders[1].iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    emergency.forget(state_dir, folders)
    assert emergency.recall(state_dir, folders) == {}
    assert list(folders[1].iterdir()) == []


def test_a_full_disk_is_mailed_once(folders, tmp_path):
    """Ten runs on a full disk and one on a mended: one mail each way."""
    now = datetime(2026, 7, 1, tzinfo=UTC)
    mails = []
    for minute, code in enumerate([74] * 10 + [0]):
        memory = emergency.recall(tmp_path, folders).get("trouble", {})
        memory, notes = judge(memory, "grid-guard", code, [FULL] if code else [], now + timedelta(minutes=minute))
        mails += [note.event for note in notes]
        emergency.keep(tmp_path, {"trouble": memory}, folders)
    assert mails == ["trouble", "recovery"]


def test_shorter_replaces_longer(folders, tmp_path):
    """Nothing of the former content is left behind."""
    emergency.keep(tmp_path, {"trouble": {"x": "long " * 1000}}, folders)
    emergency.keep(tmp_path, SECTIONS, folders)
    assert emergency.recall(tmp_path, folders) == SECTIONS


def test_two_houses_do_not_mix(folders, tmp_path):
    """Each state folder has its own file."""
    emergency.keep(tmp_path / "a", SECTIONS, folders)
    assert emergency.recall(tmp_path / "b", folders) == {}


def test_what_others_put_there_is_not_touched(folders, tmp_path):
    """A link under our name in a folder that everybody writes to: neither read nor written through."""
    emergency.keep(tmp_path, SECTIONS, folders)
    (ours,) = folders[1].iterdir()
    victim = tmp_path / "victim"
    for link in (os.symlink, os.link):
        victim.write_text('{"trouble": "theirs"}')
        ours.unlink()
        link(victim, ours)
        assert emergency.recall(tmp_path, folders[:2]) == {}
        assert not emergency.keep(tmp_path, SECTIONS, folders[:2])
        assert victim.read_text() == '{"trouble": "theirs"}'
        assert emergency.keep(tmp_path, SECTIONS, folders)  # the next folder takes it
        emergency.forget(tmp_path, [folders[2]])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'"x"'])
def test_damaged_content_is_none(folders, tmp_path, content):
    """A torn file is as good as none."""
    emergency.keep(tmp_path, SECTIONS, folders)
    (ours,) = folders[1].iterdir()
    ours.write_bytes(content)
    assert emergency.recall(tmp_path, folders) == {}


def test_nowhere_to_keep_it(tmp_path):
    """Without any folder nothing fails; it is told again."""
    assert not emergency.keep(tmp_path, SECTIONS, [tmp_path / "missing"])


def test_the_usual_places(tmp_path, monkeypatch):
    """Without being told where, a place is found on every Linux."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    assert emergency.keep(tmp_path / "state", SECTIONS)
    assert emergency.recall(tmp_path / "state") == SECTIONS
    assert len(list(tmp_path.iterdir())) == 1
    emergency.forget(tmp_path / "state")
