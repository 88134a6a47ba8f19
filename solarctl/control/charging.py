"""What bounds a car's charging: fuses and cables, and the home battery's share.

Battery policies, by name (`share_of_battery` says what each leaves to the battery):

    battery-first until 80   below 80 % the battery gets what it can take; from 80 % on the car goes first
    car-first from 50        from 50 % on the car goes first, and a running charge may be carried through a gap
                             by the battery; below 50 % the battery goes first
    share                    half of what the battery can take is left to it, the rest is the car's
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

from solarctl.control.surplus import MINIMUM_CURRENT_A, NOMINAL_V
from solarctl.readings import BatteryReading, ChargerReading, GridReading
from solarctl.value import value

SATURATED_EXPORT_W = 200.0  # while so much is exported, the battery is taking all it can
FULL_PCT = 99.5

_POLICY = re.compile(r"(battery-first until|car-first from)\s+(\d{1,3}(?:\.\d+)?)\s*%?|(share)")


@value
class Policy:
    """Who goes first: `name` is battery-first, car-first or share; `pct` its charge."""

    name: str
    pct: float = 0.0

    @classmethod
    @lru_cache(maxsize=16)
    def parse(cls, text: str) -> Policy:
        """Read a policy as config.toml names it; `ValueError` in words when it is none."""
        found = _POLICY.fullmatch(" ".join(text.split()))
        if found is None or (found[2] and float(found[2]) > 100):
            raise ValueError('must be "battery-first until N", "car-first from N" (N in %) or "share"')
        return cls("share") if found[3] else cls(found[1].split()[0], float(found[2]))

    @lru_cache(maxsize=16)  # noqa: B019  there are few policies
    def explained(self) -> str:
        """Return the policy as a sentence."""
        if self.name == "share":
            return "Battery and car share: half of what the battery can take is left to it."
        if self.name == "car-first":
            return (
                f"From {self.pct:g} % on the car goes first and the battery may carry it through a gap; "
                f"below, the battery gets what it can take first."
            )
        return f"Below {self.pct:g} % the battery gets what it can take first; from there on the car goes first."

    def battery_goes_first(self, soc_pct: float | None) -> bool:
        """Return whether all that the battery can take is left to it; an unknown charge counts as low."""
        return self.name != "share" and (soc_pct is None or soc_pct < self.pct)

    def battery_may_help(self, soc_pct: float | None) -> bool:
        """Return whether the battery may carry a running charge through a gap in the sun."""
        return self.name == "car-first" and soc_pct is not None and soc_pct >= self.pct


def battery_appetite_w(battery: BatteryReading, grid_w: float, known_w: float | None) -> float | None:
    """Return what the battery can take, in W, as seen now or known before; None while nobody knows.

    An inverter serves house and car first, so a charging battery shows its appetite only while there is export too.
    """
    takes_w = max(0.0, -(battery.battery_w or 0.0))
    if grid_w < -SATURATED_EXPORT_W:
        return takes_w
    return max(known_w, takes_w) if known_w is not None else None


def left_to_battery_w(policy: Policy, battery: BatteryReading | None, appetite_w: float) -> float:
    """Return the part of the surplus that the policy keeps for the battery, in W."""
    if battery is None or (battery.soc_pct is None and not battery.battery_w):
        return 0.0  # no battery, or an inverter that has none
    if battery.soc_pct is not None and battery.soc_pct >= FULL_PCT:
        return 0.0
    if policy.name == "share":
        return appetite_w / 2
    return appetite_w if policy.battery_goes_first(battery.soc_pct) else 0.0


def most_amps(
    charger: ChargerReading, grid: GridReading | None, *, max_a: float, fuse_a: float, draw_w: float, per_amp_w: float
) -> int:
    """Return the most the charger may offer per phase, in whole A: charger, cable, circuit, main fuse.

    The house's own current is what the meter shows less the car's. Where the meter knows no phases, all that the
    house draws is taken to hang on one of them; where there is no meter, the house is given half of the fuse.
    """
    bounds = [max_a, fuse_a]
    if charger.max_a is not None:
        bounds.append(charger.max_a)
    if grid is None:
        bounds.append(fuse_a / 2)
    else:
        volts = charger.voltage_v or NOMINAL_V
        if grid.phases_a:
            house_a = max(grid.phases_a) - draw_w / per_amp_w
        elif grid.phases_w:
            house_a = max(grid.phases_w) / volts - draw_w / per_amp_w
        else:
            house_a = (grid.grid_w - draw_w) / volts
        bounds.append(fuse_a - max(0.0, house_a))
    amps = math.floor(min(bounds) + 1e-9)
    return amps if amps >= MINIMUM_CURRENT_A else 0
