"""easee-balance over time: starts, clouds, gaps, writes, restarts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl.control.easee_balance import Memory, Reason, decide, remember
from solarctl.decision import Carried, Outcome
from tests.easee_balance.house import MINUTE, NOW, Timeline, battery, charger, grid, settings, target


def test_the_car_starts_after_a_minute_of_sun():
    """Two runs in a row with enough: the second one starts the car."""
    day = Timeline()
    assert day.run(5.0, 3) == ["starting", "surplus", "surplus"]
    assert day.limit_a == 7


def test_a_minute_of_cloud_starts_the_wait_anew():
    """Only an unbroken minute of sun counts."""
    day = Timeline()
    assert [*day.run(5.0, 1), *day.run(2.0, 1), *day.run(5.0, 2)] == ["starting", "surplus", "starting", "surplus"]


def test_cron_that_is_a_little_late_costs_no_minute():
    """Runs 59 s apart count as a minute."""
    day = Timeline()
    assert str(day.tick(5.0, seconds=58).reason) == "starting"
    assert str(day.tick(5.0).reason) == "surplus"


def test_the_car_is_kept_through_a_cloud_and_stopped_after_three_minutes():
    """A short cloud costs a little grid energy instead of a stop."""
    day = Timeline()
    day.run(5.0, 2)
    assert day.run(0.0, 4) == ["holding", "holding", "holding", "stopping"]
    assert day.limit_a == 0
    assert day.run(1.0, 2) == ["surplus", "surplus"]


@pytest.mark.parametrize("sun_kw", [0.0, 2.07, 4.1])
def test_three_minutes_are_three_minutes(sun_kw):
    """However little is missing, the car stops after the disable delay."""
    day = Timeline()
    day.run(5.0, 2)
    assert day.run(sun_kw, 4) == ["holding", "holding", "holding", "stopping"]


@pytest.mark.parametrize(("key", "minutes"), [("disable_delay_min", 10), ("disable_delay_min", 1)])
def test_other_delays_are_literal_too(key, minutes):
    """Ten minutes are ten minutes, also when the runs are four minutes apart."""
    day = Timeline(**{key: minutes})
    day.run(5.0, 2)
    assert day.run(3.9, minutes + 1) == ["holding"] * minutes + ["stopping"]
    slow = Timeline(**{key: minutes, "ttl_min": 20})
    slow.run(5.0, 2)
    assert slow.run(3.9, 10, seconds=240).count("holding") == 1 + (minutes - 1) // 4


def test_stops_do_not_make_delays_longer():
    """The fourth start of a day waits as long as the first, and so does the fourth stop."""
    day = Timeline()
    for _ in range(4):
        assert day.run(5.0, 2) == ["starting", "surplus"]
        assert day.run(3.0, 4) == ["holding", "holding", "holding", "stopping"]


def test_gap_by_depth_bears_a_thin_gap_longer():
    """With half of what 6 A need, the three minutes last six: the same grid energy."""
    day = Timeline(gap_by_depth=True)
    day.run(5.0, 2)
    assert day.run(2.07, 7) == ["holding"] * 6 + ["stopping"]


def test_the_sun_returns_while_the_car_is_kept():
    """The wait for the stop begins anew with each cloud."""
    day = Timeline()
    day.run(5.0, 2)
    assert [*day.run(1.0, 2), *day.run(5.0, 1), *day.run(1.0, 3)].count("holding") == 5
    assert day.limit_a == 6


def test_restart_delay_makes_the_next_start_slower_until_midnight():
    """A day of passing clouds does not start the car thirty times; the next day begins afresh."""
    day = Timeline(disable_delay_min=0, restart_delay_min=2)
    day.run(5.0, 2)
    day.run(1.0, 1)
    assert day.run(5.0, 4) == ["starting"] * 3 + ["surplus"]
    day.run(1.0, 1)
    assert day.memory.stops == 2
    day.now += timedelta(days=1)
    assert day.run(5.0, 2) == ["starting", "surplus"]


def test_disable_stretch_makes_the_next_gap_longer():
    """After two stops the car is kept for six minutes instead of three."""
    day = Timeline(enable_delay_min=0, disable_stretch_pct=50)
    for holding in (3, 5, 6):
        day.run(5.0, 1)
        assert day.run(0.0, 8).count("holding") == holding


def test_an_unchanged_limit_is_written_only_to_keep_its_time_to_live():
    """At one run a minute each write is needed (three minutes to live); at four runs a minute every third is."""
    day = Timeline()
    day.run(5.0, 12)
    assert len(day.writes) == 12
    quick = Timeline()
    quick.run(5.0, 48, seconds=15)
    assert len(quick.writes) <= 17
    assert all(action.ttl_min == 3 for action in [*day.writes, *quick.writes])


def test_the_time_to_live_never_runs_out_while_we_run():
    """Also when every other run is lost, no second is without a limit."""
    day = Timeline()
    for seconds in (60, 120, 60, 120, 60, 120):
        day.tick(5.0, seconds=seconds)
        assert day.limit_ends is not None
        assert day.limit_ends >= day.now


def test_a_write_that_failed_is_no_start():
    """What did not reach the charger is not remembered as its limit."""
    day = Timeline(enable_delay_min=0)
    decision = decide(charger(), grid(5.0), battery(), day.settings, Memory(), NOW)
    after = remember(decision.memory, [Carried(decision.actions[0], Outcome.FAILED, NOW)])
    assert (after.target_a, after.changed_at, after.ends_at) == (0, None, None)


def test_a_charge_that_is_found_running_goes_on():
    """On the very first run a car that charges on sun is not interrupted for the enable delay."""
    decision = decide(charger(4.14, limit_a=6), grid(0.5), battery(), settings(), Memory(), NOW)
    assert (decision.reason, target(decision)) == (Reason.SURPLUS, 6)


def test_a_car_that_arrives_at_night_is_stopped_at_once():
    """The fallback current after a time to live that ran out is no charge of ours."""
    idle = Memory(ends_at=NOW - 60 * MINUTE, changed_at=NOW - 600 * MINUTE)
    decision = decide(charger(11.04, limit_a=32), grid(-11.5), battery(), settings(), idle, NOW)
    assert (decision.reason, target(decision)) == (Reason.SURPLUS, 0)


def test_a_charger_that_restarted_is_told_again():
    """After a restart the limit is the vendor's 40 A without end; it is put right though it may look the same."""
    day = Timeline(enable_delay_min=0)
    day.run(12.0, 3, seconds=10)
    quiet = day.tick(12.0, seconds=5, limit_a=16, mode="charging", takes=False, charger_w=11040.0)
    assert not quiet.actions[0].renew
    again = day.tick(12.0, limit_a=16, mode="charging", charger_w=11040.0, restarted_at=day.now)
    assert again.actions[0].renew
