"""The seed's three modes with their gaps closed, by the reference's sample cases and boundaries."""

from __future__ import annotations

import pytest

from solarctl.control.seed_modes import seed_mode, seed_setpoint_w
from solarctl.control.surplus import charge_budget_w, watts_per_amp, whole_amps
from tests.easee_balance.house import AT_ONCE, NOW, Memory, battery, charger, decide, grid, settings, target

SAMPLES = [  # export, car, battery kW, SOC, the mode chosen, amps in modes 0, 1, 2, plain on three phases, on one
    (1.20, 0.00, 3.00, 55, 1, 6, 0, 0, 6, 16),
    (0.50, 0.00, 5.00, 62, 1, 8, 6, 7, 7, 16),
    (2.00, 4.15, 1.50, 70, 1, 11, 6, 10, 11, 16),
    (6.50, 0.00, 4.90, 40, 1, 16, 9, 15, 16, 16),
    (0.00, 4.20, -1.00, 79.9, 1, 6, 0, 0, 0, 13),
    (3.00, 0.00, 0.00, 100, 0, 6, 0, 0, 0, 13),
    (0.30, 4.20, 0.00, 100, 0, 7, 0, 0, 6, 16),
    (8.00, 4.20, 0.00, 100, 0, 16, 10, 16, 16, 16),
    (-0.60, 4.20, -1.20, 100, 0, 6, 0, 0, 0, 10),
    (-0.80, 0.00, -0.50, 100, 0, 0, 0, 0, 0, 0),
    (2.50, 4.20, 0.00, 90, 0, 10, 6, 8, 9, 16),
    (-1.00, 11.00, 2.00, 30, 1, 16, 10, 16, 16, 16),
]  # fmt: skip
STOPS = {**AT_ONCE, "max_a": 16}


@pytest.mark.parametrize("row", SAMPLES)
def test_the_reference_s_sample_cases_in_each_mode(row):
    """Each of the seed's modes gives the floored amps of the reference, in a closed form without gaps."""
    export_kw, car_kw, battery_kw, soc_pct, _, *amps = row
    for mode, expected in zip(("0", "1", "2"), amps[:3], strict=True):
        rule = settings(strategy="seed", seed_mode=mode, **STOPS)
        decision = decide(
            charger(car_kw), grid(export_kw), battery(battery_kw, soc_pct), rule, Memory(ends_at=NOW), NOW
        )
        assert target(decision) == expected, (mode, decision.because)


@pytest.mark.parametrize("row", SAMPLES)
def test_the_plain_formula(row):
    """Without modes the same cases give the straight amps, for a car on three phases and on one."""
    export_kw, car_kw, battery_kw, *_, on_three, on_one = row
    budget_w = charge_budget_w(-export_kw * 1000, -battery_kw * 1000, car_kw * 1000)
    for phases, expected in ((3, on_three), (1, on_one)):
        amps = min(16, whole_amps(budget_w, watts_per_amp(phases)))
        assert (amps if amps >= 6 else 0) == expected


def test_the_mode_is_chosen_by_the_charge_and_kept_in_between():
    """Run in the reference's order, the cases choose its modes; the mode survives a restart."""
    memory = Memory()
    for export_kw, car_kw, battery_kw, soc_pct, mode, *_ in SAMPLES:
        decision = decide(
            charger(car_kw), grid(export_kw), battery(battery_kw, soc_pct), settings(strategy="seed"), memory, NOW
        )
        memory = decision.memory
        assert memory.seed_mode == mode, decision.because


@pytest.mark.parametrize(("soc_pct", "last", "mode"), [
    (100, 1, 0), (99.9, 1, 1), (99.9, 0, 0), (80, 0, 0), (79.9, 0, 1), (None, 0, 0), (None, 1, 1)])  # fmt: skip
def test_the_choice_of_the_mode(soc_pct, last, mode):
    """Full: mode 0; below 80 %: mode 1; in between and in silence: as it was."""
    assert seed_mode(soc_pct, last) == mode


BOUNDARIES = [  # E kW, mode 0, 1, 2 in kW; the bold gaps of the reference closed
    (-0.01, 0, 0, 0), (0, 0, 0, 0), (0.01, 4.2, 0, 0), (1.39, 4.2, 0, 0), (1.40, 4.2, 0, 0), (1.41, 4.2, 0, 0),
    (3.70, 4.2, 0, 0), (3.71, 4.2, 0, 0), (4.19, 4.2, 0, 0), (4.20, 4.7, 0, 0), (4.21, 4.71, 0, 0),
    (4.99, 5.49, 0, 0), (5.00, 5.5, 4.2, 4.5), (5.01, 5.51, 4.2, 4.51), (9.19, 9.69, 4.2, 8.69),
    (9.20, 9.7, 4.2, 8.7), (9.21, 9.71, 4.21, 8.71), (10.6, 11.1, 5.6, 10.1),
]  # fmt: skip


@pytest.mark.parametrize("row", BOUNDARIES)
def test_no_gap_at_any_bound(row):
    """A surplus of exactly 1.4, 3.7, 4.2, 5 or 9.2 kW no longer stops the car."""
    surplus_kw, *setpoints = row
    for mode, expected in enumerate(setpoints):
        assert seed_setpoint_w(mode, surplus_kw * 1000) == pytest.approx(expected * 1000)


AMPS_TO_WATTS = [
    (6, 1380, 4140), (7, 1610, 4830), (8, 1840, 5520), (9, 2070, 6210), (10, 2300, 6900), (11, 2530, 7590),
    (12, 2760, 8280), (13, 2990, 8970), (14, 3220, 9660), (15, 3450, 10350), (16, 3680, 11040), (20, 4600, 13800),
    (25, 5750, 17250), (32, 7360, 22080),
]  # fmt: skip


@pytest.mark.parametrize(("amps", "on_one", "on_three"), AMPS_TO_WATTS)
def test_amps_and_watts_agree_both_ways(amps, on_one, on_three):
    """The reference's table, and that a watt less is an amp less."""
    for phases, power_w in ((1, on_one), (3, on_three)):
        assert whole_amps(power_w, watts_per_amp(phases)) == amps
        assert whole_amps(power_w - 1, watts_per_amp(phases)) == amps - 1


WATTS_TO_AMPS = [
    (1380, 6, 2), (1400, 6, 2), (2000, 8, 2), (3000, 13, 4), (3680, 16, 5), (4140, 18, 6), (4200, 18, 6),
    (5000, 21, 7), (6900, 30, 10), (8000, 34, 11), (9200, 40, 13), (11040, 48, 16), (11100, 48, 16), (22080, 96, 32),
]  # fmt: skip


@pytest.mark.parametrize(("power_w", "on_one", "on_three"), WATTS_TO_AMPS)
def test_watts_are_rounded_down(power_w, on_one, on_three):
    """Chargers drop decimals; so do we, before they do."""
    assert (whole_amps(power_w, watts_per_amp(1)), whole_amps(power_w, watts_per_amp(3))) == (on_one, on_three)
