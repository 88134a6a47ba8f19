"""What the evening mail tells of a day: energies, worst half hour and what was done, from readings and journal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl.reporting.evening import HalfHour, day_energies, peak_import_kwh, what_happened, worst_half_hour
from tests.eod.evening_day import MIDNIGHT, PEAK, rows


def test_what_was_bought_in_the_peak() -> None:
    """Little for long is summed up; what was bought before and after the peak does not count."""
    [(first, _last)] = PEAK
    found = peak_import_kwh(rows(grid_w=lambda slot: 40.0 if slot >= first.hour * 12 else 900.0), PEAK)
    until = 20 - 1 / 12  # the last row's moment
    assert found == pytest.approx(0.04 * (until - first.hour))
    assert peak_import_kwh([], PEAK) is None


def test_worst_half_hour() -> None:
    """Only aligned half hours of the peak count, by their mean; export counts as nothing."""

    def grid(slot: int) -> float:
        hour = slot / 12
        if 17 <= hour < 17.5:
            return 3000.0 if slot % 2 else -9000.0  # means 1500
        return 2000.0 if 18.25 <= hour < 18.75 else 9000.0 if hour < 13 else 0.0

    worst = worst_half_hour(rows(grid_w=grid), PEAK)
    assert worst == HalfHour(MIDNIGHT.replace(hour=17), 1500.0)
    assert worst_half_hour([], PEAK) is None
    assert worst_half_hour(rows(grid_w=grid), ()) is None


def test_energies_from_powers() -> None:
    """Without the vendor's sums the powers are summed up, each direction on its own; gaps are not bridged for long."""
    found = day_energies(rows(solar_w=lambda _: 1200.0, battery_w=lambda slot: -600.0 if slot < 120 else 600.0))
    assert found["solar_kwh"] == pytest.approx(1.2 * 239 / 12, rel=0.01)
    assert found["battery_in_kwh"] == pytest.approx(6.0, rel=0.02)
    assert found["battery_out_kwh"] == pytest.approx(5.95, rel=0.02)
    assert "import_kwh" not in found
    gap = [{"at": MIDNIGHT, "load_w": 1000.0}, {"at": MIDNIGHT.replace(hour=12), "load_w": 1000.0}]
    assert day_energies(gap)["load_kwh"] == pytest.approx(1 / 3)
    assert day_energies([]) == {}


def test_energies_of_the_vendor() -> None:
    """The vendor's own sums go before the powers."""
    told = [{"at": MIDNIGHT, "solar_kwh": 1.5}, {"at": MIDNIGHT, "solar_kwh": 2.0}, {"at": MIDNIGHT, "solar_w": 9e9}]
    assert day_energies(told) == {"solar_kwh": 3.5}


def test_what_happened() -> None:
    """Changes and failures by command, from the journal in any order; steady runs and mails are no news."""
    done = {"action": "reserve", "device": "powerwall", "to": 0.0, "outcome": "done"}
    told = {"action": "mail", "device": "mail", "to": "x", "outcome": "done"}
    decisions = [
        {"command": "peak-mode", "at": "2026-07-15T14:00:00-07:00", "because": "Peak.", "exit": 0, "actions": []},
        {"command": "peak-mode", "at": "2026-07-15T13:50:00-07:00", "because": "Ahead.", "exit": 0, "actions": [done]},
        {"command": "eod-status", "at": "2026-07-15T20:00:00-07:00", "because": "x", "exit": 0, "actions": [told]},
        {
            "command": "peak-mode",
            "at": "2026-07-15T15:00:00-07:00",
            "because": "Nothing.",
            "exit": 75,
            "actions": [],
            "errors": [{"message": "no answer"}],
            "repeats": 5,
        },
    ]
    mail, peak = what_happened(decisions)
    assert (mail.command, mail.changes) == ("eod-status", ())
    assert peak.runs == 7
    assert [one.said for one in peak.changes] == ["set the reserve of powerwall to 0 %: Ahead."]
    assert [said for _, said in peak.failures] == ["no answer"]


def _row(minute: int, action: str, device: str, to: object, outcome: str = "done") -> dict[str, object]:
    at = (MIDNIGHT + timedelta(minutes=minute)).isoformat()
    done = {"action": action, "device": device, "to": to, "outcome": outcome}
    return {"command": "easee-balance", "at": at, "reason": "surplus", "because": "Sun.", "exit": 0, "actions": [done]}


def test_the_same_limit_again_is_no_change() -> None:
    """A limit kept up for hours is told once, with what was done; a token renewal not at all."""
    kept = [_row(minute, "limit", "car", 0) for minute in range(300)]
    [found] = what_happened([*kept, _row(300, "limit", "car", 9), _row(301, "token", "easee", "easee")])
    assert [(one.at.hour, one.said, one.times) for one in found.changes] == [
        (0, "limit car to 0 A: Sun.", 1),
        (5, "limit car to 9 A: Sun.", 1),
    ]


def test_a_switch_that_was_undone_by_hand_is_a_change_again() -> None:
    """Only what ends by itself is renewed; the same position written again was somebody else's doing in between."""
    [found] = what_happened([_row(0, "switch", "boiler", True), _row(60, "switch", "boiler", True)])
    assert len(found.changes) == 2
