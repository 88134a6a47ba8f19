"""peak-mode's rule over time: days, persons, late confirmations, storms, giving back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from solarctl.control.peak_mode import Memory, Settings, changes, decide, given_back, remember
from solarctl.decision import Action, Carried, Decision, Outcome, SetMode, SetReserve
from tests.peak_mode.peak_rule_parts import (
    CALM,
    NIGHT,
    PEAK,
    RESERVE,
    TARIFF,
    at,
    reading,
)


class House:
    """A battery on a timeline: what it is set to, how it takes a change, and what the rule remembers."""

    def __init__(self, settings: Settings = RESERVE, reserve: float = 40.0, mode: str = "self_consumption") -> None:
        self.settings = settings
        self.reserve, self.mode = reserve, mode
        self.takes = Outcome.DONE
        self.memory = Memory()
        self.writes: list[Any] = []
        self.last: Decision[Memory] | None = None

    def run(self, when: str, **conditions: Any) -> str:
        """Let the rule run once, as the command does, and return its reason and what became of its actions."""
        now = at(when)
        said = reading(now, self.reserve, mode=self.mode, **conditions)
        decision = decide(said, TARIFF, self.settings, self.memory, now)
        carried = [Carried(action, self._carry_out(action), now) for action in decision.actions]
        assert decision.memory is not None
        self.memory = remember(decision.memory, carried)
        self.last = decision
        return " ".join([decision.reason, *(one.outcome for one in carried)])

    def _carry_out(self, action: Action) -> Outcome:
        assert isinstance(action, SetReserve | SetMode)
        if action.to in (self.reserve, self.mode):
            return Outcome.UNCHANGED
        if action.sent:
            return Outcome.PENDING
        self.writes.append(action.to)
        if self.takes is Outcome.DONE:
            self.set(action.to)
        elif action.overdue:
            return Outcome.FAILED
        return self.takes

    def set(self, value: Any) -> None:
        """Somebody sets it, or the change arrives at last."""
        if isinstance(value, str):
            self.mode = value
        else:
            self.reserve = value


def test_a_day() -> None:
    """It is written at the edges only, whatever the cron line."""
    house = House()
    days = [f"2026-07-15T{hour:02}:{minute:02}" for hour in range(12, 24) for minute in range(0, 60, 5)]
    for when in days:
        house.run(when)
    assert house.writes == [100.0, 0.0, 100.0]


def test_a_missed_run_heals_itself() -> None:
    """Whoever comes after the edge, however late, puts it right."""
    house = House(reserve=100.0)
    house.run("2026-07-15T13:00")
    assert house.run("2026-07-15T16:40") == "peak done"
    assert house.run("2026-07-16T09:00") == "off-peak done"
    assert house.writes == [0.0, 100.0]


def test_a_person_s_choice_lasts_until_the_next_edge() -> None:
    """Between edges a reserve set in the app stays; the next edge is ours again."""
    house = House(reserve=100.0)
    house.run("2026-07-15T14:00")
    house.set(55.0)
    assert house.run("2026-07-15T14:05") == "manual"
    assert house.run("2026-07-15T19:59") == "manual"
    assert house.run("2026-07-15T20:00") == "off-peak done"
    house.set(30.0)
    assert house.run("2026-07-16T08:00") == "manual"
    assert house.run("2026-07-16T13:50") == "peak done"
    assert house.writes == [0.0, 100.0, 0.0]


def test_a_person_who_returns_to_ours() -> None:
    """Set back to what we wanted, it is no longer manual, and a second change is respected again."""
    house = House(reserve=100.0)
    house.run("2026-07-15T14:00")
    house.set(55.0)
    house.run("2026-07-15T14:05")
    house.set(0.0)
    assert house.run("2026-07-15T14:10") == "peak unchanged"
    house.set(10.0)
    assert house.run("2026-07-15T14:15") == "manual"


def test_a_person_s_choice_below_the_floor() -> None:
    """The floor is for outages: even a person's choice is raised to it, and stays theirs otherwise."""
    house = House(replace(RESERVE, floor_pct=20), reserve=100.0)
    house.run("2026-07-15T14:00")
    house.set(5.0)
    assert house.run("2026-07-15T14:05") == "manual done"
    assert house.reserve == 20.0
    house = House(replace(RESERVE, floor_pct=20, peak_reserve_pct=50), reserve=100.0)
    house.run("2026-07-15T14:00")
    house.set(5.0)
    house.run("2026-07-15T14:05")
    assert house.run("2026-07-15T14:10") == "manual"
    assert house.reserve == 20.0


def test_changed_settings_are_not_a_person_s_choice() -> None:
    """Who edits config.toml in the middle of a peak gets the new level at once."""
    house = House(reserve=100.0)
    house.run("2026-07-15T14:00")
    house.settings = replace(RESERVE, peak_reserve_pct=20)
    assert house.run("2026-07-15T14:05") == "peak done"
    assert house.reserve == 20.0


def test_late_confirmation() -> None:
    """A change that takes minutes is written once, pending meanwhile, and then it holds."""
    house = House(reserve=100.0)
    house.takes = Outcome.PENDING
    assert house.run("2026-07-15T13:50") == "peak pending"
    assert house.run("2026-07-15T13:55") == "peak pending"
    house.set(0.0)
    assert house.run("2026-07-15T14:00") == "peak unchanged"
    assert house.writes == [0.0]


def test_a_change_that_never_comes_fails() -> None:
    """The first run after settle_min fails it, every later one too, and the one that sees it taken recovers."""
    house = House(reserve=100.0)
    house.takes = Outcome.PENDING
    said = [house.run(f"2026-07-15T14:{minute:02}") for minute in (0, 5, 9, 10, 15)]
    assert said == ["peak pending", "peak pending", "peak pending", "peak failed", "peak failed"]
    assert house.writes == [0.0, 0.0, 0.0]
    house.takes = Outcome.DONE
    assert house.run("2026-07-15T14:20") == "peak done"
    assert house.run("2026-07-15T14:25") == "peak unchanged"


def test_no_time_to_settle() -> None:
    """With settle_min = 0 a change that is not confirmed at once has failed."""
    house = House(replace(RESERVE, settle_min=0), reserve=100.0)
    house.takes = Outcome.PENDING
    assert house.run("2026-07-15T14:00") == "peak failed"


def test_a_change_that_comes_after_the_edge() -> None:
    """What arrives when its peak is over was ours, and is not taken for a person's choice."""
    house = House(reserve=100.0)
    house.run("2026-07-15T13:00")
    house.takes = Outcome.PENDING
    house.run("2026-07-15T19:58")
    assert house.run("2026-07-15T20:00") == "off-peak unchanged"
    house.set(0.0)
    house.takes = Outcome.DONE
    assert house.run("2026-07-15T20:05") == "off-peak done"


def test_a_storm_in_between() -> None:
    """During a storm nothing is written; afterwards the right state is."""
    house = House(reserve=100.0)
    house.run("2026-07-15T13:00")
    assert house.run("2026-07-15T14:00", **{**CALM, "storm": True}) == "storm"
    assert house.run("2026-07-15T15:00", **CALM) == "peak done"
    assert house.writes == [0.0]


@pytest.mark.parametrize("strategy", ["reserve", "mode"])
def test_the_owner_s_former_setting_is_given_back(strategy: str) -> None:
    """`pause` gives back what was there before the first change, also after many days; then it begins anew."""
    settings = Settings(battery="powerwall", strategy=strategy)  # type: ignore[arg-type]
    house = House(settings, reserve=35.0, mode="autonomous")
    before = house.reserve if strategy == "reserve" else house.mode
    for when in (NIGHT, "2026-07-16T14:00", "2026-07-16T21:00", "2026-07-17T14:00"):
        house.run(when)
    actions, house.memory = given_back(settings, house.memory)
    assert [action.to for action in actions] == [before]
    house.set(actions[0].to)
    house.writes.clear()
    assert house.run("2026-07-17T21:00") == "off-peak done"  # resumed: not taken for a person's choice
    assert [action.to for action in given_back(settings, house.memory)[0]] == [before]


def test_giving_back_that_failed() -> None:
    """If our own level was still there when the rule begins anew, the owner's former one is not forgotten."""
    house = House(reserve=35.0)
    house.run(NIGHT)
    _, house.memory = given_back(RESERVE, house.memory)
    house.run("2026-07-16T14:00")
    assert [action.to for action in given_back(RESERVE, house.memory)[0]] == [35.0]


def test_a_new_choice_during_a_pause_is_the_owner_s() -> None:
    """What the owner set while the rule was paused is what the next pause gives back."""
    house = House(reserve=35.0)
    house.run(NIGHT)
    _, house.memory = given_back(RESERVE, house.memory)
    house.set(60.0)
    house.run("2026-07-16T14:00")
    assert [action.to for action in given_back(RESERVE, house.memory)[0]] == [60.0]


def test_nothing_to_give_back() -> None:
    """Who never changed anything gives nothing back; a former 90 % comes back as what can be written."""
    assert given_back(RESERVE, Memory())[0] == []
    house = House(reserve=90.0)
    house.run(NIGHT)
    assert [action.to for action in given_back(RESERVE, house.memory)[0]] == [80.0]


def test_a_question_is_asked_only_before_a_change() -> None:
    """A steady run needs no second request: only a decision that would write does."""
    now = at(PEAK)
    steady = decide(reading(now, 0.0), TARIFF, RESERVE, Memory(), now)
    change = decide(reading(now, 100.0), TARIFF, RESERVE, Memory(), now)
    assert not changes(steady, reading(now, 0.0))
    assert changes(change, reading(now, 100.0))
    assert not changes(change, None)


def every(values: Sequence[Action]) -> list[Any]:
    return [action.to for action in values]


def test_a_clock_that_was_set_back() -> None:
    """A write that seems to lie in the future is waited for, not failed."""
    house = House(reserve=100.0)
    house.takes = Outcome.PENDING
    house.run("2026-07-15T15:00")
    assert house.run("2026-07-15T14:30") == "peak pending"


def test_moments_in_other_zones() -> None:
    """The same instant is the same decision, in whatever zone it is written."""
    now = at(PEAK)
    local = decide(reading(now), TARIFF, RESERVE, Memory(), now)
    utc = decide(reading(now), TARIFF, RESERVE, Memory(), now.astimezone(UTC))
    assert (local.reason, every(local.actions), local.because) == (utc.reason, every(utc.actions), utc.because)
