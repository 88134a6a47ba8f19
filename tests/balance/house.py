"""Loads, meters and a clock for the rule's tests: one tick per call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from solarctl.control.balance import Load, LoadSettings, Manual, Memory, Meters, Sample, Settings, decide

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
HEATER = LoadSettings("heater", min_w=100)
RADIATOR = LoadSettings("radiator", power_w=600)
STEPS = tuple(float(w) for w in (0, *range(100, 2401, 50)))


class Bench:
    """A house under the rule: `tick` lets time pass and gives the rule fresh readings of what the loads draw."""

    def __init__(self, *loads, start=NOON, memory=None, price=None, **settings):
        self.loads = [Load(one, STEPS if one.power_w == 0 and one.device == "heater" else ()) for one in loads]
        wanted = {"load": "house", "solar": "panels", "loads": tuple(loads)} | settings
        self.settings = Settings(**wanted)
        self.now, self.memory, self.price = start, memory or Memory(), price
        self.solar_w, self.base_w, self.silent = 0.0, 300.0, False
        self.drawn = {}  # what a load really draws, where that is not what it is told
        self.told = {}
        self.metered = set()
        self.battery = None
        self.decision = None

    def power_w(self, name):
        return self.drawn.get(name, self.told.get(name, 0.0))

    def change(self, name, **values):
        self.loads = [replace(one, **values) if one.name == name else one for one in self.loads]

    def force(self, name, power_w=None):
        self.change(name, manual=Manual(power_w))

    def unforce(self, name):
        self.change(name, manual=None)

    def tick(self, seconds=3.0, times=1):
        for _ in range(times):
            self.now += timedelta(seconds=seconds)
            t = self.now.timestamp()
            loads_w = sum(self.power_w(one.name) for one in self.loads)
            loads = [
                replace(one, measured=Sample(self.power_w(one.name), t)) if one.name in self.metered else one
                for one in self.loads
            ]
            meters = Meters(battery=self.battery)
            if not self.silent:
                if self.settings.grid:
                    meters = replace(
                        meters, grid=Sample(self.base_w + loads_w - self.solar_w, t), solar=Sample(self.solar_w, t)
                    )
                else:
                    meters = replace(meters, house=Sample(self.base_w + loads_w, t), solar=Sample(self.solar_w, t))
            self.decision = decide(meters, loads, self.settings, self.memory, self.now, price=self.price)
            self.memory = self.decision.memory
            for one in self.decision.actions:
                rated = self.memory.loads[one.device].set_w
                self.told[one.device] = (
                    rated if one.action == "switch" and one.to else (one.to if one.to is not False else 0.0)
                )
        return self

    def on(self, name):
        return self.memory.loads[name].on

    def why(self, name):
        return self.memory.loads[name].reason

    def grid_w(self):
        return self.base_w + sum(self.power_w(one.name) for one in self.loads) - self.solar_w


SEEN_REASONS, SEEN_WHYS = set(), set()


def seen(bench):
    SEEN_REASONS.add(bench.decision.reason)
    SEEN_WHYS.update(one.reason for one in bench.memory.loads.values())
    return bench
