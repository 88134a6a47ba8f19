"""One phase or three: when the number is changed, and how long that takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl.control.charge_phases import SETTLE, Amps, PhaseMemory, choose, is_settling
from tests.easee_balance.house import MINUTE, NOW


def amps(on_one: int, on_three: int) -> Amps:
    return Amps(on_one=on_one, on_three=on_three, most_on_one=16, min_a=6)


def chosen(memory: PhaseMemory, found: Amps, *, charging: bool = False) -> PhaseMemory:
    return choose(memory, found, NOW, charging=charging, up_s=60, down_s=180, hold_min=10)


@pytest.mark.parametrize(
    ("use", "found", "then"),
    [
        (None, amps(15, 5), 1),
        (3, amps(15, 5), 1),
        (3, amps(6, 2), 1),  # the least that one phase can carry
        (3, amps(5, 1), 3),  # too little for either
        (3, amps(18, 6), 3),  # enough for three
        (1, amps(17, 6), 3),  # the least that three need, and one phase cannot carry it
        (1, amps(16, 6), 1),  # one phase carries all of it
        (1, amps(17, 5), 1),  # more than one phase carries, too little for three
    ],
)
def test_which_number_is_better(use, found, then):
    """Three phases as soon as they can be fed; one where they cannot. A car that does not charge changes at once."""
    assert (chosen(PhaseMemory(use), found).use or 3) == then


@pytest.mark.parametrize(
    ("use", "found", "wait_s"),
    [(3, amps(15, 5), 180), (1, amps(20, 7), 60)],
    ids=["three to one: the disable delay", "one to three: the enable delay"],
)
def test_a_running_charge_is_changed_after_the_delay(use, found, wait_s):
    """The other number must have been the better one for the whole delay; the charge then goes on."""
    waiting = chosen(PhaseMemory(use), found, charging=True)
    assert waiting == PhaseMemory(use, NOW, None)
    early = PhaseMemory(use, NOW - timedelta(seconds=wait_s - 1))
    assert chosen(early, found, charging=True).use == use
    changed = chosen(PhaseMemory(use, NOW - timedelta(seconds=wait_s)), found, charging=True)
    assert changed == PhaseMemory(4 - use, None, NOW, resume=True)
    assert chosen(PhaseMemory(use), found) == PhaseMemory(4 - use, None, NOW, resume=False)


def test_a_delay_starts_anew_when_the_present_number_is_better_again():
    """A short cloud between two spells does not count."""
    memory = PhaseMemory(3, NOW - 2 * MINUTE, NOW - timedelta(hours=1), resume=True)
    assert chosen(memory, amps(30, 10), charging=True) == PhaseMemory(3, None, NOW - timedelta(hours=1), resume=True)


def test_the_relay_rests_between_two_changes():
    """`phase_hold_min` minutes, to the minute."""
    assert chosen(PhaseMemory(1, None, NOW - 9.9 * MINUTE), amps(20, 7)).use == 1
    assert chosen(PhaseMemory(1, None, NOW - 10 * MINUTE), amps(20, 7)).use == 3


def test_charger_and_car_are_given_time_after_a_change():
    """A pause of one run, no longer; a charger that was never changed has none."""
    assert is_settling(PhaseMemory(1, None, NOW), NOW)
    assert is_settling(PhaseMemory(1, None, NOW), NOW + SETTLE - timedelta(seconds=1))
    assert not is_settling(PhaseMemory(1, None, NOW), NOW + SETTLE)
    assert not is_settling(PhaseMemory(), NOW)
