"""`crontab install` and `remove`: a marked block, and every other byte as it was."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from solarctl.errors import StateError
from solarctl.schedule import installing

OTHERS = (
    b"# my own\nMAILTO=me@example.com\n\n5 4 * * *\ttrue   # \xff not UTF-8, tabs, two blanks  \n@reboot date +\\%H\n\n"
)


def test_the_block_is_put_at_the_end(house, cron):
    """Installing adds a marked block behind what there is, with the absolute path of the program."""
    (cron / "stored").write_bytes(OTHERS)
    result = house.run("crontab", "install")
    assert result.exit == 0
    stored = (cron / "stored").read_bytes()
    assert stored.startswith(OTHERS + installing.BEGIN)
    assert b"*/5 * * * *  /" in stored
    assert b"solarctl grid-guard" in stored


def test_twice_is_once(house, cron):
    """A second install changes no byte and says so."""
    house.run("crontab", "install")
    before = (cron / "stored").read_bytes()
    assert house.json("crontab", "install")["changed"] is False
    assert (cron / "stored").read_bytes() == before


def test_removing_gives_back_every_byte(house, cron):
    """After install and remove the crontab is what it was, byte for byte."""
    (cron / "stored").write_bytes(OTHERS)
    house.run("crontab", "install")
    assert house.json("crontab", "remove")["changed"] is True
    assert (cron / "stored").read_bytes() == OTHERS


def test_a_block_stays_in_its_place(house, priced, cron):
    """What the owner wrote before and after the block stays there when it is written anew."""
    block = installing.BEGIN + b"\n0 0 * * * old\n" + installing.END + b"\n"
    (cron / "stored").write_bytes(OTHERS + block + b"# after\n")
    house.run("crontab", "install")
    stored = (cron / "stored").read_bytes()
    assert stored.startswith(OTHERS + installing.BEGIN)
    assert stored.endswith(installing.END + b"\n# after\n")
    assert b"old" not in stored


def test_dry_run_installs_nothing(house, cron):
    """--dry-run shows the lines and leaves the crontab alone."""
    result = house.run("crontab", "install", "--dry-run")
    assert "would be installed" in result.out
    assert "grid-guard" in result.out
    assert not (cron / "stored").exists()


def test_an_unreadable_crontab_is_not_overwritten(house, cron):
    """When cron refuses to show the crontab, nothing is written and the words of cron are passed on."""
    (cron / "stored").write_bytes(OTHERS)
    (cron / "sick").touch()
    result = house.run("crontab", "install")
    assert result.exit == 74
    assert "not allowed" in result.err
    assert (cron / "stored").read_bytes() == OTHERS


def test_marks_that_do_not_pair_up_are_not_guessed_at(house, cron):
    """A block whose end is missing is not replaced: what follows it could be the owner's."""
    text = OTHERS + installing.BEGIN + b"\n* * * * * true\n"
    (cron / "stored").write_bytes(text)
    assert house.run("crontab", "install").exit == 74
    assert house.run("crontab", "remove").exit == 74
    assert (cron / "stored").read_bytes() == text


def test_own_lines_of_solarctl_are_told(house, cron):
    """A line of the owner's that runs solarctl too is named, because both would run."""
    (cron / "stored").write_bytes(b"*/5 * * * * /opt/bin/solarctl grid-guard -q\n")
    assert "runs grid-guard too" in house.run("crontab", "install").err


def test_a_zone_of_the_block_ends_with_the_block():
    """CRON_TZ holds for what follows, so the block's last line sets it back to what held before it."""
    plain = installing.with_block(b"# mine\n", "CRON_TZ=Asia/Tokyo\n* * * * * true\n", zone="Etc/UTC")
    assert plain.endswith(b"CRON_TZ=Etc/UTC\n" + installing.END + b"\n")
    own = installing.with_block(b"CRON_TZ=Europe/Rome\n", "CRON_TZ=Asia/Tokyo\n* * * * * true\n", zone="Etc/UTC")
    assert own.endswith(b"CRON_TZ=Europe/Rome\n" + installing.END + b"\n")


def test_a_crontab_kept_in_a_file(house, tmp_path, monkeypatch):
    """SOLARCTL_CRONTAB names a file in place of cron's own, as for busybox and containers."""
    path = tmp_path / "crontab.txt"
    path.write_bytes(OTHERS)
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(path))
    house.run("crontab", "install")
    assert b"grid-guard" in path.read_bytes()
    house.run("crontab", "remove")
    assert path.read_bytes() == OTHERS


def test_no_cron_at_all(house, tmp_path, monkeypatch):
    """Without a crontab program the next step is named."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    result = house.run("crontab", "install")
    assert result.exit == 74
    assert "--systemd" in result.err


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_missing_last_line_end_is_added(ending):
    """cron takes no crontab without a line end at its end, so the block begins on a line of its own."""
    found = installing.with_block(b"5 4 * * * true" + ending, "* * * * * x\n", zone="Etc/UTC")
    assert found.startswith(b"5 4 * * * true\n" + installing.BEGIN)


def test_the_real_cron_takes_the_lines(priced, tmp_path):
    """Where a real cron is installed, its own syntax check takes what is printed."""
    printed = priced.run("crontab", "print").out
    assert "peak-mode" in printed
    path = tmp_path / "printed"
    path.write_text(printed)
    for program in {shutil.which("crontab", path="/usr/bin:/bin")} - {None}:
        told = subprocess.run([program, "-n", str(path)], capture_output=True, text=True, check=False)
        assert told.returncode == 0 or "usage" in told.stderr.lower(), told.stderr


def test_two_blocks_are_refused():
    """Two blocks are nobody's intention."""
    block = installing.BEGIN + b"\n" + installing.END + b"\n"
    with pytest.raises(StateError, match="pair up"):
        installing.split(block + block)
