"""An Easee charger on the wall: limits that expire, commands that take a moment, telemetry that lags.

The lowest of all limits is offered, in whole amps; below 6 A nothing is. The circuit's dynamic current falls back to
the offline maximum when its time to live is over; the charger's own is reset when a car is plugged in. Every value
bears the time of its last change, and the car's power is told with a delay.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from solarctl.virtualhome.car import VOLTS, Car

if TYPE_CHECKING:
    from solarctl.virtualhome.house import House

LEAST_A = 6
AFTER_RESTART_A = 40.0  # a Home; 80 for a Charge
HEARTBEAT = timedelta(minutes=15)
TELEMETRY = timedelta(seconds=90)  # while charging, also without a change
DOUBLE, INTEGER, BOOLEAN = 3, 4, 2


@dataclass
class Command:
    """Something the charger was told and does a moment later."""

    command_id: int
    ticks: int
    due: datetime
    apply: Callable[[], None] = field(repr=False)
    accepted: bool | None = None  # None: not known yet
    result: int = 0  # 0 prepared, 2 expired, 3 executed, 4 rejected


class EaseeCharger:
    """A part of the house: `power_w` is what its car draws."""

    def __init__(
        self,
        house: House,
        car: Car | None = None,
        *,
        serial: str = "EH000042",
        max_charger_a: float = 32.0,
        max_circuit_a: float = 32.0,
        offline_max_a: float = 32.0,
        cable_a: float = 32.0,
        grid_type: int = 1,
        lag_s: float = 20.0,
        command_s: float = 1.5,
    ) -> None:
        self.house = house
        self.car = car or Car()
        self.serial = serial
        self.max_charger_a = max_charger_a
        self.max_circuit_a = max_circuit_a
        self.offline_max_a = [offline_max_a] * 3
        self.cable_a = cable_a
        self.grid_type = grid_type
        self.lag_s = lag_s
        self.command_s = command_s
        self.circuit_a = [AFTER_RESTART_A] * 3
        self.circuit_ends: datetime | None = None
        self.charger_a = 32.0
        self.charger_ends: tuple[datetime, float] | None = None  # and what it falls back to
        self.derated_a: float | None = None
        self.phase_mode = 2
        self.authorized = True
        self.broken = False  # an error of the charger itself
        self.cloud_hears = True  # False: the charger is off line
        self.commands: list[Command] = []
        self.observations: dict[int, tuple[int, Any, datetime]] = {}
        self.power_w = 0.0
        self.offered_a = 0
        self._told_w = 0.0
        self._tell_at: datetime | None = None
        house.parts.append(self)
        house.settle()

    # --- what happens to it

    def plug_in(self, wants_kwh: float | None = None) -> None:
        """Connect the car: a new session, and the charger's own dynamic limit starts afresh."""
        with self.house.lock:
            self.car.plugged = True
            self.car.session_kwh = 0.0
            if wants_kwh is not None:
                self.car.wants_kwh = wants_kwh
            self.charger_a = 32.0
            self.house.settle()

    def unplug(self) -> None:
        """Drive away."""
        with self.house.lock:
            self.car.plugged = False
            self.house.settle()

    def reboot(self) -> None:
        """Restart: dynamic limits are lost."""
        with self.house.lock:
            self.circuit_a, self.circuit_ends = [AFTER_RESTART_A] * 3, None
            self.charger_a, self.charger_ends = 32.0, None
            self.house.settle()

    def command(self, command_id: int, apply: Callable[[], None], *, verdict: int = 3, never: bool = False) -> Command:
        """Take a command; it is carried out `command_s` later, if the charger hears it."""
        with self.house.lock:
            now = self.house.now
            due = now + timedelta(seconds=self.command_s)
            one = Command(command_id, ticks(now) + len(self.commands), due, apply, result=verdict)
            self.commands = [*self.commands[-50:], one]
            if never or not self.cloud_hears:
                one.due = datetime.max.replace(tzinfo=UTC)
            elif self.command_s <= 0:
                self.house.settle()
            else:
                self.house.call_at(due, lambda: None)  # a step of the house begins then
            return one

    def set_circuit(self, amps: list[float], ttl_min: float) -> None:
        """Set the circuit's dynamic current; 0 minutes: for ever."""
        self.circuit_a = list(amps)
        now = self.house.now
        self.circuit_ends = now + timedelta(minutes=ttl_min) if ttl_min else None
        if self.circuit_ends:
            self.house.call_at(self.circuit_ends, lambda: None)

    def set_charger(self, amps: float, ttl_min: float = 0) -> None:
        """Set the charger's dynamic current; after its time to live the former one returns."""
        now = self.house.now
        self.charger_ends = (now + timedelta(minutes=ttl_min), self.charger_a) if ttl_min else None
        self.charger_a = amps
        if self.charger_ends:
            self.house.call_at(self.charger_ends[0], lambda: None)

    # --- living

    def step(self, dt_s: float, house: House) -> None:
        """Do what is due, let the car draw, tell the cloud."""
        now = house.now
        for command in self.commands:
            if command.accepted is None and command.due <= now:
                command.accepted = command.result == 3
                if command.accepted:
                    command.apply()
        if self.circuit_ends is not None and now >= self.circuit_ends:
            self.circuit_a, self.circuit_ends = list(self.offline_max_a), None
        if self.charger_ends is not None and now >= self.charger_ends[0]:
            self.charger_a, self.charger_ends = self.charger_ends[1], None
        self.offered_a = 0 if self.broken or house.dark else self._offer()
        self.car.draw(dt_s, self.offered_a, self.offered_phases)
        self.power_w = self.car.power_w
        if self.cloud_hears:
            self._tell(now)

    @property
    def offered_phases(self) -> int:
        if self.phase_mode == 1 or self.grid_type in (3, 5):
            return 1
        return 3 if all(amps > 0 for amps in self.circuit_a) else 1

    def _offer(self) -> int:
        circuit_a = [amps for amps in self.circuit_a if amps > 0] or [0.0]
        bounds = [*circuit_a, self.charger_a, self.max_charger_a, self.max_circuit_a, self.cable_a]
        if self.derated_a is not None:
            bounds.append(self.derated_a)
        offered_a = math.floor(min(bounds))
        return offered_a if offered_a >= LEAST_A and self.authorized else 0

    @property
    def op_mode(self) -> int:
        if self.broken:
            return 5
        if not self.car.plugged:
            return 1
        if not self.authorized:
            return 7
        if self.car.full:
            return 4
        if self.car.current_a > 0:
            return 3
        return 6 if self.offered_a else 2

    @property
    def reason_for_no_current(self) -> int:
        if self.offered_a:
            return 0
        if not self.car.plugged:
            return 50
        if not self.authorized:
            return 55
        return 2 if min(self.circuit_a) < LEAST_A else 52 if self.charger_a < LEAST_A else 50

    def _tell(self, now: datetime) -> None:
        car = self.car
        told = self._observe
        told(now, 21, INTEGER, self.grid_type)
        told(now, 31, BOOLEAN, True)
        told(now, 38, INTEGER, self.phase_mode)
        told(now, 42, BOOLEAN, not self.authorized)
        told(now, 47, DOUBLE, self.max_charger_a)
        told(now, 48, DOUBLE, self.charger_a)
        told(now, 96, INTEGER, self.reason_for_no_current)
        told(now, 103, BOOLEAN, car.plugged)
        told(now, 104, INTEGER, round(self.cable_a) if car.plugged else 0)
        told(now, 109, INTEGER, self.op_mode)
        told(now, 110, INTEGER, {0: 0, 1: 10, 2: 20, 3: 30}[car.uses_phases])
        told(now, 114, DOUBLE, float(self.offered_a))
        told(now, 121, DOUBLE, round(car.session_kwh, 2))
        told(now, 250, BOOLEAN, True)
        for index in range(3):
            told(now, 22 + index, DOUBLE, self.max_circuit_a)
            told(now, 50 + index, INTEGER, round(self.offline_max_a[index]))
            told(now, 111 + index, DOUBLE, self.circuit_a[index])
        if self.derated_a is not None:
            told(now, 115, DOUBLE, self.derated_a)
        self._tell_power(now)
        beat = self.observations.get(132)
        if beat is None or now - beat[2] >= HEARTBEAT:
            self._observe(now, 132, INTEGER, -60, fresh=True)

    def _tell_power(self, now: datetime) -> None:
        """Tell the car's power `lag_s` after it changed, and now and then while it charges."""
        if 120 in self.observations:
            if self._tell_at is None and self.car.power_w != self._told_w:
                self._tell_at = now + timedelta(seconds=self.lag_s)
                self.house.call_at(self._tell_at, lambda: None)
            silent = now - self.observations[120][2]
            due = self._tell_at is not None and now >= self._tell_at
            if not due and not (self.car.power_w and self._tell_at is None and silent >= TELEMETRY):
                return
        self._tell_at = None
        self._told_w = self.car.power_w
        self._observe(now, 120, DOUBLE, round(self.car.power_w / 1000, 3), fresh=True)
        for index in range(3):
            amps = self.car.current_a if index < self.car.uses_phases else 0.0
            self._observe(now, 183 + index, DOUBLE, round(amps, 1), fresh=True)
            self._observe(now, 194 + index, DOUBLE, VOLTS, fresh=True)

    def _observe(self, now: datetime, number: int, kind: int, value: Any, *, fresh: bool = False) -> None:
        known = self.observations.get(number)
        if fresh or known is None or known[1] != value:
            self.observations[number] = (kind, value, now)


def ticks(moment: datetime) -> int:
    """Return a moment as .NET counts it: 100 ns since the year 1."""
    since = moment.astimezone(UTC) - datetime(1, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10
