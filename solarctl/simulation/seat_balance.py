"""`balance` in a simulated house: each minute once, with the shares that its second-by-second loop settles on.

In a real house the loop follows sun and consumption within some three seconds. So the rule is shown what the minute to
come will bring (its sun, its household, the other loads as they are) and asked until its delays of seconds are over;
what it then decides holds for the minute. What happens within a minute is measured by `benchmarks/diverter`, not here.

It is not asked while its answer is certain: every load off, no surplus, and no guarantee that could begin.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from solarctl.control import balance_energy as energy
from solarctl.control import guarantee
from solarctl.control.balance import Battery, Load, Memory, Meters, Reason, Sample, Settings, decide
from solarctl.control.balance_allocation import full_power_w
from solarctl.control.balance_memory import LoadMemory
from solarctl.control.tariff import Tariff
from solarctl.decision import SetPower, SwitchTo
from solarctl.simulation.seats import Tally, conclude
from solarctl.simulation.simulated_house import Simulated
from solarctl.value import replace

HOUR_S = 3600.0
HALF_MIN_S = 30.0  # the rule books energy over at most so long


class BalanceSeat:
    """Meters for house and sun (or the grid), the loads' own meters, thermometers, a battery."""

    command = "balance"

    def __init__(self, settings: Settings, simulated: Simulated, tariff: Tariff, *, attentive: bool = False) -> None:
        assert simulated.wired is not None
        self.settings = settings
        self.house = simulated.house
        self.unit = simulated.unit
        self.rows = [one for one in settings.loads if one.device in simulated.wired.heaters]
        self.heaters = [simulated.wired.heaters[one.device] for one in self.rows]
        self.by_name = {one.device: heater for one, heater in zip(self.rows, self.heaters, strict=True)}
        self.plain = [Load(one, simulated.wired.steps_w.get(one.device, ())) for one in self.rows]
        self.metered = frozenset(one.device for one in self.rows if one.meter)
        self.wants_clouds = bool(settings.weather) and any(one.guarantee for one in self.rows)
        self.memory = Memory()
        self.tally = Tally()
        self.settle_s = max([one.on_delay_s for one in self.rows] + [one.off_delay_s for one in self.rows], default=0.0)
        self.settle_s = min(HALF_MIN_S, self.settle_s)
        needs_price = tariff.settings.windows and any(one.guarantee for one in self.rows)
        self._price = _remembered(tariff) if needs_price else None
        by_degrees = any(one.hot_cycle or one.max_deg or one.safe_w for one in self.rows)
        self._attentive = attentive or by_degrees
        self._off_until_s = 0.0  # no load can go on before, without a surplus

    def look(self, now: datetime) -> None:
        t = self.house.now_s
        if t - self.settle_s < self._off_until_s and self._short():
            self.tally.runs += 1
            self.tally.reasons[Reason.NO_SURPLUS] += 1
            return
        self._ask(now, t)

    def _short(self) -> bool:
        """Return whether the minute to come leaves our loads nothing, while they draw nothing."""
        house = self.house
        sun_w, load_w = house.ahead()
        for part in house.parts:
            load_w += part.power_w
        return sun_w - load_w - self.settings.margin_w < 0

    def _ask(self, now: datetime, t: float) -> None:
        early_s = t - self.settle_s
        early = datetime.fromtimestamp(early_s, now.tzinfo)
        if self.wants_clouds and (self.memory.cloud_pct is None or not now.minute):
            self.memory = replace(self.memory, cloud_pct=self._clouds(now))
        self.memory = replace(
            self.memory, loads={name: self._booked(name, one, early_s) for name, one in self.memory.loads.items()}
        )
        loads = self._loads(early_s)
        decision = decide(self._meters(early_s), loads, self.settings, self.memory, early, price=self._price)
        memory = decision.memory or self.memory
        if any(one.wants_since is not None for one in memory.loads.values()):
            decision = decide(self._meters(t), loads, self.settings, memory, now, price=self._price)
        self.memory = conclude(self.tally, decision, self._write, now)
        self._off_until_s = 0.0
        if decision.reason is Reason.NO_SURPLUS and not self._attentive:
            self._off_until_s = self._nothing_before(early, early_s)

    def _nothing_before(self, now: datetime, t: float) -> float:
        """Return until when (s since 1970) all loads stay off if there is no surplus; 0 when that is not certain."""
        memory = self.memory
        midnight = datetime.combine(now.date() + timedelta(days=1), time(0), now.tzinfo).timestamp()  # seasons change
        until_s = min(memory.day_ends, midnight)
        if self.wants_clouds:
            until_s = min(until_s, (t // HOUR_S + 1) * HOUR_S)
        for load, heater in zip(self.plain, self.heaters, strict=True):
            past = memory.loads[load.name]
            moving = past.on or past.topping or heater.set_w or past.drawn_w  # a change's energy is still to be counted
            if moving or past.wants_since is not None or past.block_since is not None:
                return 0.0
            wish = load.settings.guarantee
            if wish is None:
                continue
            until_s = min(until_s, past.period_ends)
            checks_s = past.period_ends - wish.check_h * HOUR_S
            if past.due_wh is None and t < checks_s:
                until_s = min(until_s, checks_s)
            if self._price is not None:
                until_s = min(until_s, (t // guarantee.SLOT_S + 1) * guarantee.SLOT_S)
            most_w = full_power_w(load, past) * past.scale
            need_wh, _ = guarantee.missing_wh(
                past, wish, power_w=most_w, mode=memory.mode, cloud_pct=memory.cloud_pct, now=now
            )
            until_s = min(until_s, past.period_ends - need_wh / max(1.0, most_w) * HOUR_S * guarantee.LOSSES)
        return until_s

    def _booked(self, name: str, past: LoadMemory, t: float) -> LoadMemory:
        """Return a load's memory with the first half of the minute counted; the rule itself counts the second."""
        if not past.drawn_w and not self.by_name[name].power_w:
            return past  # nothing to count
        half = t - HALF_MIN_S
        measured = Sample(self.by_name[name].power_w, half) if name in self.metered else None
        return energy.booked(past, measured, half)

    def _loads(self, t: float) -> list[Load]:
        """Return the loads with what their own meters and thermometers say."""
        found = []
        for load, heater in zip(self.plain, self.heaters, strict=True):
            one = load.settings
            if one.meter:
                load = replace(load, measured=Sample(heater.power_w, t))
            if one.thermometer and heater.water is not None:
                warm_c = heater.water.tank.temperature_c
                load = replace(load, temperature_deg=warm_c * 1.8 + 32 if self.unit == "F" else warm_c)
            found.append(load)
        return found

    def _meters(self, t: float) -> Meters:
        """Return what the meters would show in the minute to come, our loads as they are."""
        house, settings = self.house, self.settings
        sun_w, household_w = house.ahead()
        load_w = household_w + sum(part.power_w for part in house.parts)
        battery = None
        if settings.battery and house.battery is not None:
            battery = Battery(house.battery.soc_pct, house.battery_w, t)
        if settings.grid:
            return Meters(grid=Sample(load_w - sun_w - house.battery_w, t), battery=battery)
        return Meters(Sample(load_w, t), Sample(sun_w, t), battery=battery)

    def _clouds(self, now: datetime) -> float:
        """Return the clouds of the coming solar day, 9 to 15 o'clock, in %, as a weather service would know them."""
        day = now.date() if now.hour < 12 else now.date() + timedelta(days=1)
        hours = (datetime.combine(day, time(hour), now.tzinfo).astimezone(UTC) for hour in range(9, 16))
        return sum(100 * self.house.sky.at(moment)[0] for moment in hours) / 7

    def _write(self, action: Any) -> bool:
        heater = self.by_name[action.device]
        before = heater.set_w
        if isinstance(action, SetPower):
            heater.set_w = action.to
        else:
            assert isinstance(action, SwitchTo)
            heater.set_w = heater.full_w if action.to else 0.0
        return before != heater.set_w


def _remembered(tariff: Tariff) -> Callable[[datetime], float]:
    """Return the import price by the moment, each asked for once a while: guarantees look a day ahead each minute."""
    known: dict[int, float] = {}

    def price(moment: datetime) -> float:
        key = int(moment.timestamp()) // 60
        if key not in known:
            if len(known) > 3000:
                known.clear()
            known[key] = tariff.price_at(moment).import_price
        return known[key]

    return price
