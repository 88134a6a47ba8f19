"""Charges that are found running, batteries that may carry them, chargers that restarted: whose word counts then."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from solarctl.control.charge_phases import PhaseMemory
from solarctl.control.easee_balance import Memory, Reason, decide
from tests.easee_balance.house import AT_ONCE, MINUTE, NOW, battery, charger, grid, settings, target

UTC_NOW = NOW.astimezone(UTC)


@pytest.mark.parametrize(
    ("plugged", "amps"),
    [
        (charger(4.14, limit_a=6), 6),  # it charges, and nobody of ours has told it to: not interrupted
        (charger(0.0, limit_a=16, mode="waiting"), 0),  # it may, but does not: nothing runs that could go on
    ],
)
def test_only_a_charge_that_runs_is_carried_on(plugged, amps):
    """At the first sight of a charger a running charge is held through the delay; a waiting car is not started."""
    decision = decide(plugged, grid(-3.0), battery(), settings(), Memory(), NOW)
    assert target(decision) == amps, decision.because


@pytest.mark.parametrize(("target_a", "soc_pct", "amps"), [(6, 50.0, 6), (6, 49.9, 0), (0, 60.0, 0)])
def test_the_battery_carries_a_charge_but_starts_none(target_a, soc_pct, amps):
    """car-first from 50: through a gap, from 50 % on; a car that does not charge waits for the sun."""
    memory = Memory(target_a=target_a, ends_at=UTC_NOW + MINUTE)
    plugged = charger(4.14 if target_a else 0.0, limit_a=target_a)
    rules = settings(policy="car-first from 50", **AT_ONCE)
    decision = decide(plugged, grid(-3.0), battery(soc_pct=soc_pct), rules, memory, NOW)
    assert target(decision) == amps, decision.because


@pytest.mark.parametrize(("allowance_w", "reason"), [(100, Reason.HOLDING), (99, Reason.STOPPING)])
def test_what_the_grid_may_add_is_enough_to_the_watt(allowance_w, reason):
    """4.04 kW of sun and 100 W from the grid are the 6 A that a car needs."""
    memory = Memory(target_a=6, ends_at=UTC_NOW + MINUTE)
    rules = settings(grid_allowance_w=allowance_w, **AT_ONCE)
    decision = decide(charger(4.14, limit_a=6), grid(-0.1), battery(), rules, memory, NOW)
    assert decision.reason is reason, decision.because


@pytest.mark.parametrize(
    ("restarted", "renew"), [(None, False), (-MINUTE, False), (MINUTE / 2, True)], ids=["never", "before", "after"]
)
def test_a_charger_that_restarted_since_is_told_again(restarted, renew):
    """A restart after our last write has lost the limit; one before it has nothing to do with it."""
    written = UTC_NOW - MINUTE / 2 - timedelta(seconds=1)
    memory = Memory(target_a=8, ends_at=written + 3 * MINUTE)
    plugged = charger(5.52, limit_a=8, restarted_at=None if restarted is None else written + restarted)
    decision = decide(plugged, grid(0.0), battery(), settings(ttl_min=3), memory, NOW)
    [action] = decision.actions
    assert (action.to, action.renew) == (8, renew)


@pytest.mark.parametrize(("use", "surplus_kw", "amps"), [(1, 1.4, 7), (1, 2.4, 10), (None, 4.2, 6)])
def test_only_the_first_six_amps_on_one_phase_are_seven(use, surplus_kw, amps):
    """After a change to one phase newer firmware sleeps at exactly 6 A; more needs no help, three phases neither."""
    memory = Memory(switching=PhaseMemory(use, None, UTC_NOW - 2 * MINUTE, resume=True))
    plugged = charger(0.0, can_switch_phases=True)
    rules = settings(phase_switching=True, **AT_ONCE)
    assert target(decide(plugged, grid(surplus_kw), battery(), rules, memory, NOW)) == amps


@pytest.mark.parametrize(("seconds", "amps"), [(15, 0), (54, 0), (55, 10)])
def test_a_change_of_phases_is_given_time(seconds, amps):
    """Looked at every 15 s, the car is paused for one run of a minute, and then goes on."""
    memory = Memory(switching=PhaseMemory(1, None, UTC_NOW - timedelta(seconds=seconds), resume=True))
    plugged = charger(0.0, can_switch_phases=True)
    decision = decide(plugged, grid(2.4), battery(), settings(phase_switching=True, **AT_ONCE), memory, NOW)
    assert target(decision) == amps
    assert ("pauses for a minute" in decision.because) is (amps == 0)
