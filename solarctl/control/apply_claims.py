"""What of the sun is spoken for before a load may have it: by runs that have begun, by needs, by the battery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from solarctl.control.apply_memory import Memory
from solarctl.control.apply_shift import MARGIN
from solarctl.control.apply_swap import Outlook
from solarctl.control.apply_words import House
from solarctl.control.plan_settings import Load, Settings, deadline_of, in_order
from solarctl.control.plan_words import Plan


class Claims:
    """Who else is there: the loads in the order they are served, and the battery."""

    def __init__(self, house: House, plan: Plan | None, settings: Settings, memory: Memory, now: datetime) -> None:
        self.house, self.plan, self.settings, self.memory, self.now = house, plan, settings, memory, now
        self.served = in_order(settings.devices)

    def awaited_w(self, load: Load) -> float:
        """Return what loads of a higher rank will draw that are planned to start while this one would have to run."""
        if self.plan is None:
            return 0.0
        awaited = 0.0
        soon = self.now + timedelta(minutes=load.min_on_min)
        for other in self._idle_before(load):
            if self.plan.wants(other.device, self.now) or self.plan.wants(other.device, soon):
                awaited += other.power_w
        return awaited

    def bound_w(self, load: Load) -> float:
        """Return what running loads draw that would not make room: they have just begun, or have the same rank."""
        drawn = 0.0
        for other in self.served[self.served.index(load) + 1 :]:
            reading = self.house.switches.get(other.device)
            if reading is None or not reading.on:
                continue
            same = (other.daily_need, other.priority) == (load.daily_need, load.priority)
            begun = self.memory.on_for(other.device, self.now) < timedelta(minutes=other.min_on_min)
            drawn += max(0.0, reading.power_w or 0.0) if same or begun else 0.0
        return drawn

    def need_before(self, load: Load, left_w: float) -> str:
        """Return the need that a load on surplus would take this sun from, or nothing.

        That need is short of sun: the present one serves it about as well as what is planned for it, and it is not
        left so much as it draws.
        """
        if self.plan is None or load.daily_need:
            return ""
        for other in self._idle_before(load):
            stored = self.memory.stored_kwh.get(other.device, 0.0)
            if not other.daily_need or stored >= other.capacity_kwh or left_w - load.power_w >= other.power_w:
                continue
            outlook = Outlook(self.plan, self.settings, other, self.now, left_w, self.soc_kwh)
            swap = outlook.swap(False, outlook.before(self.deadline(other)))
            if swap is not None and swap.worth > -MARGIN:
                return other.device
        return ""

    def kept_by_battery_w(self, load: Load, left_w: float) -> float:
        """Return what a battery takes of the sun, while that saves more there than a sale would bring."""
        if self.plan is None or self.soc_kwh is None or self.plan.wants(load.device, self.now):
            return 0.0
        outlook = Outlook(self.plan, self.settings, load, self.now, left_w, self.soc_kwh)
        return min(max(0.0, left_w), self.settings.battery_max_w) if outlook.missed() > MARGIN else 0.0

    @property
    def soc_kwh(self) -> float | None:
        """What is in the battery, None when that is not known."""
        battery = self.house.battery
        if not self.settings.battery or battery is None or battery.soc_pct is None:
            return None
        return battery.soc_pct / 100 * self.settings.battery_capacity_kwh

    def deadline(self, load: Load) -> datetime:
        """Return by when a load must have the energy of the present day of needs."""
        assert self.memory.day is not None
        assert self.now.tzinfo is not None
        return deadline_of(self.memory.day, load, self.settings.day_start, self.now.tzinfo)

    def _idle_before(self, load: Load) -> Iterator[Load]:
        """Yield the loads of a higher rank that are off, not full, and not kept off by somebody."""
        for other in self.served[: self.served.index(load)]:
            name, reading = other.device, self.house.switches.get(other.device)
            by_hand = self.memory.track(name).manual or name in self.house.forced
            done = name in self.memory.full or name in self.memory.past
            if reading is not None and not reading.on and not done and not by_hand:
                yield other
