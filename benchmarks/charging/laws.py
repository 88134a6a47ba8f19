"""Who steers: the rule of `easee-balance`, the seed's law as the reference has it (repaired), or nobody."""

from __future__ import annotations

from typing import Any, Protocol

from benchmarks.charging.plant import Plant
from solarctl.control.easee_balance import Memory, Settings, decide, remember
from solarctl.decision import Carried, Outcome, SetChargeLimit
from solarctl.drivers.easee_state import State
from solarctl.readings import BatteryReading, GridReading


class Law(Protocol):
    def look(self, plant: Plant) -> None: ...


class Nobody:
    """The car is not charged: what the house would have bought anyway."""

    def look(self, plant: Plant) -> None:
        """Do nothing."""


class Rule:
    """The pure rule, told what the drivers would tell it, remembering what it would remember."""

    def __init__(self, phases: int, **settings: Any) -> None:
        self.settings = Settings(**({"charger": "car", "grid": "meter", "battery": "battery", "fuse_a": 35} | settings))
        self.memory = Memory(phases=phases)  # as yesterday's charge has shown

    def look(self, plant: Plant) -> None:
        at, grid_w, battery_w, soc_pct = plant.metered()
        seen = {number: (value, told) for number, (_, value, told) in plant.charger.observations.items()}
        charger = State(seen, plant.now, "car").reading(can_switch_phases=True)
        decision = decide(
            charger,
            GridReading(at=at, grid_w=grid_w),
            BatteryReading(at=at, soc_pct=soc_pct, battery_w=battery_w),
            self.settings,
            self.memory,
            plant.now,
        )
        carried = []
        for action in decision.actions:
            assert isinstance(action, SetChargeLimit)
            written = action.renew or action.to != charger.limit_a
            if written:
                _write(plant, action.to, action.ttl_min, action.phases or 3)
            carried.append(Carried(action, Outcome.DONE if written else Outcome.UNCHANGED, plant.now))
        assert decision.memory is not None
        before_a = self.memory.target_a
        self.memory = remember(decision.memory, carried)
        plant.totals.changes += self.memory.target_a != before_a


class Seed:
    """EaseeLoadBalancer's law: its set-point tables (gaps closed), kW times 1.45, a limit that lives a minute.

    Repaired are what made it crash and the gaps at exact values; what it lacks (delays, phases, fresh car power) it
    lacks. Without a battery it is in its mode for a full one. Its limit gets three minutes to live here, or it would
    fall back to full power between two looks a minute apart.
    """

    def __init__(self) -> None:
        self.mode = 1
        self.amps = 0

    def look(self, plant: Plant) -> None:
        _, grid_w, battery_w, soc_pct = plant.metered()
        car_kw = plant.charger.observations[120][1]
        surplus_kw = car_kw - grid_w / 1000 - battery_w / 1000
        charge_pct = 100.0 if soc_pct is None else soc_pct
        if charge_pct >= 99.9:
            self.mode = 0
        elif charge_pct < 80:
            self.mode = 1
        if self.mode == 0:
            wanted_kw = 0.0 if surplus_kw <= 0 else 4.2 if surplus_kw < 4.2 else surplus_kw + 0.5
        else:
            wanted_kw = 0.0 if surplus_kw < 5 else 4.2 if surplus_kw < 9.2 else surplus_kw - 5
        amps = min(16, int(min(11.1, max(0.0, wanted_kw)) * 1.45))
        plant.totals.changes += amps != self.amps
        self.amps = amps
        _write(plant, amps, 3, 3)


def _write(plant: Plant, amps: int, ttl_min: float, phases: int) -> None:
    values = [float(amps)] * 3 if phases == 3 else [float(amps), 0.0, 0.0]
    plant.charger.command(22, lambda: plant.charger.set_circuit(values, ttl_min))
