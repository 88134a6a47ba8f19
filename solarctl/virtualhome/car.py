"""A car: it draws what its charging point offers, as far as it can and wants."""

from __future__ import annotations

import math

VOLTS = 230.0
LEAST_A = 6  # IEC 61851
J_PER_KWH = 3.6e6


class Car:
    """A car with a battery that takes `wants_kwh` more; `least_a` is what it needs to charge at all (a Zoe: 7)."""

    def __init__(
        self,
        *,
        phases: int = 3,
        max_a: float = 16.0,
        wants_kwh: float = 30.0,
        plugged: bool = True,
        least_a: float = LEAST_A,
        it_grid: bool = False,
    ) -> None:
        self.phases = phases
        self.max_a = max_a
        self.wants_kwh = wants_kwh
        self.plugged = plugged
        self.least_a = least_a
        self.it_grid = it_grid
        self.power_w = 0.0
        self.current_a = 0.0
        self.uses_phases = 0
        self.starts = 0
        self.session_kwh = 0.0
        self.total_kwh = 0.0

    @property
    def full(self) -> bool:
        return self.wants_kwh <= 1e-6

    def draw(self, dt_s: float, offered_a: float, offered_phases: int) -> None:
        """Draw for the seconds to come what is offered per phase."""
        willing = self.plugged and not self.full and offered_a >= self.least_a
        current_a = min(offered_a, self.max_a) if willing else 0.0
        phases = min(self.phases, offered_phases)
        power_w = current_a * watts_per_amp(phases, it_grid=self.it_grid)
        if power_w and dt_s:
            power_w = min(power_w, self.wants_kwh * J_PER_KWH / dt_s)
            kwh = power_w * dt_s / J_PER_KWH
            self.wants_kwh -= kwh
            self.session_kwh += kwh
            self.total_kwh += kwh
        self.starts += self.current_a == 0 < current_a
        self.power_w, self.current_a, self.uses_phases = power_w, current_a, phases if current_a else 0


def watts_per_amp(phases: int, *, it_grid: bool = False) -> float:
    """Return the power of 1 A per phase; on an IT grid three phases have 230 V between each other."""
    return math.sqrt(3) * VOLTS if it_grid and phases == 3 else phases * VOLTS
