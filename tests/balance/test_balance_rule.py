"""The rule of `balance`: who gets the surplus, and what overrules that."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from solarctl.control.balance import Battery, Memory, Reason, Why
from tests.balance import test_balance_loads as own
from tests.balance.house import HEATER, NOON, RADIATOR, SEEN_REASONS, SEEN_WHYS, Bench, seen


@pytest.mark.parametrize(
    ("policy", "solar_w", "heater_w", "radiator_on"),
    [
        ("fill", 200, 0, False),  # the house itself needs more
        ("fill", 380, 0, False),  # 60 W to spare, the heater wants 100
        ("fill", 1320, 1000, False),
        ("fill", 2700, 2400, False),  # the heater takes it all
        ("fill", 2900, 2000, True),  # more than the heater can take: the radiator's block, the heater trims
        ("fill", 4000, 2400, True),
        ("strict", 2900, 2400, False),  # the radiator only above a full heater
        ("strict", 3400, 2400, True),
    ],
)
def test_who_gets_what(policy, solar_w, heater_w, radiator_on):
    """Loads by priority; `fill` lets the switch take its block and the variator trim, `strict` does not."""
    bench = Bench(HEATER, RADIATOR, policy=policy)
    bench.solar_w = solar_w
    seen(bench.tick(times=6))
    assert bench.told["heater"] == heater_w
    assert bench.on("radiator") is radiator_on
    assert bench.grid_w() <= 0 or not heater_w


def test_fill_takes_the_block_when_the_surplus_stays():
    """With enough for the block for three minutes the radiator comes on and the heater gives way."""
    bench = Bench(HEATER, RADIATOR)
    bench.solar_w = 1320
    bench.tick(times=50)
    assert not bench.on("radiator")
    bench.tick(times=20)
    assert bench.on("radiator")
    assert bench.told["heater"] == 400


def test_one_reading_is_answered_once():
    """A second look at the same reading changes nothing."""
    bench = Bench(HEATER)
    bench.solar_w = 1320
    bench.tick(times=3)
    before = bench.told["heater"]
    bench.silent = True  # no new readings
    bench.tick(seconds=0.5, times=4)
    assert bench.told["heater"] == before


def test_a_silent_meter_ends_everything_that_is_not_forced():
    """After stale_after_s without a reading unforced loads go to 0, forced ones stay; then it goes on."""
    bench = Bench(HEATER, RADIATOR)
    bench.solar_w = 4000
    bench.tick(times=10)
    bench.force("radiator")
    bench.silent = True
    bench.tick(seconds=1, times=14)
    assert bench.told["heater"] == 2400
    seen(bench.tick(seconds=2))
    assert bench.decision.reason == Reason.NO_READING
    assert bench.told["heater"] == 0
    assert bench.on("radiator")
    assert "house and panels silent" in bench.decision.because
    bench.silent = False
    bench.tick(times=2)
    assert bench.told["heater"] > 2000


def test_minimum_times_and_starts():
    """The radiator stays on and off for its shortest times, and starts so often a day."""
    radiator = replace(RADIATOR, min_on_s=60, min_off_s=90, starts_per_day=2, on_delay_s=3)
    bench = Bench(radiator)
    moves = []
    whys = set()
    for minute in range(12):
        bench.solar_w = 1500 if minute % 2 == 0 else 0
        for _ in range(20):
            before = bench.memory.loads["radiator"].on if bench.memory.loads else False
            seen(bench.tick())
            whys.add(bench.why("radiator"))
            if bench.on("radiator") is not before:
                moves.append((bench.now, bench.on("radiator")))
    stays = [(b[0] - a[0]).total_seconds() for a, b in itertools.pairwise(moves)]
    assert [on for _, on in moves].count(True) == 2
    assert all(stay >= (60 if on else 90) for stay, (_, on) in zip(stays, moves))
    assert {Why.MIN_ON, Why.STARTS} <= whys


def test_waits_for_the_rest():
    """Switched off for lack of sun, the radiator rests before it comes again."""
    bench = Bench(replace(RADIATOR, min_off_s=90))
    bench.solar_w = 1500
    bench.tick(times=30)
    bench.solar_w = 0
    bench.tick(times=4)
    assert not bench.on("radiator")
    bench.solar_w = 1500
    whys = {seen(bench.tick()).why("radiator") for _ in range(10)}
    assert whys == {Why.WAITING, Why.MIN_OFF}


def test_forced_and_back():
    """A forced load runs without sun, the others get what is left, and it is released at once."""
    bench = Bench(HEATER, RADIATOR)
    bench.solar_w = 1320
    bench.tick(times=3)
    bench.force("radiator")
    seen(bench.tick(times=2))
    assert bench.on("radiator")
    assert bench.told["heater"] == 400
    bench.solar_w = 0
    bench.tick(times=3)
    assert bench.decision.reason == Reason.FORCED
    bench.unforce("radiator")
    bench.tick(times=3)
    assert not bench.on("radiator")
    assert seen(bench).decision.reason == Reason.NO_SURPLUS
    bench.solar_w = 1320
    bench.force("radiator")
    bench.tick(times=2)
    bench.unforce("radiator")
    bench.tick()
    assert (bench.on("radiator"), bench.told["heater"]) == (False, 1000), "the first in the list has it again"
    bench.force("heater", 99999)
    bench.tick()
    assert bench.told["heater"] == 2400, "never more than it can take"
    bench.force("heater", 0)
    bench.solar_w = 3000
    bench.tick(times=3)
    assert bench.told["heater"] == 0, "forced off"


@pytest.mark.parametrize(
    ("policy", "soc_pct", "battery_w", "heater_w"),
    [
        ("battery-first until 80", 50, -1000, 0),  # the battery takes the 1000 W that there are
        ("battery-first until 80", 85, -1000, 1000),
        ("loads-first from 30", 50, -1000, 1000),
        ("loads-first from 30", 20, -1000, 0),
        ("share", 50, -1000, 500),
        ("share", 100, 0, 1000),
        ("battery-first until 80", 90, 600, 1000),  # of 1600 W export the battery gives 600: no surplus
    ],
)
def test_the_battery_has_its_part(policy, soc_pct, battery_w, heater_w):
    """Beside one signed meter: what the battery takes or leaves, by policy."""
    bench = Bench(HEATER, load="", solar="", grid="p1", battery="bat", battery_policy=policy, margin_w=0)
    bench.solar_w, bench.base_w = 1000.0, -float(battery_w)
    bench.battery = Battery(soc_pct, battery_w, NOON.timestamp() + 3)
    bench.tick()
    assert bench.told["heater"] == pytest.approx(heater_w, abs=50)


def test_phases():
    """A load takes no more than its phase's fuse has room for, forced ones included."""
    from solarctl.control.balance import Load, Manual, Meters, Sample, Settings, decide
    from tests.balance.house import STEPS

    heater = replace(HEATER, phase=2)
    settings = Settings(grid="p1", loads=(heater,), phase_limit_w=2000)
    load = Load(heater, STEPS, manual=Manual(None))
    t = NOON.timestamp()
    meters = Meters(grid=Sample(1500.0, t), phases_w=(0.0, 1500.0, 0.0))
    memory = decide(meters, [load], settings, Memory(), NOON).memory
    assert memory.loads["heater"].set_w == 500
    assert memory.loads["heater"].reason == Why.PHASE_LIMIT
    SEEN_WHYS.add(Why.PHASE_LIMIT)
    settings = replace(settings, per_phase=True, phase_limit_w=0.0, margin_w=50.0)
    meters = Meters(grid=Sample(-1500.0, t), phases_w=(-2000.0, -700.0, 1200.0))
    decision = decide(meters, [replace(load, manual=None)], settings, Memory(), NOON)
    assert decision.actions[0].to == 650, "its own phase's surplus less the margin, not the sum"
    settings = replace(settings, per_phase=False)
    decision = decide(meters, [replace(load, manual=None)], settings, Memory(), NOON)
    assert decision.actions[0].to == 1450, "the sum, where the meter bills the sum"


def test_a_clock_that_jumps_back_is_silence():
    """Readings from the future are not fresh."""
    bench = Bench(HEATER)
    bench.solar_w = 2000
    bench.tick(times=3)
    bench.now = bench.now.replace(hour=11)
    bench.silent = True
    bench.tick()
    assert bench.decision.reason == Reason.NO_READING


def test_all_reasons_have_been_seen():
    """The tests here and in test_balance_loads.py show every reason of the tick and of a load."""
    SEEN_REASONS.clear()
    SEEN_WHYS.clear()
    for timeline in (
        test_a_silent_meter_ends_everything_that_is_not_forced,
        test_minimum_times_and_starts,
        test_waits_for_the_rest,
        test_forced_and_back,
        own.test_a_full_tank_gives_its_share_away_and_is_asked_again,
        own.test_an_unknown_load_is_switched_and_measured,
        own.test_an_unreachable_load_counts_as_off,
        test_phases,
        own.test_tank_temperatures,
        own.test_a_guarantee_is_a_reason_of_its_own,
    ):
        timeline()
    test_who_gets_what("fill", 1320, 1000, False)
    assert set(Reason) == SEEN_REASONS
    assert set(Why) == {Why(one) for one in SEEN_WHYS if one}
