"""A lock's file says who holds it, while it is held and no longer."""

from __future__ import annotations

import os


def test_the_holder_signs_and_wipes(state):
    """Whoever reads it later is not told of a process that has long gone."""
    with state.lock_run("grid-guard"):
        (file,) = (state.directory / "locks").iterdir()
        assert file.read_text().split()[0] == str(os.getpid())
    assert file.read_text() == ""
