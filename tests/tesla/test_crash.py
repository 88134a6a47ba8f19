"""A run that dies of SIGKILL between any two steps of a token's renewal."""

from __future__ import annotations

import json
from pathlib import Path

from tests.home import served
from tests.state.killing import Death, deaths
from tests.tesla.killed_renewal import ISSUED


def next_run(death: Death, folder: Path) -> tuple[int, str, bool]:
    """Return the next run's exit code and what it said, and whether the old token was spent already."""
    issued = json.loads((death.folder / ISSUED).read_text())
    spent = sum(issued.values()) > 1  # the first run has spent the configured one
    folder.mkdir()
    with served(folder, "tesla", tables="") as home:
        home.state_dir = death.folder / "state"
        home.emulators["tesla"].tokens.refresh = issued
        result = home.run("token-refresh")
        return result.exit, result.out + result.err, spent


def test_sigkill_at_every_step_of_a_renewal(tmp_path: Path) -> None:
    """No token is ever lost that had reached this machine; one lost on the way is said, with what to type.

    Only between the service's answer and the first write nobody can know whether the old token is spent.
    """
    found = deaths("tests.tesla.killed_renewal:renewal", tmp_path / "victims")
    assert found[-1].survived
    ends = []
    for number, death in enumerate(found):
        code, said, spent = next_run(death, tmp_path / f"next-{number}")
        ends.append((code, spent))
        if code:
            assert code == 77, (death, said)
            assert spent, (death, said)
            assert "token-refresh --login tesla" in said
            assert "interrupted" in said
    assert (0, False) in ends  # killed before the old token was spent
    assert (0, True) in ends  # killed after the new one was kept
    assert sum(1 for code, _ in ends if code) <= 3, ends
