"""The stretches between edges: what they are called, until when they last, and what a Powerwall takes."""

from __future__ import annotations

import pytest

from solarctl.control.peak_mode import Memory, Reason, decide
from solarctl.control.peak_phase import phase_at, writable
from solarctl.control.tariff import Settings as TariffSettings
from solarctl.control.tariff import Tariff
from tests.peak_mode.peak_rule_parts import CALM, PHOENIX, RESERVE, TARIFF, at, reading


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("2026-07-15T13:55", "Peak ahead ("),  # the lead of ten minutes
        ("2026-07-15T14:00", "Peak ("),
        ("2026-07-15T12:00", "Off-peak until Wed 13:50"),
        ("2026-07-03T12:00", "Off-peak, a holiday until Mon 13:50"),  # the day before Saturday's Independence Day
        ("2026-07-18T12:00", "Off-peak until Mon 13:50"),  # a Saturday is none
    ],
)
def test_what_it_is_called(when: str, text: str) -> None:
    """The present peak, one that is ahead, a holiday, and until when."""
    assert phase_at(TARIFF, RESERVE, at(when)).text.startswith(text)


def test_a_tariff_without_peaks_has_no_next_edge() -> None:
    """Where power is never dear, off-peak has no end."""
    never = Tariff(TariffSettings(), PHOENIX, {})
    assert phase_at(never, RESERVE, at("2026-07-15T15:00")).text == "Off-peak"


def test_each_stretch_has_a_key_of_its_own() -> None:
    """Two days' peaks differ, and a peak differs from what follows; a person's choice ends with the key."""
    keys = [
        phase_at(TARIFF, RESERVE, at(f"2026-07-{day}T{hour}")).key for day in (15, 16) for hour in ("15:00", "21:00")
    ]
    assert len(set(keys)) == 4
    assert [key.startswith("peak") for key in keys] == [True, False, True, False]


@pytest.mark.parametrize(
    ("level", "floor", "taken"),
    [(80, 0, 80), (80.1, 0, 80), (90, 0, 80), (90.1, 0, 100), (100, 0, 100), (85, 80, 80), (85, 80.5, 100), (0, 0, 0)],
)
def test_what_a_powerwall_takes(level: float, floor: float, taken: float) -> None:
    """0 to 80 or 100 %: the nearest of them, the lower one in the middle, and never below the floor."""
    assert writable(level, floor) == taken


def test_new_settings_while_a_change_is_still_awaited() -> None:
    """Who edits config.toml before the battery has confirmed gets the new level at once, not after settle_min."""
    now = at("2026-07-15T14:05")
    key = phase_at(TARIFF, RESERVE, now).key
    asked = Memory(phase=key, asked=20.0, asked_at=at("2026-07-15T14:00"))
    decision = decide(reading(now, 50.0, **CALM), TARIFF, RESERVE, asked, now)
    assert decision.reason is Reason.PEAK
    assert [(one.to, one.sent) for one in decision.actions] == [(0.0, False)]  # type: ignore[union-attr]
    assert "so far" in decision.because
