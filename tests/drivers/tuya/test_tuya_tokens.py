"""Tuya's tokens: kept, renewed in time, never lost, and never in the way of supply."""

from __future__ import annotations

from typing import Any

import pytest

from solarctl.errors import (
    BusyError,
    DeviceLoginError,
    DeviceReplyError,
    DeviceUnreachable,
    StateError,
)
from solarctl.virtualhome.emulators.tuya import Tuya
from solarctl.virtualhome.house import House
from tests.drivers.tuya.runs import Runs
from tests.fakes import MemoryStore, MemoryTokens


def test_hours_of_runs_need_few_tokens(runs: Runs) -> None:
    """A run every five minutes renews the token by itself, about once in its two hours."""
    for _ in range(0, 8 * 60, 5):
        runs.relay().read_switch()
        runs.clock.advance(300)
    assert runs.token_calls() <= 9


def test_a_token_that_died_early(runs: Runs, cloud: Tuya) -> None:
    """ "token invalid" in the middle of a token's life: a new one, the call once more, and nobody notices."""
    runs.relay().read_switch()
    cloud.rotate_elsewhere()
    assert runs.relay().read_switch().on is False
    assert runs.token_calls() == 2


def test_a_command_survives_a_dead_token(runs: Runs, cloud: Tuya, home: House) -> None:
    """The relay is switched even when the token died since the last run."""
    runs.relay().read_switch()
    cloud.rotate_elsewhere()
    assert runs.relay().switch(True) is True
    assert home.grid.connected


class JustOvertaken(MemoryTokens):
    """Tokens that another process replaces right after the first look."""

    def __init__(self, seen: Any, stored: Any) -> None:
        super().__init__(stored)
        self.seen = [seen]

    def get(self, account: str) -> Any:
        return self.seen.pop() if self.seen else super().get(account)


def test_another_processs_token_is_taken(runs: Runs) -> None:
    """A token that another process has stored meanwhile is used instead of a further one."""
    runs.relay().read_switch()
    spent = runs.tokens.get("tuya")
    runs.account().refresh_token()
    before = runs.token_calls()
    tokens = JustOvertaken(spent, runs.tokens.stored)
    assert runs.relay(tokens=tokens).read_switch().on is False
    assert runs.token_calls() == before


def test_a_token_that_never_works_ends(runs: Runs, cloud: Tuya) -> None:
    """Tokens that are dead on arrival are not asked for again and again."""
    cloud.faults.set("business-error", 1010)
    with pytest.raises(DeviceLoginError) as caught:
        runs.relay().read_switch()
    assert "project" in caught.value.hint
    assert len(runs.asked()) <= 6


@pytest.mark.parametrize("fault", ["empty-token", "no-result"])
def test_a_failed_answer_never_replaces_a_token(runs: Runs, cloud: Tuya, fault: str) -> None:
    """A token call that succeeds without a token leaves the stored one alone."""
    runs.relay().read_switch()
    before = runs.tokens.get("tuya")
    cloud.faults.set(fault)
    with pytest.raises(DeviceReplyError):
        runs.account().refresh_token()
    assert runs.tokens.get("tuya") == before


def test_a_refused_refresh_starts_anew(runs: Runs, cloud: Tuya) -> None:
    """A refresh token that was spent already is no reason to fail: a new start needs nothing but the secret."""
    account = runs.account()
    account.refresh_token()
    cloud.faults.set("refresh-fails")
    assert account.refresh_token() > runs.clock.now()


@pytest.mark.parametrize("code", [1004, 1005])
def test_a_wrong_secret(runs: Runs, cloud: Tuya, code: int) -> None:
    """4xx-like refusals of the token service ask for the secret, and keep what is stored."""
    runs.account().refresh_token()
    before = runs.tokens.get("tuya")
    cloud.faults.set("token-error", code)
    with pytest.raises(DeviceLoginError) as caught:
        runs.account().refresh_token()
    assert "client_secret" in caught.value.hint
    assert runs.tokens.get("tuya") == before


@pytest.mark.parametrize("fault", ["http-500", "http-502"])
def test_a_service_out_of_order(runs: Runs, cloud: Tuya, fault: str) -> None:
    """5xx of the token service means try again."""
    runs.account().refresh_token()
    cloud.faults.set(fault)
    with pytest.raises(DeviceUnreachable):
        runs.account().refresh_token()


@pytest.mark.parametrize("broken", [StateError("no space left on device"), BusyError("state.json is in use")])
def test_supply_comes_before_bookkeeping(runs: Runs, home: House, broken: Exception) -> None:
    """When no token can be stored, one is used unsaved, and the trouble is known."""
    tokens = MemoryTokens(broken=broken)
    relay = runs.relay(tokens=tokens)
    assert relay.switch(True) is True
    assert home.grid.connected
    assert relay._account.state_trouble is broken
    assert runs.token_calls() == 1


def test_a_renewal_that_cannot_be_kept_spends_nothing(runs: Runs) -> None:
    """Renewing ahead of time on a full disk says so, and asks Tuya for nothing."""
    runs.account().refresh_token()
    before = runs.token_calls()
    runs.tokens.broken = StateError("no space left on device")
    with pytest.raises(StateError):
        runs.account().refresh_token()
    assert runs.token_calls() == before


def test_a_dead_token_that_cannot_be_replaced_on_disk(runs: Runs, cloud: Tuya, home: House) -> None:
    """The stored token is dead and the disk is full: the relay is switched all the same."""
    runs.relay().read_switch()
    cloud.rotate_elsewhere()
    tokens = MemoryTokens(runs.tokens.stored, broken=StateError("no space left on device"))
    assert runs.relay(tokens=tokens).switch(True) is True
    assert home.grid.connected


class Unreadable(MemoryTokens):
    """A state that cannot even be read."""

    def get(self, account: str) -> Any:
        raise StateError("state.json belongs to another user")

    def renew(self, account: str, stale: Any, fetch: Any) -> Any:
        raise StateError("state.json belongs to another user")


class UnreadableStore(MemoryStore):
    """The same for what drivers remember."""

    def get(self, kind: str, name: str) -> Any:
        raise StateError("state.json belongs to another user")

    def put(self, kind: str, name: str, value: Any, *, vital: bool = False) -> None:
        raise StateError("state.json belongs to another user")


def test_an_unreadable_state(runs: Runs, home: House) -> None:
    """Neither token nor memory can be read: the relay is switched all the same."""
    assert runs.relay(tokens=Unreadable(), store=UnreadableStore()).switch(True) is True
    assert home.grid.connected


@pytest.mark.parametrize(
    "stored",
    [{}, {"access_token": ""}, {"access_token": 7, "expires_at": "soon"}, {"access_token": "x", "client_id": "other"}],
)
def test_a_useless_stored_token(runs: Runs, stored: dict[str, Any]) -> None:
    """Whatever is stored: if it is no token of this project, a new one is fetched."""
    runs.tokens.stored["tuya"] = stored
    assert runs.relay().read_switch().on is False


@pytest.mark.parametrize("skew_s", [-3600, 900])
def test_a_wrong_clock_is_made_up_for(runs: Runs, cloud: Tuya, skew_s: float) -> None:
    """Tuya's time is learned from its answer, and remembered for the next run."""
    cloud.faults.set("skewed-clock", skew_s)
    assert runs.relay().read_switch().on is False
    before = len(runs.asked())
    runs.relay().read_switch()
    assert len(runs.asked()) == before + 1


def test_a_clock_that_cannot_be_learned(runs: Runs, cloud: Tuya) -> None:
    """Without the server's time in its answer, the computer's clock must be set."""
    cloud.faults.set("skewed-clock", 900)
    cloud.faults.set("missing-t")
    with pytest.raises(DeviceUnreachable) as caught:
        runs.relay().read_switch()
    assert "clock" in caught.value.hint
