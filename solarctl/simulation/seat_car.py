"""`easee-balance` in a simulated house: the charge point, the meter at the connection, the battery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from solarctl.control import easee_balance
from solarctl.control.tariff import Tariff
from solarctl.decision import SetChargeLimit
from solarctl.readings import BatteryReading, ChargerReading, GridReading
from solarctl.simulation.seats import Tally, conclude
from solarctl.simulation.simulated_house import Simulated

CHARGER_MAX_A = 32.0


class EaseeBalanceSeat:
    """The rule sees the means of the minute before; a limit is in force at once."""

    command = "easee-balance"

    def __init__(self, settings: easee_balance.Settings, simulated: Simulated, tariff: Tariff) -> None:
        assert simulated.point is not None
        self.settings = settings
        self.house = simulated.house
        self.point = simulated.point
        self.tariff = tariff
        self.memory = easee_balance.Memory()
        self.tally = Tally()
        self._now_s = 0.0

    def look(self, now: datetime) -> None:
        self._now_s = now.timestamp()
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
        self.point.tell(action.to, self._now_s + action.ttl_min * 60, action.phases or 3)
        return True

    def _price_at(self, moment: datetime) -> float:
        return self.tariff.price_at(moment).import_price
