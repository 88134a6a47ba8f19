"""`backup` and `restore`: everything in one private file, checked before anything is changed."""

from __future__ import annotations

import gzip
import io
import json
import re
import sqlite3
import tarfile

import pytest

from tests.home import Home
from tests.state.disks import without_rights

CONFIG = """
[site]
timezone = "Europe/Prague"
[accounts.solax]
service = "solax-cloud"
token = { file = "solax.secret" }
[devices.inverter]
driver = "solax-cloud"
account = "solax"
serial = "SW12345678"
"""
READINGS = [{"device": "inverter", "what": "battery", "at": "2026-06-01T12:00:00+02:00", "soc_pct": 55.0}]


@pytest.fixture
def house(tmp_path):
    """A house with a secret, a state, a folded day and a journal."""
    folder = tmp_path / "house"
    folder.mkdir()
    home = Home(folder, ())
    home.write(CONFIG)
    (folder / "solax.secret").write_text("the-token")
    (folder / "solax.secret").chmod(0o600)
    (home.state_dir / "history").mkdir(parents=True)
    for day in ("2026-06-01", "2026-06-02"):
        row = {"kind": "readings", "at": f"{day}T12:00:00+02:00", "readings": READINGS}
        decision = {"kind": "decision", "command": "grid-guard", "at": f"{day}T12:00:00+02:00", "reason": "hold"}
        (home.state_dir / "history" / f"{day}.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(decision | ROW)}\n")
    home.run("pause", "grid-guard")
    home.run("why")  # folds
    return home


ROW = {"because": "Enough.", "dry_run": False, "exit": 0, "readings": [], "actions": [], "errors": []}


def elsewhere(tmp_path):
    """Another computer, on which nothing is yet."""
    folder = tmp_path / "new"
    return Home(folder, ())


def test_a_backup_goes_to_a_new_computer(house, tmp_path):
    """What was backed up here is all there after a restore on a computer without config."""
    file = tmp_path / "backup.tar.gz"
    assert house.run("backup", str(file)).exit == 0
    new = elsewhere(tmp_path)
    assert new.run("restore", str(file)).exit == 0
    assert new.config_path.read_text() == house.config_path.read_text()
    assert (new.folder / "solax.secret").read_text() == "the-token"
    assert new.state() == house.state()
    assert new.json("why")["decisions"] == house.json("why")["decisions"] != []


def test_the_file_is_private(house, tmp_path):
    """A backup holds secrets, so nobody else can read it, and neither what is restored."""
    file = tmp_path / "backup.tar.gz"
    house.run("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    new = elsewhere(tmp_path)
    new.run("restore", str(file))
    for path in (
        new.config_path,
        new.folder / "solax.secret",
        new.state_dir / "state.json",
        new.state_dir / "history.db",
    ):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_state_folder_that_cannot_be_read_is_no_empty_one(house, tmp_path, mode):
    """A backup without the state would be taken for a whole one: 74, a hint, and no file."""
    files = tmp_path / "anybody"
    files.mkdir()
    files.chmod(0o777)
    for path in (house.config_path, house.folder / "solax.secret"):
        path.chmod(0o644)
    with without_rights(house.state_dir, mode):
        result = house.run("backup", str(files / "backup.tar.gz"))
        dry = house.run("backup", str(files / "backup.tar.gz"), "-n")
    assert (result.exit, dry.exit) == (74, 74), result
    assert "chmod" in result.err
    assert list(files.iterdir()) == []


def test_nothing_is_overwritten(house, tmp_path):
    """A file that is there already is left alone."""
    file = tmp_path / "backup.tar.gz"
    file.write_text("mine")
    result = house.run("backup", str(file))
    assert result.exit == 74
    assert "there already" in result.err
    assert file.read_text() == "mine"


def test_what_was_there_is_kept(house, tmp_path):
    """A restore over a living house keeps its config and state beside the restored ones."""
    file = tmp_path / "backup.tar.gz"
    house.run("backup", str(file))
    house.write(CONFIG + "# changed\n")
    house.run("resume")
    now = house.state()
    answer = house.json("restore", str(file))
    assert house.config_path.read_text() == CONFIG
    assert house.state()["pause"] != now["pause"]
    assert len(answer["kept"]) == 2
    aside = next(house.state_dir.glob("before-restore-*"))
    assert json.loads((aside / "state.json").read_text()) == now
    assert next(house.folder.glob("config.toml.before-*")).read_text() == CONFIG + "# changed\n"


def test_a_later_backup_leaves_out_what_was_kept(house, tmp_path):
    """Kept copies, locks and caches do not pile up in backups."""
    file, again = tmp_path / "one.tar.gz", tmp_path / "two.tar.gz"
    house.run("backup", str(file))
    house.run("restore", str(file))
    members = house.json("backup", str(again))["members"]
    assert not [name for name in members if "before-restore" in name or "lock" in name]
    assert "state/state.json" in members


def test_dry_run_changes_nothing(house, tmp_path):
    """--dry-run checks the backup and says where it would go."""
    file = tmp_path / "backup.tar.gz"
    assert "would be put" in house.run("backup", str(file), "--dry-run").out
    assert not file.exists()
    house.run("backup", str(file))
    new = elsewhere(tmp_path)
    assert "would go" in new.run("restore", str(file), "--dry-run").out
    assert not new.config_path.exists()


def damaged(file, change):
    """Repack a backup with changed members (name → bytes)."""
    with tarfile.open(file) as archive:
        members = {info.name: archive.extractfile(info).read() for info in archive}
    change(members)
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def manifest_of(members):
    import hashlib

    manifest = json.loads(members["manifest.json"])
    manifest["sha256"] = {n: hashlib.sha256(c).hexdigest() for n, c in members.items() if n != "manifest.json"}
    members["manifest.json"] = json.dumps(manifest).encode()


def change_a_byte(members):
    members["config/config.toml"] = members["config/config.toml"].replace(b"Prague", b"Berlin")


def escape(members):
    members["state/../../evil"] = b"x"
    manifest_of(members)


def absolute(members):
    members["/etc/evil"] = b"x"
    manifest_of(members)


def break_state(members):
    members["state/state.json"] = b"{"
    manifest_of(members)


def break_history(members):
    members["state/history.db"] = members["state/history.db"][:5000]
    manifest_of(members)


def break_config(members):
    members["config/config.toml"] = b"[site"
    manifest_of(members)


def from_the_future(members):
    manifest = json.loads(members["manifest.json"])
    members["manifest.json"] = json.dumps(manifest | {"version": 99}).encode()


def no_manifest(members):
    del members["manifest.json"]


@pytest.mark.parametrize(
    "change",
    [change_a_byte, escape, absolute, break_state, break_history, break_config, from_the_future, no_manifest],
)
def test_a_damaged_backup_changes_nothing(house, tmp_path, change):
    """Whatever is wrong with a backup is found before anything is changed."""
    file = tmp_path / "backup.tar.gz"
    house.run("backup", str(file))
    damaged(file, change)
    before = house.state()
    result = house.run("restore", str(file))
    assert result.exit == 74, result
    assert "Traceback" not in result.err
    assert house.state() == before
    assert house.config_path.read_text() == CONFIG
    assert not list(house.state_dir.glob("before-restore-*"))
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"no tar", mtime=0), b"\x1f\x8b\x08\x00cut"],
    ids=["empty", "no-archive", "no-tar", "cut-off"],
)
def test_what_is_no_backup_is_refused(house, tmp_path, content):
    """Any other file is told apart from a backup."""
    file = tmp_path / "other"
    file.write_bytes(content)
    assert house.run("restore", str(file)).exit == 74


def test_a_link_in_a_backup_is_refused(house, tmp_path):
    """A backup never holds links, which could lead out of the folder."""
    file = tmp_path / "links.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        info = tarfile.TarInfo("state/state.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    assert house.run("restore", str(file)).exit == 74


def test_a_living_database_is_whole(house, tmp_path):
    """A backup made while history is being written holds a sound database."""
    file = tmp_path / "backup.tar.gz"
    with sqlite3.connect(house.state_dir / "history.db", isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE unfinished (x)")
        assert house.run("backup", str(file)).exit == 0
        writer.execute("ROLLBACK")
    new = elsewhere(tmp_path)
    assert new.run("restore", str(file)).exit == 0
    tables = sqlite3.connect(new.state_dir / "history.db").execute("SELECT name FROM sqlite_master").fetchall()
    assert ("points",) in tables
    assert ("unfinished",) not in tables


def test_secrets_that_lie_elsewhere_are_named(house, tmp_path):
    """A secret outside the config's folder is not in the backup, and that is said."""
    other = tmp_path / "other.secret"
    other.write_text("x")
    other.chmod(0o600)
    house.write(CONFIG.replace("solax.secret", str(other)))
    result = house.run("backup", str(tmp_path / "backup.tar.gz"))
    assert str(other) in result.err


def test_a_size_of_thousands_is_grouped(house, tmp_path):
    """The blank goes into the number, not into the sentence."""
    journal = house.state_dir / "history" / "2020-01-01.jsonl"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_bytes(b"x" * 2_048_000)
    said = house.run("backup", str(tmp_path / "b.tar.gz")).out
    assert re.search(r"^\d+ files, 2 0\d\d kB, put into", said)
