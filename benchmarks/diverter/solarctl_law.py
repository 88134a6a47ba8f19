"""solarctl's own rule in the benchmark's house: `control.balance.decide`, once per reading and once per second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.diverter.plant import DIMMER_W, RELAY_W, SHARES, START_S, Dimmer, Law, Relay
from solarctl.control.balance import Load, LoadSettings, Memory, Meters, Sample, Settings, decide
from solarctl.control.balance_variators import usable_steps
from solarctl.decision import SetPower, SwitchTo

MIDNIGHT = datetime(2026, 6, 7, tzinfo=UTC)
EPOCH_S = MIDNIGHT.timestamp()


class SolarctlLaw(Law):
    """The settings are those of `[balance]`; the heater's curve is the ideal phase-angle law, nothing is metered."""

    def __init__(self, *, every_second: bool = True, relay: dict[str, Any] | None = None, **settings: Any) -> None:
        heater = LoadSettings("heater", min_w=100)
        radiator = LoadSettings("radiator", **({"power_w": RELAY_W} | (relay or {})))
        self.settings = Settings(load="house", solar="panels", loads=(heater, radiator), **settings)
        steps = usable_steps([share * DIMMER_W for share in SHARES], min_w=100, max_w=0)
        self.heater, self.radiator = Load(heater, steps), Load(radiator)
        self.percents = {round(share * DIMMER_W, 1): percent for percent, share in enumerate(SHARES)}
        self.every_second = every_second
        self.memory = Memory()
        self.house: Sample | None = None
        self.solar: Sample | None = None
        self.percent, self.on = 0, False

    def start(self, dimmer: Dimmer, relay: Relay | None) -> None:
        super().start(dimmer, relay)
        self.loads = [self.heater, self.radiator] if relay is not None else [self.heater]

    def house_reading(self, t: float, watts: float) -> None:
        self.house = Sample(watts, EPOCH_S + t)
        self.tick(t)

    def solar_reading(self, t: float, watts: float) -> None:
        self.solar = Sample(watts, EPOCH_S + t)
        self.tick(t)

    def second(self, t: float) -> None:
        if self.every_second:
            self.tick(t)

    def tick(self, t: float) -> None:
        now = MIDNIGHT + timedelta(seconds=t)
        decision = decide(Meters(self.house, self.solar), self.loads, self.settings, self.memory, now)
        self.memory = decision.memory or self.memory
        for action in decision.actions:
            if isinstance(action, SetPower):
                percent = self.percents[action.to]
                if percent != self.percent:
                    self.percent = percent
                    self.dimmer.command(t, percent)
            elif isinstance(action, SwitchTo) and self.relay is not None and action.to != self.on:
                self.on = action.to
                self.relay.command(t, action.to)


__all__ = ["START_S", "SolarctlLaw"]
