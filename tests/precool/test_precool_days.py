"""precool over time, preheating, units, and the envelope."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control import precool
from solarctl.control.precool import Memory, Reason, Settings, remember
from solarctl.control.setpoints import Span
from solarctl.decision import Carried, Decision, Outcome, SetCoolSetpoint, SetHeatSetpoint
from solarctl.readings import ThermostatReading
from tests.precool.precool_parts import (
    EIGHT,
    HALL,
    NOON,
    SETTINGS,
    TWO,
    judged,
    targets,
)


def carry(decision: Decision[Memory], outcome: Outcome = Outcome.DONE) -> Memory:
    """Return the memory after the decision was carried out."""
    assert decision.memory is not None
    return remember(decision.memory, [Carried(one, outcome, NOON) for one in decision.actions])


def test_what_a_person_sets_afterwards_stays() -> None:
    """Precooled at noon, set to 74 by a person: the run at 12:15 leaves it; tomorrow counts anew."""
    memory = carry(judged(50, 110))
    later = NOON + timedelta(minutes=15)
    decision = judged(50, 110, {"hall": replace(HALL, setpoint_deg=74.0)}, memory=memory, now=later)
    assert not decision.actions
    assert "somebody else" in decision.because
    tomorrow = NOON + timedelta(days=1)
    peaks = [Span(TWO + timedelta(days=1), EIGHT + timedelta(days=1))]
    decision = judged(50, 110, {"hall": replace(HALL, setpoint_deg=74.0)}, memory=memory, now=tomorrow, peaks=peaks)
    assert targets(decision) == [67]


def test_a_failed_thermostat_is_set_by_the_next_run() -> None:
    """What was not carried out is decided again; what was stays."""
    rules = replace(SETTINGS, thermostats=("hall", "study"))
    first = judged(50, 110, {"hall": HALL, "study": HALL}, rules)
    assert first.memory is not None
    outcomes = (Outcome.DONE, Outcome.FAILED)
    memory = remember(first.memory, [Carried(a, o, NOON) for a, o in zip(first.actions, outcomes, strict=True)])
    second = judged(50, 110, {"hall": replace(HALL, setpoint_deg=67.0), "study": HALL}, rules, memory)
    assert targets(second) == [67, 67]


def test_the_setpoints_found_before_are_kept() -> None:
    """thermostat-step needs to know what the house was set to before it was precooled, also after a second run."""
    memory = carry(judged(50, 110))
    assert memory.saved == {"hall": 78}
    memory = carry(judged(50, 110, {"hall": replace(HALL, setpoint_deg=67.0)}, memory=memory))
    assert memory.saved == {"hall": 78}


PREHEAT = replace(SETTINGS, preheat=True)
WINTER: list[tuple[float | None, float | None, ThermostatReading, Reason, list[float]]] = [
    (50, 60, replace(HALL, mode="heat"), Reason.LOW_BATTERY, [72]),
    (95, 40, replace(HALL, mode="heat"), Reason.COLD_DAY, [72]),
    (95, 41, replace(HALL, mode="heat"), Reason.NOT_NEEDED, []),
    (50, 30, replace(HALL, mode="auto"), Reason.BOTH, [72]),
    (50, 30, replace(HALL, mode="heat", heat_setpoint_deg=74.0), Reason.BOTH, []),  # never lowered
    (50, 30, replace(HALL, mode="cool"), Reason.BOTH, []),
    (50, 30, replace(HALL, mode="heat", heat_max_deg=70.0), Reason.BOTH, [70]),
]


@pytest.mark.parametrize(("soc_pct", "high_deg", "reading", "reason", "setpoints"), WINTER)
def test_preheat(
    soc_pct: float | None, high_deg: float | None, reading: ThermostatReading, reason: Reason, setpoints: list[float]
) -> None:
    """Turned round for winter: warm up before the peak when the battery is low or the day is cold."""
    decision = judged(soc_pct, high_deg, {"hall": reading}, PREHEAT)
    assert decision.reason is reason
    assert list(decision.actions) == [SetHeatSetpoint("hall", deg, TWO) for deg in setpoints]


def test_celsius() -> None:
    """A house that counts in °C has defaults in °C."""
    hall = replace(HALL, setpoint_deg=25.5, cool_min_deg=10.0, unit="C")
    assert targets(judged(95, 41, {"hall": hall}, unit="C")) == [19.5]
    assert judged(95, 40, {"hall": hall}, unit="C").reason is Reason.NOT_NEEDED


def test_settings_need_somebody_to_ask() -> None:
    """Neither battery nor weather, or no thermostat: a mistake that check names."""
    assert [key for key, _ in Settings((), "", "").problems()] == ["thermostats", "battery"]
    assert not list(SETTINGS.problems())


degrees = st.integers(80, 200).map(lambda half: half / 2)


@settings(max_examples=150, deadline=None)
@given(
    soc_pct=st.none() | st.floats(0, 100),
    high=st.none() | st.floats(-40, 130),
    present=st.none() | degrees,
    low=st.none() | st.integers(40, 75),
    mode=st.sampled_from(["cool", "heat", "auto", "off", None]),
    hour=st.integers(0, 23),
    preheat=st.booleans(),
    set_before=st.none() | degrees,
)
def test_the_envelope(
    soc_pct: float | None,
    high: float | None,
    present: float | None,
    low: int | None,
    mode: str | None,
    hour: int,
    preheat: bool,
    set_before: float | None,
) -> None:
    """Whatever happens: never warmer than it is, never below the thermostat's limit, never into the peak."""
    now = NOON.replace(hour=hour)
    reading = replace(HALL, setpoint_deg=present, heat_setpoint_deg=present, cool_min_deg=low, mode=mode, at=now)
    memory = Memory(TWO, {} if set_before is None else {"hall": set_before})
    decision = judged(soc_pct, high, {"hall": reading}, replace(SETTINGS, preheat=preheat), memory, now)
    assert decision.because
    for action in decision.actions:
        assert isinstance(action, SetCoolSetpoint | SetHeatSetpoint)
        assert present is not None
        assert action.until == TWO
        assert now < TWO
        if preheat:
            assert isinstance(action, SetHeatSetpoint)
            assert present <= action.to <= 90
        else:
            assert isinstance(action, SetCoolSetpoint)
            assert action.to <= present
            assert low is None or action.to >= low
    assert precool.ACTING.count(decision.reason) or not decision.actions  # type: ignore[arg-type]
