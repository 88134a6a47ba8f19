"""A service beside cron in a demo: it lives only while it is its turn, comes back after an end, and ends in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from solarctl.options import Interrupted
from solarctl.runner import Environment
from solarctl.simulation.service import RESTART_S, Service
from solarctl.virtualhome.clock import DrivenClock

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
Execute = Callable[[list[str], Environment], int]


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(NOON)


def test_it_lives_from_sleep_to_sleep(clock: DrivenClock) -> None:
    """Each turn is what stands between two sleeps; between turns time passes for others only."""
    ticks: list[datetime] = []

    def execute(words: list[str], environment: Environment) -> int:
        try:
            while True:
                ticks.append(environment.clock.now())
                environment.clock.sleep(20)
        except Interrupted:
            return 143

    with Service(["balance"], execute, clock) as service:
        assert ticks == [NOON]
        clock.move_to(NOON + timedelta(seconds=20))
        assert ticks == [NOON]
        service.take_its_turn()
        assert ticks == [NOON, NOON + timedelta(seconds=20)]
        assert service.wakes_at == NOON + timedelta(seconds=40)
    assert service.exits == [143]


def test_its_end_is_given_time(clock: DrivenClock) -> None:
    """When the day is over it is interrupted in its sleep, and may still clean up, sleeping or not."""
    cleaned: list[str] = []

    def execute(words: list[str], environment: Environment) -> int:
        try:
            environment.clock.sleep(20)
        finally:
            environment.clock.sleep(1)
            cleaned.append(words[0])
        return 0

    def tolerant(words: list[str], environment: Environment) -> int:
        try:
            return execute(words, environment)
        except Interrupted:
            return 143

    with Service(["balance"], tolerant, clock) as service:
        assert cleaned == []
    assert (cleaned, service.exits) == (["balance"], [143])


def test_one_that_ends_is_started_anew(clock: DrivenClock) -> None:
    """As systemd does with solarctl-balance.service: after five seconds, again and again."""
    with Service(["balance"], lambda words, environment: 75, clock) as service:
        assert service.exits == [75]
        assert service.wakes_at == NOON + timedelta(seconds=RESTART_S)
        clock.move_to(service.wakes_at)
        service.take_its_turn()
        assert service.exits == [75, 75]
