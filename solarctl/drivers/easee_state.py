"""Easee's observations: what a charger told last, each value with the time it last changed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from solarctl.drivers.answers import flag, moment, number, rows, whole
from solarctl.errors import DeviceReplyError
from solarctl.readings import ChargerReading
from solarctl.value import value

GRID_TYPE, PHASE_MODE, MAX_CHARGER, DYNAMIC_CHARGER = 21, 38, 47, 48
CIRCUIT_MAX = (22, 23, 24)
REASON, CABLE, OP_MODE, OUTPUT_PHASE = 96, 104, 109, 110
DYNAMIC_CIRCUIT = (111, 112, 113)
OUTPUT_CURRENT, DERATED, IS_DERATED, POWER, SESSION = 114, 115, 116, 120, 121
CURRENTS_TN, CURRENTS_IT = (183, 184, 185), (182, 183, 184)  # T3 to T5; T2 to T4
VOLTS_TN, VOLTS_IT = (194, 195, 196), (194, 195, 197)
HEARTBEAT, CLOUD = 132, 250
IDS = (
    *(GRID_TYPE, *CIRCUIT_MAX, PHASE_MODE, MAX_CHARGER, DYNAMIC_CHARGER, REASON, CABLE, OP_MODE, OUTPUT_PHASE),
    *(*DYNAMIC_CIRCUIT, OUTPUT_CURRENT, DERATED, IS_DERATED, POWER, SESSION, HEARTBEAT, CLOUD),
    *(182, 183, 184, 185, 194, 195, 196, 197),
)

MODES = {
    **dict.fromkeys((1,), "disconnected"),
    **dict.fromkeys((2, 7, 8, 101, 103, 104, 106, 107, 108, 109), "waiting"),
    **dict.fromkeys((6, 100, 105), "ready"),
    **dict.fromkeys((3,), "charging"),
    **dict.fromkeys((4,), "done"),
    **dict.fromkeys((5, 157, 158, 159, 160, 161), "error"),
}
OFFLINE_MODES = (0, 102)
IT_GRIDS, ONE_PHASE_GRIDS = (4, 5), (3, 5)
AFTER_RESTART_A = (40.0, 80.0)  # Home, Charge: no limit that anybody sets
SILENT = timedelta(minutes=20)  # an idle charger tells something every 15 min
DRAWS_A = 1.0  # a phase counts from here on
DRAWS_W = 100.0
MILLIAMPS = 1000.0  # an older form tells the cable in mA

Observation = tuple[Any, datetime]


def parse(body: Any, device: str) -> dict[int, Observation]:
    """Return observations by number; an object with a list, or (an earlier form) the bare list with texts."""
    listed = body.get("observations") if isinstance(body, Mapping) else body
    found: dict[int, Observation] = {}
    for row in rows(listed, device, "Easee's list of observations"):
        number_, at = whole(row.get("id")), moment(row.get("timestamp"))
        if number_ is not None and at is not None and row.get("value") is not None:
            found[number_] = (row["value"], at)
    return found


@value
class State:
    """A charger's observations, looked at `now`."""

    seen: Mapping[int, Observation]
    now: datetime
    device: str

    def value(self, number_: int) -> float | None:
        """Return an observed number; None where there is none."""
        return number(self.seen[number_][0]) if number_ in self.seen else None

    def at(self, number_: int) -> datetime | None:
        return self.seen[number_][1] if number_ in self.seen else None

    @property
    def op_mode(self) -> int | None:
        return whole(self.seen[OP_MODE][0]) if OP_MODE in self.seen else None

    @property
    def it_grid(self) -> bool:
        return self.value(GRID_TYPE) in IT_GRIDS

    def reading(self, *, can_switch_phases: bool) -> ChargerReading:
        """Return the charger as the rules know it."""
        op_mode = self.op_mode
        if op_mode is None:
            raise DeviceReplyError(self.device, "Easee tells no state of the charger (observation 109)")
        newest = min(self.now, max(at for _, at in self.seen.values())).astimezone(self.now.tzinfo)
        told_off = flag(self.seen[CLOUD][0]) is False if CLOUD in self.seen else False
        power_kw = self.value(POWER)
        power_at = self.at(POWER)
        return ChargerReading(
            at=newest,
            charger_w=None if power_kw is None or not 0 <= power_kw < 100 else power_kw * 1000,  # Easee speaks kW
            limit_a=self.limit_a(),
            mode=MODES.get(op_mode, "waiting"),
            energy_kwh=self.value(SESSION),
            connected=None if MODES.get(op_mode) == "error" or op_mode in OFFLINE_MODES else op_mode != 1,
            online=self.now - newest <= SILENT and not told_off and op_mode not in OFFLINE_MODES,
            phases=self.phases(),
            max_a=self.max_a(),
            voltage_v=self.voltage_v(),
            it_grid=self.it_grid,
            power_at=power_at,
            restarted_at=self.restarted_at(),
            can_switch_phases=can_switch_phases and self.value(GRID_TYPE) == 1 and self.value(PHASE_MODE) in (None, 2),
        )

    def limit_a(self) -> float | None:
        """Return the current that the dynamic limits allow now; phases set to 0 do not count while others are not."""
        circuit = [self.value(number_) for number_ in DYNAMIC_CIRCUIT]
        known = [amps for amps in circuit if amps is not None]
        if not known:
            return self.value(OUTPUT_CURRENT)
        bounds = [min((amps for amps in known if amps > 0), default=0.0)]
        charger_a = self.value(DYNAMIC_CHARGER)
        if charger_a is not None:
            bounds.append(charger_a)
        return float(math.floor(min(bounds)))

    def max_a(self) -> float | None:
        """Return the smallest fixed limit: circuit, charger, cable, and heat."""
        bounds = [self.value(number_) for number_ in (*CIRCUIT_MAX, MAX_CHARGER)]
        cable_a = self.value(CABLE)
        if cable_a:
            bounds.append(cable_a / 1000 if cable_a >= MILLIAMPS else cable_a)
        if IS_DERATED not in self.seen or flag(self.seen[IS_DERATED][0]):
            bounds.append(self.value(DERATED) or None)
        known = [amps for amps in bounds if amps is not None and amps > 0]
        return min(known) if known else None

    def phases(self) -> int | None:
        """Return the phases the car draws on, or the only one there is; None while nobody can know."""
        drawing = [
            amps
            for amps in map(self.value, CURRENTS_IT if self.it_grid else CURRENTS_TN)
            if amps is not None and amps >= DRAWS_A
        ]
        if self.op_mode == 3 and (self.value(POWER) or 0.0) * 1000 >= DRAWS_W and drawing:
            return self._phases_of(len(drawing))
        output = self.value(OUTPUT_PHASE) or 0
        if output:
            return {1: 1, 2: 2, 3: 3}.get(int(output) // 10)
        if self.value(GRID_TYPE) in ONE_PHASE_GRIDS or self.value(PHASE_MODE) == 1:
            return 1
        return None

    def _phases_of(self, conductors: int) -> int:
        """Return phases by the conductors that carry current; on an IT grid one phase needs two of them."""
        if self.it_grid:
            return 3 if conductors >= 3 else 1
        return min(3, conductors)

    def voltage_v(self) -> float | None:
        """Return the mean voltage: phase to neutral, on IT grids phase to phase."""
        volts = [self.value(number_) for number_ in (VOLTS_IT if self.it_grid else VOLTS_TN)]
        known = _plausible(volts)
        return round(sum(known) / len(known), 1) if known else None

    def restarted_at(self) -> datetime | None:
        """Return when the circuit's limit fell back to what a restart leaves."""
        values = {self.value(number_) for number_ in DYNAMIC_CIRCUIT}
        if len(values) == 1 and values <= set(AFTER_RESTART_A):
            return self.at(DYNAMIC_CIRCUIT[0])
        return None


def _plausible(volts: Sequence[float | None]) -> list[float]:
    return [value for value in volts if value is not None and 190 <= value <= 265]
