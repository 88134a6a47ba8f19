"""Surplus arithmetic: what a flexible load may draw, in W and in whole amps.

EaseeLoadBalancer turns kW into amps by a factor 1.45 (three phases at 230 V); here phases, voltage and the kind
of grid are counted, so that a car on one phase gets what it is meant to get.
"""

from __future__ import annotations

import math

NOMINAL_V = 230.0
PLAUSIBLE_V = (190.0, 265.0)
MINIMUM_CURRENT_A = 6  # IEC 61851: a car may not be asked for less


def charge_budget_w(grid_w: float, battery_w: float, charger_w: float) -> float:
    """Return the power the car may draw, in W, leaving the grid and the home battery alone; negative: too much already.

    What the charger draws now, plus what is exported, plus what flows into the battery.
    EaseeLoadBalancer writes it `carCharge + export + batteryCharge`; in our signs export
    and charging are negative, hence the minuses.

    >>> charge_budget_w(grid_w=-2000, battery_w=-1000, charger_w=3000)
    6000
    """
    return charger_w - grid_w - battery_w


def watts_per_amp(phases: int, voltage_v: float | None = None, *, it_grid: bool = False) -> float:
    """Return the power of 1 A per phase, in W; on an IT grid the voltage is the one between two phases.

    >>> watts_per_amp(3)
    690.0
    >>> round(watts_per_amp(3, 230, it_grid=True), 1)
    398.4
    """
    volts = voltage_v if voltage_v is not None and PLAUSIBLE_V[0] <= voltage_v <= PLAUSIBLE_V[1] else NOMINAL_V
    if it_grid and phases == 3:
        return math.sqrt(3) * volts
    return phases * volts


def whole_amps(power_w: float, per_amp_w: float) -> int:
    """Return the whole amps that `power_w` pays for, rounded down; chargers drop decimals too.

    >>> whole_amps(4140, 690), whole_amps(4139, 690), whole_amps(-500, 690)
    (6, 5, 0)
    """
    return max(0, math.floor(power_w / per_amp_w + 1e-9))
