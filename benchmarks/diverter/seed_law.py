"""The seed's law, written from its description: decides on every message, corrects the commanded power in one shot.

need = house − (solar − margin)
need > 0             take it away, last load first; a relay falls for the first missing watt
0 … 20 W to spare    leave it
more to spare        give it, first load first; a relay comes on when its whole rating is left
"""

from __future__ import annotations

from benchmarks.diverter.plant import DIMMER_W, RELAY_W, SHARES, Law

PERIOD_S = 2.5
MARGIN_W = 20.0
THRESHOLD_W = 20.0
SILENCE_S = 30.0
MIN_POWER_W = 101.0
MIN_PERCENT = 4.0


def percent_for(watts: float) -> float:
    """Return the dimmer's percent for `watts`: the inverse of the calibration, between its half percents."""
    if watts >= DIMMER_W:
        return 100.0
    low, high = 0.0, 100.0
    while high - low > 0.01:
        middle = (low + high) / 2
        whole = int(middle)
        share = SHARES[whole] + (SHARES[min(100, whole + 1)] - SHARES[whole]) * (middle - whole)
        if share * DIMMER_W < watts:
            low = middle
        else:
            high = middle
    return 0.0 if low < MIN_PERCENT else low


class SeedLaw(Law):
    """Two unsigned meters, a dimmer first, a relay second."""

    def __init__(self) -> None:
        self.house: float | None = None
        self.solar: float | None = None
        self.house_at = self.solar_at = 0.0
        self.decided_at = -1e9
        self.dimmer_w = 0.0
        self.relay_on = False

    def house_reading(self, t: float, watts: float) -> None:
        self.house = watts
        self.evaluate(t)
        self.house_at = t  # after the decision, as the seed does

    def solar_reading(self, t: float, watts: float) -> None:
        self.solar = watts
        self.evaluate(t)
        self.solar_at = t

    def evaluate(self, t: float) -> None:
        if t - self.decided_at < PERIOD_S:
            return
        self.decided_at = t
        if self.house is None or self.solar is None or not self.house_at or not self.solar_at:
            return
        if t - self.house_at > SILENCE_S or t - self.solar_at > SILENCE_S:
            self.set_dimmer(t, 0.0)
            self.set_relay(t, False)
            return
        need = self.house - (self.solar - MARGIN_W)
        if need > 0:
            if self.relay_on:
                self.set_relay(t, False)
                need -= RELAY_W
            if need > 0:
                rest = max(0.0, self.dimmer_w - need)
                self.set_dimmer(t, 0.0 if rest < MIN_POWER_W else rest)
            return
        spare = -need
        if spare < THRESHOLD_W:
            return
        wanted = min(DIMMER_W, self.dimmer_w + spare)
        if wanted >= MIN_POWER_W:
            spare -= wanted - self.dimmer_w
            self.set_dimmer(t, wanted)
        if self.relay is not None and not self.relay_on and spare >= RELAY_W:
            self.set_relay(t, True)

    def set_dimmer(self, t: float, watts: float) -> None:
        if watts != self.dimmer_w:
            self.dimmer_w = watts
            self.dimmer.command(t, percent_for(watts))

    def set_relay(self, t: float, on: bool) -> None:
        if self.relay is not None and on != self.relay_on:
            self.relay_on = on
            self.relay.command(t, on)
