"""The plug is pulled at any instant: nothing that was acknowledged is lost."""

from __future__ import annotations

import pytest

from solarctl.state import StateFile
from tests.state.power import PowerCuts

OLD = {"access_token": "a0", "refresh_token": "r0"}
NEW = {"access_token": "a1", "refresh_token": "r1"}


@pytest.fixture
def restored(tmp_path, clock):
    """Return the state after a cut, as the next run finds it."""
    count = 0

    def open_after(left: dict[str, bytes]) -> StateFile:
        nonlocal count
        count += 1
        folder = tmp_path / f"after-{count}"
        folder.mkdir(mode=0o700)
        for name, content in left.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
        return StateFile(folder, clock)

    return open_after


def test_a_change_is_there_entirely_or_not_at_all_and_stays_once_acknowledged(
    state, folder, clock, restored, monkeypatch
):
    """Whatever the disk had written when the power went, the next run finds the state before or after, whole."""
    with state.transaction() as data:
        data["memory"]["grid-guard"] = {"number": 0}
    cuts = PowerCuts(folder, monkeypatch)
    acknowledged = [0]  # number certainly stored, per cut
    for number in (1, 2, 3):
        with state.transaction() as data:
            data["memory"]["grid-guard"] = {"number": number}
        acknowledged += [number - 1] * (len(cuts.left) - len(acknowledged)) + [number]
    monkeypatch.undo()

    assert len(cuts.left) > 40
    for (call, left), certain in zip(cuts.left, acknowledged):
        after = restored(left)
        number = after.read()["memory"]["grid-guard"]["number"]
        assert certain <= number <= certain + 1, call
        assert after.notices == [], call
    assert restored(cuts.left[-2][1]).read()["memory"] == {"grid-guard": {"number": 3}}


def test_a_renewed_token_survives_from_the_moment_it_may_be_used(state, folder, restored, monkeypatch):
    """After `renew` returns, no power cut brings the spent token back; and not from a little before that on."""
    with state.transaction() as data:
        data["tokens"]["tesla"] = OLD
    cuts = PowerCuts(folder, monkeypatch)
    asked_at = 0

    def fetch(_stored):
        nonlocal asked_at
        asked_at = len(cuts.left)
        return NEW

    state.tokens.renew("tesla", OLD, fetch)
    monkeypatch.undo()

    spent_without_successor = 0
    for number, (call, left) in enumerate(cuts.left):
        after = restored(left)
        found = []

        def fetch_again(stored, found=found):
            found.append(stored)
            return NEW

        after.tokens.renew("tesla", OLD, fetch_again)
        if number < asked_at:
            continue
        if found:  # the old token was tried again, though the service had issued the new one
            spent_without_successor += 1
            assert "interrupted" in after.notices[0], call
    assert spent_without_successor <= 4  # the write of the new token, until it is synced
    assert restored(cuts.left[-2][1]).tokens.get("tesla") == NEW
    assert restored(cuts.left[-1][1]).tokens.get("tesla") == NEW
