"""The house's battery gives to the car what the sun lacks of the least charge: `battery_gives`.

    charge at `from_pct` or more     sun and battery charge the car, with min_a or the next whole amp
    charge at `down_to_pct` or less  no longer; the sun alone decides again
    the sun leaves nothing over      no longer: what the battery has by then is for the night
    power dearer than usual today    the battery keeps what it has for the house, unless `when_dear`
    more than it can give            no: what the battery cannot give would be bought

Where the sun rarely suffices for 6 A on three phases, a full battery would otherwise let it go to the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from solarctl.readings import BatteryReading
from solarctl.settings import setting
from solarctl.value import value

SAME_PRICE = 1e-6
PROBES = 24  # an hour apart: what power costs in the day to come


@value
class Gives:
    """Between which charges the battery gives to the car."""

    from_pct: float = setting(ge=0, le=100, help="it begins at this charge")
    down_to_pct: float = setting(ge=0, le=100, help="and ends at this one")
    when_dear: bool = setting(False, help="also while power is dear: what is below down_to_pct is enough for the house")

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.from_pct <= self.down_to_pct:
            yield "from_pct", f"must be more than down_to_pct ({self.down_to_pct:g})"


@value
class Giving:
    """Whether it gives, and what power costs at most where that is not dear, worked out once an hour."""

    on: bool = False
    usual_price: float | None = None
    priced_at: datetime | None = None  # in UTC


def judged(
    gives: Gives | None,
    known: Giving,
    battery: BatteryReading | None,
    sun_w: float,
    lacking_w: float,
    most_w: float,
    price_at: Callable[[datetime], float],
    now: datetime,
) -> Giving:
    """Return whether the battery gives what the sun lacks; `price_at` is asked only when all else allows it.

    `sun_w` is left over for car and battery, `lacking_w` is missing for min_a, `most_w` is what the battery can give.
    """
    soc_pct = battery.soc_pct if battery is not None else None
    if gives is None or soc_pct is None:
        return Giving()
    enough = soc_pct > gives.down_to_pct if known.on else soc_pct >= gives.from_pct
    if not enough or sun_w <= 0 or lacking_w > most_w:
        return Giving(False, known.usual_price, known.priced_at)
    if gives.when_dear:
        return Giving(True, known.usual_price, known.priced_at)
    utc = now.astimezone(UTC)
    usual, at = known.usual_price, known.priced_at
    if usual is None or at is None or not timedelta(0) <= utc - at < timedelta(hours=1):
        prices = [price_at((utc + timedelta(hours=ahead)).astimezone(now.tzinfo)) for ahead in range(PROBES)]
        usual, at = sum(prices) / PROBES, utc
    return Giving(price_at(now) <= usual + SAME_PRICE, usual, at)
