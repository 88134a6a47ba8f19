"""Whether a planned load had better run now, or later: what was foreseen, against the sun that is really there.

    start now       a slot that is planned for later would be dearer than the present one
    wait, pause     a slot that is still free before the deadline would be cheaper than the present one

The present slot is known by the meter; the difference to what was foreseen fades within the hour. Later slots are as
the plan foresaw them, but not for sure: a load that just fits into the foreseen sun will now and then import. Where
there is a battery it is played to the end of the horizon, run by run, on a darker, an equal and a brighter day.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from solarctl.control.plan_house import Following, House, Storage
from solarctl.control.plan_settings import Load, Settings
from solarctl.control.plan_words import Plan
from solarctl.control.sun_seen import FADE_MIN
from solarctl.value import value

DOUBT_NOW = 0.1  # standard deviation of the sun in the minutes to come, as a share of it
DOUBT_LATER = 0.25  # of what was foreseen
DOUBT_BATTERY = 0.5  # at one price any kWh seems as good as another to a battery: then the sun has a say, too
BRIGHTER = (1 - 1.2 * DOUBT_LATER, 1.0, 1 + 1.2 * DOUBT_LATER)  # days of equal chance with that deviation
DOUBT_W = 100.0  # of what the house itself draws


@value
class Swap:
    """Another slot for a run, and what moving the run there, or here from there, is worth: of a kWh's price."""

    worth: float
    at: datetime


class Outlook:
    """The slots from now on for one load. `left_w`: the sun that other loads leave it now."""

    def __init__(
        self, plan: Plan, settings: Settings, load: Load, now: datetime, left_w: float, soc_kwh: float | None
    ) -> None:
        first = plan.slot_at(now)
        assert first is not None
        inputs = plan.inputs
        self.plan, self.first, self.load = plan, first, load
        self.row = plan.devices[load.device][first:]
        self.sun_w = inputs.solar_w[first:]
        self.buy, self.sell = inputs.import_price[first:], inputs.export_price[first:]
        self.scale = max(max(self.buy), 1e-9)
        self.surplus_w = self._surplus(settings, left_w)
        self.kwh = load.power_w / 1000 * plan.slot_min / 60
        self.meters = self._meters(settings, soc_kwh)

    def _surplus(self, settings: Settings, left_w: float) -> list[float]:
        """Return what the sun leaves in each slot when the other needs run as planned."""
        plan, first = self.plan, self.first
        found = [sun - base for sun, base in zip(self.sun_w, plan.inputs.base_w[first:])]
        more_w = left_w - found[0]
        for n in range(min(len(found), math.ceil(FADE_MIN / plan.slot_min))):
            found[n] += more_w * (1 - n * plan.slot_min / FADE_MIN)
        for other in settings.devices:
            if other.daily_need and other.device != self.load.device and other.device in plan.devices:
                row = plan.devices[other.device][first:]
                found[1:] = [watts - other.power_w * on for watts, on in zip(found[1:], row[1:])]
        return found

    def _meters(self, settings: Settings, soc_kwh: float | None) -> list[Following]:
        """Return the house with the battery and this load's later runs in it, on days of equal chance.

        What is in a battery is worth much or little as the later sun fills it or not, and that is not for sure. Empty
        without a battery.
        """
        if not settings.battery or soc_kwh is None:
            return []
        hours = self.plan.slot_min / 60
        battery = Storage(
            settings.battery_capacity_kwh,
            settings.battery_max_w / 1000 * hours,
            min(max(soc_kwh, 0.0), settings.battery_capacity_kwh),
            settings.battery_efficiency_pct / 100,
        )
        runs = {n: self.kwh for n in range(1, len(self.row)) if self.row[n]}
        meters = []
        for times in BRIGHTER:
            left = [
                watts + (times - 1) * sun * (n > 0) for n, (watts, sun) in enumerate(zip(self.surplus_w, self.sun_w))
            ]
            net = tuple(-watts / 1000 * hours for watts in left)
            found = Following(House(net, self.buy, self.sell, battery, stored_value=settings.stored_kwh_value))
            if runs:
                found.add(runs)
            meters.append(found)
        return meters

    def _dearer(self, changes: dict[int, float]) -> float:
        return sum(meter.dearer(changes) for meter in self.meters) / len(self.meters)

    def swap(self, planned: bool, last: int) -> Swap | None:
        """Return the best other slot: a free one instead of now (`planned`), or a planned one that now replaces.

        `last`: how many slots end by the deadline.
        """
        others = [n for n in range(1, last) if bool(self.row[n]) is not planned]
        if not others:
            return None
        for meter in self.meters if planned else ():
            meter.add({0: self.kwh})
        worths = [(self._saved(0, n) if planned else self._saved(n, 0), -n) for n in others]
        worth, n = max(worths)
        return Swap(worth / self.scale, self._starts(-n))

    def missed(self) -> float:
        """Return what a kWh of the present sun is worth to the battery beyond its sale: of a kWh's price."""
        if not self.meters:
            return 0.0
        return (self._dearer({0: self.kwh}) / self.kwh - self.sell[0]) / self.scale

    def next_run(self) -> Swap | None:
        """Return the next planned slot."""
        return next((Swap(0.0, self._starts(n)) for n in range(1, len(self.row)) if self.row[n]), None)

    def before(self, deadline: datetime) -> int:
        """Return how many slots end by a moment."""
        passed = deadline.astimezone(UTC) - self.plan.slots[self.first].astimezone(UTC)
        return min(max(0, math.floor(passed / timedelta(minutes=self.plan.slot_min) + 1e-9)), len(self.row))

    def _starts(self, n: int) -> datetime:
        return self.plan.slots[self.first + n]

    def _saved(self, here: int, there: int) -> float:
        """Return what is saved per kWh when a run is moved."""
        bare = self._cost(here) - self._cost(there)
        if not self.meters:
            return bare
        played = -self._dearer({here: -self.kwh, there: self.kwh}) / self.kwh
        if max(self.buy) > min(self.buy):
            return played
        return DOUBT_BATTERY * bare + (1 - DOUBT_BATTERY) * played

    def _cost(self, n: int) -> float:
        """Return what a kWh of this load is expected to cost in a slot, where there is no battery."""
        spread = (DOUBT_LATER if n else DOUBT_NOW) * self.sun_w[n] + DOUBT_W
        power_w, surplus_w = self.load.power_w, self.surplus_w[n]
        bought = (_lacking(power_w - surplus_w, spread) - _lacking(-surplus_w, spread)) / power_w
        return bought * self.buy[n] + (1 - bought) * self.sell[n]


def _lacking(short: float, spread: float) -> float:
    """Return the mean of what is lacking where `short` lacks on average, give or take `spread`."""
    z = short / spread
    return short * 0.5 * (1 + math.erf(z / math.sqrt(2))) + spread * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
