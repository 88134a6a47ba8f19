"""`idle_reserve_pct`: while no peak is near the battery serves the house, and is kept ready in the hours before one."""

from __future__ import annotations

import pytest

from solarctl.control.peak_mode import Memory, Reason, Settings, decide, given_back, remember
from solarctl.control.peak_phase import next_change, phase_at
from solarctl.decision import Carried, Outcome
from solarctl.value import replace
from tests.peak_mode.peak_rule_parts import CALM, RESERVE, TARIFF, at, reading

IDLE = replace(RESERVE, offpeak_reserve_pct=80.0, idle_reserve_pct=20.0, ready_h=4.0)


@pytest.mark.parametrize(
    ("when", "reserve_pct", "reason"),
    [
        ("2026-07-15T09:59", 20.0, Reason.OFF_PEAK),
        ("2026-07-15T10:00", 80.0, Reason.OFF_PEAK),  # four hours before the peak
        ("2026-07-15T13:49", 80.0, Reason.OFF_PEAK),
        ("2026-07-15T13:50", 0.0, Reason.PEAK),
        ("2026-07-15T20:00", 20.0, Reason.OFF_PEAK),
        ("2026-07-18T12:00", 20.0, Reason.OFF_PEAK),  # a Saturday
        ("2026-07-03T12:00", 20.0, Reason.OFF_PEAK),  # a holiday
    ],
)
def test_what_is_kept_when(when, reserve_pct, reason):
    """Idle, ready, peak, idle again: each has its reserve, and the reason is the contract's."""
    decision = decide(reading(at(when), 55.0, **CALM), TARIFF, IDLE, Memory(), at(when))
    assert decision.reason is reason
    assert [action.to for action in decision.actions] == [reserve_pct]


def test_without_the_setting_nothing_is_different():
    """By default the off-peak reserve holds at all times but the peak, however near that is."""
    for when in ("2026-07-15T09:00", "2026-07-15T12:00", "2026-07-18T12:00"):
        assert phase_at(TARIFF, RESERVE, at(when)).target == 100.0
    assert phase_at(TARIFF, IDLE, at("2026-07-18T12:00")).text.endswith("no peak within 4 h")


def test_the_floor_holds_here_too():
    """What is kept for outages is kept while idle."""
    assert phase_at(TARIFF, replace(IDLE, floor_pct=30.0), at("2026-07-18T12:00")).target == 30.0


def test_each_change_has_its_moment():
    """Idle lasts until four hours before the peak, ready until its lead, the peak until its end."""
    moments = [next_change(TARIFF, IDLE, at(f"2026-07-15T{hour}")) for hour in ("08:00", "11:00", "15:00")]
    assert [f"{moment:%H:%M}" for moment in moments] == ["10:00", "13:50", "20:00"]


def test_a_persons_choice_stays_until_the_next_of_these_changes():
    """Somebody sets 50 % in the night; at ten the battery is kept ready all the same."""
    early, later = at("2026-07-15T08:00"), at("2026-07-15T10:00")
    set_by_us = decide(reading(early, 100.0, **CALM), TARIFF, IDLE, Memory(), early)
    memory = remember(set_by_us.memory, [Carried(set_by_us.actions[0], Outcome.DONE, early)])
    theirs = decide(reading(early, 50.0, **CALM), TARIFF, IDLE, memory, early)
    assert theirs.reason is Reason.MANUAL
    assert decide(reading(later, 50.0, **CALM), TARIFF, IDLE, theirs.memory, later).actions[0].to == 80.0


def test_what_the_owner_had_before_is_given_back():
    """Former values are remembered from before the first change, whichever phase made it."""
    now = at("2026-07-18T12:00")
    decision = decide(reading(now, 45.0, **CALM), TARIFF, IDLE, Memory(), now)
    actions, _ = given_back(IDLE, decision.memory)
    assert [action.to for action in actions] == [45.0]


@pytest.mark.parametrize("changes", [{"idle_reserve_pct": 90.0}, {"strategy": "mode"}])
def test_what_cannot_be_meant_is_told(changes):
    """Idle above off-peak, or with modes instead of reserves, is a mistake in the config."""
    table = {"battery": "powerwall", "offpeak_reserve_pct": 80.0, "idle_reserve_pct": 20.0} | changes
    assert "idle_reserve_pct" in [key for key, _text in Settings(**table).problems()]
