"""thermostat-step's tables: steps, ceilings, windows, what is not known, and the envelope."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from solarctl.control.setpoints import Span
from solarctl.control.thermostat_step import (
    Memory,
    Reason,
    Step,
    decide,
)
from solarctl.decision import SetCoolSetpoint
from solarctl.errors import Exit
from solarctl.readings import BatteryReading, ThermostatReading
from tests.thermostat.step_day import (
    ENDS,
    HALL,
    PEAKS,
    SETTINGS,
    THREE,
    WINDOWS,
    at_state,
    stepped,
)

# worked examples: charge, steps reached before, degrees added (the seed's way; all crossed steps), steps reached now
STEPS = [
    (100, 0, 0, 0, 0),
    (51, 0, 0, 0, 0),
    (50.9, 0, 0, 0, 0),  # as a float; the seed floored it to 50 and stepped
    (50, 0, 2, 2, 1),
    (50, 1, 0, 0, 1),
    (36, 1, 0, 0, 1),
    (35, 0, 2, 4, 2),
    (35, 1, 2, 2, 2),
    (18, 0, 4, 8, 3),
    (20, 2, 4, 4, 3),
    (21, 1, 2, 2, 2),
    (18, 3, 0, 0, 3),
    (60, 2, 0, 0, 2),  # recovered: no step back
]


@pytest.mark.parametrize(("soc_pct", "before", "added", "all_added", "reached"), STEPS)
@pytest.mark.parametrize("cumulative", [False, True])
def test_steps(soc_pct: float, before: int, added: float, all_added: float, reached: int, cumulative: bool) -> None:
    """Each step counts once a day; of several at once the deepest counts, or all of them."""
    memory = at_state(before)
    hall = replace(HALL, setpoint_deg=78 + memory.offset_deg, hold="temporary") if before else HALL
    rules = replace(SETTINGS, cumulative=cumulative, ceiling_deg=99.0)
    decision = stepped(soc_pct, memory, hall, rules=rules)
    wanted = all_added if cumulative else added
    assert decision.memory is not None
    assert decision.memory.offset_deg - memory.offset_deg == wanted
    assert decision.memory.reached == reached
    assert decision.reason is (Reason.STEPPED if wanted else Reason.HOLD)
    if wanted:
        assert decision.actions == [SetCoolSetpoint("hall", 78 + memory.offset_deg + wanted, ENDS)]


def test_steps_may_be_written_in_any_order() -> None:
    """The order in the config does not matter; two steps at one charge are a mistake."""
    rules = replace(SETTINGS, steps=(Step(20, 3), Step(60, 1)))
    decision = stepped(55, rules=rules)
    assert decision.actions == [SetCoolSetpoint("hall", 79, ENDS)]
    assert [key for key, _ in replace(rules, steps=(Step(20, 3), Step(20, 1))).problems()] == ["steps"]
    assert [key for key, _ in replace(rules, thermostats=()).problems()] == ["thermostats"]


CEILINGS = [
    (replace(HALL, setpoint_deg=78.0), 80, [80]),  # +4 clipped
    (replace(HALL, setpoint_deg=80.0, hold="permanent"), 80, [80]),  # there already: nothing is written
    (replace(HALL, setpoint_deg=84.0, hold="permanent"), 80, []),  # warmer by a person's choice
    (replace(HALL, cool_max_deg=79.0), 82, [79]),  # the thermostat's own limit
]


@pytest.mark.parametrize(("hall", "ceiling", "targets"), CEILINGS)
def test_the_ceiling(hall: ThermostatReading, ceiling: float, targets: list[float]) -> None:
    """No setpoint above the ceiling or the thermostat's own limit; the step counts all the same."""
    decision = stepped(20, hall=hall, rules=replace(SETTINGS, ceiling_deg=ceiling))
    assert [one.to for one in decision.actions] == targets
    assert decision.reason is Reason.STEPPED
    assert decision.memory is not None
    assert decision.memory.reached == 3


@pytest.mark.parametrize(("now", "peaks", "reason"), WINDOWS)
def test_the_window(now: datetime, peaks: list[Span] | None, reason: Reason) -> None:
    """Steps are taken while power is dear, and only then."""
    decision = stepped(40, now=now, peaks=peaks)
    assert decision.reason is reason
    assert bool(decision.actions) is (reason is Reason.STEPPED)
    assert decision.exit_code == Exit.OK


UNKNOWN = [
    (None, None, "not known"),
    (BatteryReading(at=THREE, soc_pct=None), None, "not known"),
    (BatteryReading(at=THREE - timedelta(minutes=45), soc_pct=10), None, "45 min old"),
    (BatteryReading(at=THREE, soc_pct=0.4, battery_w=0), None, "glitch"),  # Powerwall 3 while it calibrates
]


@pytest.mark.parametrize(("reading", "grid", "words"), UNKNOWN)
def test_no_reading(reading: BatteryReading | None, grid: None, words: str) -> None:
    """An unknown, old or implausible charge moves no thermostat and asks for another try."""
    decision = decide(reading, grid, {"hall": HALL}, SETTINGS, Memory(), THREE, PEAKS)
    assert (decision.reason, decision.exit_code, list(decision.actions)) == (Reason.NO_READING, Exit.TRY_AGAIN, [])
    assert words in decision.because
    assert decision.memory is not None
    assert decision.memory.reached == 0


def test_an_empty_battery_that_works_is_believed() -> None:
    """0.4 % while discharging is an empty battery."""
    assert stepped(0.4, battery_w=800).reason is Reason.STEPPED
