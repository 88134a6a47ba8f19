"""peak-mode with a forecast: what it says when, and that a person's choice outlasts a forecast that moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.peak_memory import Experience, Outlook
from solarctl.control.peak_mode import Memory, Reason, Settings, decide, given_back, remember
from solarctl.control.peak_phase import phase_at
from solarctl.decision import Action, Carried, Outcome, SetReserve
from solarctl.value import replace
from tests.peak_mode.forecast_parts import AHEAD, FORESEEN, PEAK_DAY, told
from tests.peak_mode.peak_rule_parts import CALM, TARIFF, at, reading


@pytest.mark.parametrize(("when", "memory", "reason", "target"), FORESEEN)
def test_what_it_wants(when: str, memory: Memory, reason: Reason, target: float) -> None:
    """An outlook decides from the evening before until the peak; without one it is as it always was."""
    decision = decide(reading(at(when), 33.0, **CALM), TARIFF, AHEAD, memory, at(when))
    assert (decision.reason, [action.to for action in decision.actions]) == (reason, [target])
    assert ("no forecast to go by" in decision.because) is (reason is Reason.NO_FORECAST)


def test_why_it_is_so() -> None:
    """The sentence of the outlook stands behind what is set."""
    because = decide(
        reading(at("2026-07-15T09:00"), 33.0, **CALM), TARIFF, AHEAD, told("2026-07-15T08:30"), at("2026-07-15T09:00")
    ).because
    assert because == "Off-peak until Wed 13:50: reserve 55 %, so far 33 %. Sun is expected."


def test_without_the_key_no_outlook_matters() -> None:
    """An outlook that is still remembered decides nothing once the key is gone."""
    plain = replace(AHEAD, forecast="", weather="")
    for when, memory, _reason, _target in FORESEEN:
        known, none = (
            decide(reading(at(when), 33.0, **CALM), TARIFF, plain, one, at(when)) for one in (memory, Memory())
        )
        assert (known.reason, known.because, known.actions) == (none.reason, none.because, none.actions)


class House:
    """A battery on a timeline, and an outlook that says something else from time to time."""

    def __init__(self, reserve: float = 20.0) -> None:
        self.reserve = reserve
        self.memory = Memory()
        self.takes = Outcome.DONE
        self.writes: list[float] = []

    def foresee(self, when: str, level_pct: float | None) -> None:
        assert PEAK_DAY is not None
        outlook = Outlook(at(when), PEAK_DAY.start, level_pct, "There is no forecast to go by (x).")
        self.memory = replace(self.memory, learned=Experience(outlook=outlook))

    def run(self, when: str) -> str:
        now = at(when)
        decision = decide(reading(now, self.reserve, **CALM), TARIFF, AHEAD, self.memory, now)
        assert decision.memory is not None
        self.memory = remember(decision.memory, self._carried(decision.actions, when))
        return str(decision.reason)

    def _carried(self, actions: Sequence[Action], when: str) -> list[Carried]:
        found = []
        for action in actions:
            assert isinstance(action, SetReserve)
            outcome = Outcome.UNCHANGED
            if action.to != self.reserve:
                outcome = Outcome.PENDING if action.sent else self.takes
                if not action.sent:
                    self.writes.append(action.to)
                if outcome is Outcome.DONE:
                    self.reserve = action.to
            found.append(Carried(action, outcome, at(when)))
        return found


def test_a_night_whose_forecast_changes() -> None:
    """It is written when the forecast moves, and at the edges; a run between them writes nothing."""
    house = House()
    for when, level in (("2026-07-14T20:00", 60.0), ("2026-07-15T06:00", 45.0), ("2026-07-15T12:00", 25.0)):
        house.foresee(when, level)
        assert house.run(when) == house.run(when) == "forecast"
    assert house.run("2026-07-15T13:50") == "peak"
    assert house.writes == [60.0, 45.0, 25.0, 0.0]


def test_a_persons_choice_outlasts_a_forecast_that_moves() -> None:
    """What somebody sets stays until the peak, though the forecast changes, passes by it or gets lost meanwhile."""
    house = House()
    house.foresee("2026-07-14T20:00", 60.0)
    house.run("2026-07-14T20:00")
    house.reserve = 70.0
    for when, level, reason in (
        ("2026-07-14T21:00", 50.0, "manual"),
        ("2026-07-15T06:00", 70.0, "forecast"),  # it happens to be what is foreseen
        ("2026-07-15T08:00", 40.0, "manual"),
        ("2026-07-15T11:00", None, "manual"),
    ):
        house.foresee(when, level)
        assert house.run(when) == reason
    assert house.run("2026-07-15T13:50") == "peak"
    assert house.writes == [60.0, 0.0]


def test_a_person_who_returns_to_ours() -> None:
    """Set back to what we had set, the battery follows the forecast again."""
    house = House()
    house.foresee("2026-07-14T20:00", 60.0)
    house.run("2026-07-14T20:00")
    house.reserve = 70.0
    assert house.run("2026-07-14T20:30") == "manual"
    house.reserve = 60.0
    assert house.run("2026-07-14T20:35") == "forecast"
    house.foresee("2026-07-14T21:00", 45.0)
    assert house.run("2026-07-14T21:00") == "forecast"
    assert house.writes == [60.0, 45.0]


def test_what_arrives_late_is_not_a_persons_choice() -> None:
    """A level that is confirmed after the forecast has moved on was ours."""
    house = House()
    house.foresee("2026-07-14T20:00", 60.0)
    house.run("2026-07-14T20:00")
    house.takes = Outcome.PENDING
    house.foresee("2026-07-15T06:00", 45.0)
    house.run("2026-07-15T06:00")
    house.foresee("2026-07-15T06:05", 30.0)
    house.run("2026-07-15T06:05")
    house.reserve = 45.0  # the first of the two arrives
    assert house.run("2026-07-15T06:10") == "forecast"
    house.reserve = 30.0
    assert house.run("2026-07-15T06:15") == "forecast"
    assert house.writes == [60.0, 45.0, 30.0]


def test_all_of_the_time_before_a_peak_is_one_stretch() -> None:
    """Whether there is a forecast or not, the key is the same, so that a choice is not forgotten when one gets lost."""
    times = ("2026-07-14T21:00", "2026-07-15T09:00", "2026-07-15T12:00")
    keys = {phase_at(TARIFF, AHEAD, at(when), memory.learned.outlook).key for when in times
            for memory in (Memory(), told(when), told(when, None))}  # fmt: skip
    assert len(keys) == 1


def test_the_owners_former_reserve_and_what_was_learned_survive_a_pause() -> None:
    """`pause` gives back what was there before the first change, and what was learned of past days is not lost."""
    house = House(reserve=35.0)
    house.foresee("2026-07-14T20:00", 60.0)
    house.run("2026-07-14T20:00")
    known = house.memory.learned
    actions, house.memory = given_back(AHEAD, house.memory)
    assert [action.to for action in actions] == [35.0]
    assert house.memory.learned == known
    house.run("2026-07-14T20:30")  # giving back failed: 60 % is still there
    assert [action.to for action in given_back(AHEAD, house.memory)[0]] == [35.0]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"forecast": "sun"}, "forecast"),  # what is kept for outages must be said
        ({"forecast": "sun", "idle_reserve_pct": 20.0, "strategy": "mode"}, "forecast"),
        ({"weather": "sky"}, "weather"),
        ({"load": "meter"}, "load"),
    ],
)
def test_what_cannot_be_meant_is_told(table: dict[str, Any], key: str) -> None:
    """A forecast without what is kept for outages, or for modes; a weather or a meter without a forecast."""
    assert key in [found for found, _text in Settings(battery="powerwall", **table).problems()]


levels = st.one_of(st.none(), st.floats(-50, 150))
moments = st.lists(st.tuples(st.integers(0, 3000), levels, st.integers(0, 100)), min_size=1, max_size=8)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), moments)
def test_whatever_was_foreseen_the_envelope_holds(one: int, other: int, floor: int, story) -> None:
    """Outside the peak never below what is kept for outages, nor above the off-peak reserve; always what can be set."""
    idle, high = sorted((float(one), float(other)))
    rule = replace(AHEAD, offpeak_reserve_pct=high, idle_reserve_pct=idle, floor_pct=float(floor))
    memory, now = Memory(), at("2026-07-14T06:00")
    for minutes, level, reserve in story:
        now += timedelta(minutes=minutes)
        peak = TARIFF.next_peak(now)
        assert peak is not None
        outlook = Outlook(now, peak.start, level)
        memory = replace(memory, learned=Experience(outlook=outlook))
        decision = decide(reading(now, float(reserve), **CALM), TARIFF, rule, memory, now)
        for action in decision.actions:
            assert isinstance(action, SetReserve)
            assert floor <= action.to <= 100
            assert action.to <= 80 or action.to == 100
            if decision.reason in (Reason.FORECAST, Reason.NO_FORECAST, Reason.OFF_PEAK):
                assert (
                    min(80.0, idle) <= action.to <= max(high, floor, 80.0) or action.to == 100 >= max(high, floor) > 80
                )
        assert decision.memory is not None
        memory = remember(decision.memory, [Carried(action, Outcome.DONE, now) for action in decision.actions])
