"""Bad days: drawn by a seed, switched on and off in time, judged fairly."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from solarctl.virtualhome import emulators
from solarctl.virtualhome.chaos import Chaos
from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud
from solarctl.virtualhome.emulators.tuya import Tuya
from solarctl.virtualhome.house import House
from solarctl.virtualhome.street import Street
from solarctl.virtualhome.supply_watch import SupplyWatch
from tests.virtualhome.conftest import KYIV

MIDNIGHT = datetime(2026, 12, 10, tzinfo=KYIV)
DAY = timedelta(days=1)


@pytest.fixture
def clouds(house: House, clock: DrivenClock) -> list[Emulator]:
    """Both clouds and the street; nobody has to listen."""
    return [SolaxCloud(house, clock), Tuya(house, clock), Street(house, clock)]


def test_every_upset_is_a_fault_that_exists() -> None:
    """Of every emulator there is."""
    kinds = [*emulators.find().values(), Street]
    assert sum(len(kind.UPSETS) for kind in kinds) > 60
    for kind in kinds:
        for upset in kind.UPSETS:
            assert upset.fault in kind.FAULTS
            assert upset.stops in ("", "reading", "control")
            assert upset.minutes[0] <= upset.minutes[1]


def test_the_same_seed_draws_the_same_day(clouds: list[Emulator]) -> None:
    """And another seed another one."""
    drawn = [Chaos(clouds, MIDNIGHT, MIDNIGHT + DAY, seed).troubles for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) > 8
    assert all(MIDNIGHT <= trouble.start < MIDNIGHT + DAY for trouble in drawn[0])


def test_faults_come_and_go_in_time(clouds: list[Emulator]) -> None:
    """What is on is what should be on, at every change; in the end nothing is."""
    chaos = Chaos(clouds, MIDNIGHT, MIDNIGHT + DAY, 7)
    while (change := chaos.next_change()) is not None:
        chaos.move_to(change)
        due = {(t.emulator.name, t.upset.fault) for t in chaos.troubles if t.start <= change < t.end}
        assert due == {(one.name, fault) for one in clouds for fault in one.faults.active()}
        stopped = {t.upset.stops for t in chaos.troubles if t.start <= change < t.effect_ends} - {""}
        assert chaos.stopped(change) == stopped
    assert not any(one.faults.active() for one in clouds)


def test_a_power_cut(house: House) -> None:
    """The street goes dark at the next minute, and comes back."""
    street = Street(house, DrivenClock(house.now))
    street.faults.set("power-cut")
    house.advance(house.now + timedelta(minutes=2))
    assert not house.grid.live
    street.faults.clear()
    house.advance(house.now + timedelta(minutes=2))
    assert house.grid.live


NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("stopped", "soc_pct", "runs", "connect", "live", "preventable"),
    [
        (NONE, 5.2, 1, False, True, True),  # low, seen, movable: a chance missed
        (NONE, 5.2, 1, True, True, False),  # taken
        (NONE, 5.2, 1, False, False, False),  # no power in the street
        (NONE, 60.0, 1, False, True, False),  # nobody could know
        (frozenset({"control"}), 5.2, 9, False, True, False),  # nothing could be moved
        (frozenset({"reading"}), 5.2, 2, False, True, False),  # silent for ten minutes only
        (frozenset({"reading"}), 60.0, 9, False, True, True),  # silent for longer than the rule waits
    ],
)
def test_only_missed_chances_count(
    house: House, stopped: frozenset[str], soc_pct: float, runs: int, connect: bool, live: bool, preventable: bool
) -> None:
    """Dark minutes are held against the rule when it had a chance."""
    assert house.battery is not None
    house.battery.soc_pct = 5.0  # at the floor: dark without the grid
    watch = SupplyWatch(house, lambda: soc_pct, command="guard", on_below_pct=15, blind_after_min=30)
    house.grid.live = live
    start = house.now
    for run in range(runs):
        house.advance(start + timedelta(minutes=5 * run))
        watch.run_over("guard", house.now, stopped)
    if connect:
        house.connect_grid(True)
    house.advance(house.now + timedelta(minutes=4))
    assert house.dark is not connect
    assert (watch.preventable_min > 0) is preventable
