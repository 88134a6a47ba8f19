"""`plan` and `apply` in a simulated house: sockets, a meter, a battery that follows or is told, an erring forecast.

`apply` is not asked while its answer is certain: every load off, and each of them full, or with less sun than it
needs and neither due nor planned; or on with nothing in its socket. That holds for a quarter of an hour at most, and
until a plan changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from solarctl.control import apply, apply_memory, plan, plan_base
from solarctl.control.apply_loads import AGAIN, due_at
from solarctl.control.apply_words import House as Seen
from solarctl.control.plan_settings import Load, Settings, day_begins, deadline_of
from solarctl.control.plan_tasks import slots_from
from solarctl.control.plan_words import Booked, Plan
from solarctl.control.sun_seen import as_seen, counted_on, watched
from solarctl.control.tariff import Price
from solarctl.decision import SetMode, SetPermissions, SwitchTo
from solarctl.readings import BatteryReading, GridReading, SwitchReading
from solarctl.simulation.base_record import BaseRecord
from solarctl.simulation.seats import Tally, conclude
from solarctl.simulation.simulated_house import Simulated
from solarctl.simulation.sun_outlook import SunOutlook
from solarctl.value import replace

QUARTER_S = 900
ROUNDED_W = 0.1  # the rule rounds the surplus
Prices = Callable[[datetime], Price]


class PlanSeat:
    """`plan`: the forecast, the prices, the battery's charge, and what the house itself draws, learned day by day."""

    command = "plan"

    def __init__(
        self, settings: Settings, simulated: Simulated, prices: Prices, *, seed: int, error_pct: float
    ) -> None:
        self.settings = settings
        self.house = simulated.house
        self.prices = prices
        self.outlook = SunOutlook(self.house, seed, error_pct / 100)
        self.memory = plan.Memory()
        self.tally = Tally()
        self.in_force: Plan | None = None
        self.applied: apply.Memory = apply.Memory()  # what `apply` remembers; the two seats share it
        self.base = BaseRecord(settings, simulated)

    def look(self, now: datetime) -> None:
        settings = self.settings
        starts = slots_from(now, settings)
        solar_w = self.outlook.slots_w(starts[0], len(starts), settings.slot_min)
        self.base.learn(starts, solar_w)
        memory = self.applied
        booked = Booked(memory.day, memory.stored_kwh, memory.on, memory.since, memory.full, memory.sun, memory.past)
        usual_w = plan_base.base_load(self.base.profiles, starts, settings.slot_min, settings.base_load_w)
        prices = [self.prices(start) for start in starts]
        counted = counted_on(settings, [price.import_price for price in prices])
        found = as_seen(solar_w, usual_w, starts, settings.slot_min, booked.sun, now, counted=counted)
        seen = plan.Foreseen(
            found.solar_w,
            found.base_w,
            tuple(one.import_price for one in prices),
            tuple(one.export_price for one in prices),
            self._charge_kwh(),
            booked,
            self.in_force,
            solar_w,
            usual_w,
        )
        decision, self.in_force = plan.decide(seen, settings, self.memory, now)
        self.memory = conclude(self.tally, decision, lambda _action: False, now)

    def _charge_kwh(self) -> float | None:
        battery = self.house.battery
        if not self.settings.battery or battery is None:
            return None
        return battery.soc_pct / 100 * self.settings.battery_capacity_kwh


class ApplySeat:
    """`apply`: sockets with their counters, the meter and the battery as the minute before has left them."""

    command = "apply"

    def __init__(
        self,
        settings: Settings,
        options: apply.Settings,
        simulated: Simulated,
        planning: PlanSeat,
        *,
        attentive: bool = False,
    ) -> None:
        assert simulated.wired is not None
        self.settings = settings
        self.options = options
        self.house = simulated.house
        self.sockets = [(load.device, simulated.wired.sockets[load.device]) for load in settings.devices]
        self.by_name = dict(self.sockets)
        self.planning = planning
        self.tally = Tally()
        self._attentive = attentive
        self._answer = ""  # the reason of an answer that will be given again
        self._until_s = 0.0  # so long,
        self._from_w, self._below_w = 0.0, 0.0  # while the surplus is between these,
        self._plan: Plan | None = None  # and this is the plan

    @property
    def memory(self) -> apply.Memory:
        return self.planning.applied

    def look(self, now: datetime) -> None:
        house = self.house
        if (
            self._answer
            and house.now_s < self._until_s
            and self._from_w <= -house.grid_w - house.battery_w < self._below_w
            and self._plan is self.planning.in_force
        ):
            self.tally.runs += 1
            self.tally.reasons[self._answer] += 1
            if self._plan is not None:  # what is seen of the sun goes into the next plan
                surplus_w = round(-house.grid_w - house.battery_w, 1)
                sun = watched(self.memory.sun, surplus_w, self._plan, now)
                self.planning.applied = replace(self.memory, sun=sun)
            return
        self._ask(now)

    def _ask(self, now: datetime) -> None:
        house, settings = self.house, self.settings
        battery = None
        if settings.battery and house.battery is not None:
            battery = BatteryReading(at=now, soc_pct=house.battery.soc_pct, battery_w=house.battery_w)
        switches = {
            name: SwitchReading(at=now, on=socket.on, power_w=socket.power_w, energy_kwh=socket.import_kwh)
            for name, socket in self.sockets
        }
        seen = Seen(GridReading(at=now, grid_w=house.grid_w), battery, switches, {})
        before = self.memory
        decision = apply.decide(seen, self.planning.in_force, settings, self.options, before, now)
        self.planning.applied = conclude(self.tally, decision, self._write, now, apply.remember)
        self._answer = "" if self._attentive else self._certain(decision.reason, before, now)

    def _certain(self, reason: str, before: apply.Memory, now: datetime) -> str:
        """Return the reason when it will be given again, and note until when and below which surplus."""
        memory, plan_, zone = self.memory, self.planning.in_force, now.tzinfo
        index = None if plan_ is None else plan_.slot_at(now)
        if memory.on != before.on or memory.day is None or zone is None or memory.battery != before.battery:
            return ""
        tomorrow = day_begins(memory.day + timedelta(days=1), self.settings.day_start, zone)
        until_s = min((self.house.now_s // QUARTER_S + 1) * QUARTER_S, tomorrow.timestamp())
        if plan_ is not None:
            until_s = min(until_s, (self.house.now_s // (plan_.slot_min * 60) + 1) * plan_.slot_min * 60)
        from_w, below_w = -math.inf, math.inf
        for load in self.settings.devices:
            name, track = load.device, memory.track(load.device)
            is_empty = self._is_empty(load, track)  # nobody is plugged in: it stays on while the sun would carry it
            if (self.by_name[name].on and not is_empty) or track.enough or track.manual:
                return ""
            if name in memory.full and track.full_at is not None:
                again_s = (track.full_at + AGAIN).timestamp()
                if self.house.now_s < again_s:
                    until_s = min(until_s, again_s)
                else:  # more, where the sun carries it
                    below_w = min(below_w, load.power_w - ROUNDED_W)
                continue
            if plan_ is not None and index is not None and (load.daily_need or plan_.wants(name, now)):
                return ""  # what is planned may be moved, by prices as well as by the sun
            if load.daily_need and name not in memory.past:
                deadline = deadline_of(memory.day, load, self.settings.day_start, zone)
                due_s = due_at(load, memory.stored_kwh.get(name, 0.0), deadline).timestamp()
                if due_s > self.house.now_s:
                    until_s = min(until_s, due_s)
                elif not is_empty:
                    return ""
            if is_empty:
                from_w = max(from_w, 0.0)
            else:
                below_w = min(below_w, load.power_w - ROUNDED_W)
        if not self.settings.battery and self.house.battery is not None:
            return ""  # a battery that `apply` does not know of moves the meter
        self._until_s, self._from_w, self._below_w, self._plan = until_s, from_w, below_w, plan_
        return reason

    def _is_empty(self, load: Load, track: apply_memory.Track) -> bool:
        """Return whether a socket is on with nothing in it, as the rule has noticed for some minutes."""
        socket = self.by_name[load.device]
        noticed = track.low > 2 and not track.drew and load.device not in self.memory.full
        return socket.on and socket.power_w == 0 and noticed and not load.min_battery_pct

    def _write(self, action: Any) -> bool:
        if isinstance(action, SwitchTo):
            socket = self.by_name[action.device]
            if socket.on is action.to:
                return False
            socket.switch(action.to)
            return True
        battery = self.house.battery
        if battery is None:
            return False
        if isinstance(action, SetMode):  # "to_full": from the grid, as fast as it can
            battery.may_charge, battery.force_w = True, -battery.max_charge_w
        elif isinstance(action, SetPermissions):
            battery.force_w = None
            battery.may_charge = apply.CHARGING in action.to
            battery.may_discharge = apply.DISCHARGING in action.to
        return True
