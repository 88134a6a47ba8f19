"""peak-mode's rule as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solarctl.control.peak_mode import Memory, Reason, Settings, decide
from solarctl.control.peak_phase import writable
from solarctl.errors import Exit
from tests.peak_mode.forecast_parts import FORESEEN
from tests.peak_mode.peak_rule_parts import (
    CALM,
    NIGHT,
    PEAK,
    RESERVE,
    TARIFF,
    at,
    reading,
)

MODE = Settings(battery="powerwall", strategy="mode")
TABLE = [  # when, what the battery says, settings, reason, targets
    # the worked examples of a Phoenix tariff
    ("2026-07-15T13:55:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-07-15T13:50:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-07-15T13:49:59", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-07-15T20:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-07-18T15:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-07-03T15:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-12-24T18:00:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-12-25T18:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-01-05T04:55:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-01-05T12:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-11-02T14:30:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-10-30T14:30:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-01-06T04:55:00+00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2021-12-31T18:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2027-12-24T18:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2027-12-31T18:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-05-01T06:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-04-30T06:00:00", {}, RESERVE, Reason.PEAK, [0.0]),
    # what is so already is still named
    (PEAK, {"reserve": 0.0}, RESERVE, Reason.PEAK, [0.0]),
    (NIGHT, {"reserve": 100.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    # levels, floor, and what a Powerwall does not take
    (PEAK, {}, replace(RESERVE, peak_reserve_pct=20), Reason.PEAK, [20.0]),
    (PEAK, {}, replace(RESERVE, floor_pct=15), Reason.PEAK, [15.0]),
    (NIGHT, {"reserve": 0.0}, replace(RESERVE, offpeak_reserve_pct=85), Reason.OFF_PEAK, [80.0]),
    (NIGHT, {"reserve": 0.0}, replace(RESERVE, offpeak_reserve_pct=95), Reason.OFF_PEAK, [100.0]),
    (PEAK, {"reserve": 20.0}, replace(RESERVE, floor_pct=85), Reason.PEAK, [100.0]),
    # the other strategy
    (PEAK, {"mode": "backup"}, MODE, Reason.PEAK, ["self_consumption"]),
    (NIGHT, {}, MODE, Reason.OFF_PEAK, ["backup"]),
    (NIGHT, {"reserve": 5.0}, replace(MODE, floor_pct=20), Reason.OFF_PEAK, ["backup", 20.0]),
    (PEAK, {"mode": None}, MODE, Reason.NO_READING, []),
    # what forbids a change
    (PEAK, {**CALM, "storm": True}, RESERVE, Reason.STORM, []),
    (NIGHT, {**CALM, "reserve": 0.0, "storm": True}, RESERVE, Reason.STORM, []),
    (PEAK, {**CALM, "off_grid": True}, RESERVE, Reason.OFF_GRID, []),
    (PEAK, {**CALM, "outage": True}, RESERVE, Reason.OFF_GRID, []),
    (NIGHT, {**CALM, "reserve": 0.0, "outage": True}, RESERVE, Reason.OFF_GRID, []),
    (PEAK, CALM, RESERVE, Reason.PEAK, [0.0]),
    (PEAK, {**CALM, "soc_pct": None}, RESERVE, Reason.NO_READING, []),  # a glitch must not let it drain
    (NIGHT, {**CALM, "soc_pct": None, "reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),  # filling is safe
    (PEAK, {**CALM, "soc_pct": None, "mode": "backup"}, MODE, Reason.NO_READING, []),
    (PEAK, {"reserve": None}, RESERVE, Reason.NO_READING, []),
]


@pytest.mark.parametrize(("when", "said", "settings", "reason", "targets"), TABLE)
def test_what_it_wants(when: str, said: dict[str, Any], settings: Settings, reason: Reason, targets: list[Any]) -> None:
    """Each moment and state has its reason and its targets."""
    now = at(when)
    decision = decide(reading(now, **said), TARIFF, settings, Memory(), now)
    assert (decision.reason, [action.to for action in decision.actions]) == (reason, targets)
    assert decision.because.endswith((".", ".)"))
    assert decision.exit_code == (Exit.TRY_AGAIN if reason is Reason.NO_READING else Exit.OK)


def test_silence() -> None:
    """Without a reading, or with old news, nothing is wanted and the next run tries again."""
    for silent in (None, reading(at(PEAK) - timedelta(minutes=61), **CALM)):
        decision = decide(silent, TARIFF, RESERVE, Memory(), at(PEAK))
        assert (decision.reason, decision.exit_code) == (Reason.NO_READING, Exit.TRY_AGAIN)
        assert not decision.actions


def test_the_tables_use_every_reason() -> None:
    """No reason is left untested; `manual` has its timelines, and what a forecast says a table of its own."""
    foreseen = {row[2] for row in FORESEEN}
    assert {row[3] for row in TABLE} | {Reason.MANUAL} | foreseen == set(Reason)


def test_a_level_that_cannot_be_set_is_explained() -> None:
    """Who asks for 85 % is told why it is 80."""
    settings = replace(RESERVE, offpeak_reserve_pct=85)
    because = decide(reading(at(NIGHT), 0.0), TARIFF, settings, Memory(), at(NIGHT)).because
    assert "85 %" in because
    assert "0–80 % or 100 %" in because
    assert [writable(level, 0) for level in (0, 80, 81, 90, 91, 99, 100)] == [0, 80, 80, 80, 100, 100, 100]
