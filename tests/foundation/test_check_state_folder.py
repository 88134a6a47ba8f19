"""`check` looks whether the state can be kept."""

from __future__ import annotations

import os

import pytest

from tests.home import Home


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A house without a crontab."""
    (tmp_path / "crontab").write_text("")
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(tmp_path / "crontab"))
    home = Home(tmp_path, ())
    home.configure("")
    return home


def of_state(home):
    return [p for p in home.json("check")["problems"] if "state folder cannot be written" in p["message"]]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_state_folder_that_cannot_be_written(home, tmp_path, monkeypatch, is_there):
    """An error with or without a crontab; of a folder yet to be made, the one above it counts."""
    assert of_state(home) == []
    if is_there:
        home.state_dir.mkdir()
    closed = home.state_dir if is_there else tmp_path
    rights = os.access

    def access(path, mode, **how):
        return not (mode & os.W_OK and os.fspath(path) == os.fspath(closed)) and rights(path, mode, **how)

    monkeypatch.setattr(os, "access", access)
    [problem] = of_state(home)
    assert problem["severity"] == "error"
    assert "All is well" not in home.run("check").out
