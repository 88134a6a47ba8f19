"""`easee-balance` in a simulated house: the charge point, the meter at the connection, the battery.

The rule is not asked while its answer is certain: with no car there, and while a car that does not charge would have
nothing but what the house buys or takes from its battery. Its time to live is renewed all the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from solarctl.control import easee_balance
from solarctl.control.tariff import Tariff
from solarctl.decision import SetChargeLimit
from solarctl.readings import BatteryReading, ChargerReading, GridReading
from solarctl.simulation.seats import Tally, conclude
from solarctl.simulation.simulated_house import Simulated
from solarctl.value import replace

CHARGER_MAX_A = 32.0
RENEW_SHARE = 0.75  # the rule renews a limit when less than this of its time to live is left


class EaseeBalanceSeat:
    """The rule sees the means of the minute before; a limit is in force at once."""

    command = "easee-balance"

    def __init__(
        self, settings: easee_balance.Settings, simulated: Simulated, tariff: Tariff, *, attentive: bool = False
    ) -> None:
        assert simulated.point is not None
        self.settings = settings
        self.house = simulated.house
        self.point = simulated.point
        self.tariff = tariff
        self.memory = easee_balance.Memory()
        self.tally = Tally()
        self._now_s = 0.0
        self._attentive = attentive
        self._ttl_s = settings.ttl_min * 60
        self._can_doze = settings.mode == "surplus" and settings.strategy == "budget" and settings.departure is None
        self._ends_s: float | None = None  # of the last write's time to live
        self._renewed = False  # while the rule was not asked
        self._without = 0  # looks in a row without a car, or without anything for it
        self._reason = ""

    def look(self, now: datetime) -> None:
        self._now_s = self.house.now_s
        if self._is_certain() and not self._attentive:
            self._as_before()
            return
        if self._renewed and self._ends_s is not None:
            self._renewed = False
            self.memory = replace(self.memory, ends_at=datetime.fromtimestamp(self._ends_s, UTC))
        self._ask(now)

    def _is_certain(self) -> bool:
        """Return whether the rule has answered twice what it will answer again."""
        house, point = self.house, self.point
        if not point.car.plugged:
            certain, reason = True, easee_balance.Reason.NO_CAR
        else:
            # nothing is exported or stored: what a car could get is not more than 0 W
            idle = point.power_w == 0 and self.memory.target_a == 0
            certain, reason = idle and house.grid_w >= 0 and house.battery_w >= 0, easee_balance.Reason.SURPLUS
            certain = certain and self._can_doze
        if not certain or reason != self._reason:
            self._without = 0
        return certain and self._without >= 2

    def _as_before(self) -> None:
        self.tally.runs += 1
        self.tally.reasons[self._reason] += 1
        if self._reason != easee_balance.Reason.SURPLUS:
            return
        if self._ends_s is None or self._ends_s - self._now_s < self._ttl_s * RENEW_SHARE:
            self._renew(0, self._ttl_s, self.memory.switching.use)
            self._renewed = True
            self.tally.writes += 1

    def _ask(self, now: datetime) -> None:
        charger = self._charger(now)
        grid = battery = None
        if charger.connected:
            house = self.house
            grid = GridReading(at=now, grid_w=house.grid_w)
            if self.settings.battery and house.battery is not None:
                battery = BatteryReading(at=now, soc_pct=house.battery.soc_pct, battery_w=house.battery_w)
        decision = easee_balance.decide(
            charger, grid, battery, self.settings, self.memory, now, price_at=self._price_at
        )
        self.memory = conclude(self.tally, decision, self._write, now, easee_balance.remember)
        self._without += 1
        self._reason = decision.reason

    def _charger(self, now: datetime) -> ChargerReading:
        car, point = self.point.car, self.point
        if not car.plugged:
            mode = "disconnected"
        elif car.full:
            mode = "done"
        else:
            mode = "charging" if car.current_a else "waiting"
        return ChargerReading(
            at=now,
            charger_w=point.power_w,
            limit_a=float(point.limit_a),
            mode=mode,
            energy_kwh=car.session_kwh,
            connected=car.plugged,
            phases=car.uses_phases or None,
            max_a=CHARGER_MAX_A,
            voltage_v=230.0,
            power_at=now,
            can_switch_phases=True,
        )

    def _write(self, action: Any) -> bool:
        assert isinstance(action, SetChargeLimit)
        if action.to == self.point.limit_a and not action.renew:
            return False
        self._renew(action.to, action.ttl_min * 60, action.phases)
        return True

    def _renew(self, limit_a: int, ttl_s: float, phases: int | None) -> None:
        self._ends_s = self._now_s + ttl_s
        self.point.tell(limit_a, self._ends_s, phases or 3)

    def _price_at(self, moment: datetime) -> float:
        return self.tariff.price_at(moment).import_price
