"""The seed's three set-point tables (`strategy = "seed"`), gaps closed: a bound belongs to the upper branch.

    mode 0, battery full      E <= 0: 0     below 4.2 kW: 4.2     from 4.2 kW: E + 0.5
    mode 1, battery first     below 5 kW: 0     below 9.2 kW: 4.2     from 9.2 kW: E - 5
    mode 2, in between        below 5 kW: 0     from 5 kW: E - 0.5

E is car + export + battery charge. The charge chooses: 100 % mode 0, below 80 % mode 1, in between the last mode.
"""

from __future__ import annotations

BASE_W = 4200.0  # 6 A on three phases
BATTERY_W = 5000.0  # what mode 1 keeps for the battery
ASSIST_W = 500.0  # what mode 0 takes from the battery on top, mode 2 leaves to it


def seed_mode(soc_pct: float | None, last: int) -> int:
    """Return the seed's mode for a charge; without a charge the last one stays."""
    if soc_pct is None:
        return last
    if soc_pct >= 100:
        return 0
    return 1 if soc_pct < 80 else last


def seed_setpoint_w(mode: int, budget_w: float) -> float:
    """Return the seed's set point for a budget, in W.

    >>> seed_setpoint_w(0, 4200), seed_setpoint_w(1, 5000), seed_setpoint_w(1, 9200), seed_setpoint_w(2, 9200)
    (4700.0, 4200.0, 4200.0, 8700.0)
    """
    if mode == 0:
        if budget_w <= 0:
            return 0.0
        return BASE_W if budget_w < BASE_W else budget_w + ASSIST_W
    if budget_w < BATTERY_W:
        return 0.0
    if mode == 1:
        return BASE_W if budget_w < BATTERY_W + BASE_W else budget_w - BATTERY_W
    return budget_w - ASSIST_W
