"""What `balance` remembers from tick to tick and over a restart; times are seconds since 1970."""

from __future__ import annotations

from dataclasses import field

from solarctl.control.balance_surplus import HouseMemory
from solarctl.value import value


@value
class LoadMemory:
    """One load's past."""

    on: bool = False
    set_w: float = 0.0  # what it was last told to draw, by its curve or rating; 0 for a load of unknown power
    set_at: float = 0.0
    switched_at: float = 0.0  # last change between off and on
    wants_since: float | None = None  # since when a switch's condition for its next change holds
    block_since: float | None = None  # since when the surplus is enough for its block
    starts: int = 0  # today
    scale: float = 1.0  # what it draws ÷ what the curve says
    learned_w: float = 0.0  # a switch of unknown power: measured
    before_w: float | None = None  # the house before an unknown load was switched on
    drawn_w: float = 0.0  # now, metered or expected
    drawn_at: float = 0.0
    day_wh: float = 0.0
    estimated_wh: float = 0.0  # the part of `day_wh` that no meter saw
    yesterday_wh: float = 0.0
    on_s: float = 0.0  # today
    idle_since: float | None = None  # told to draw, draws nothing
    full_since: float | None = None  # its thermostat is open
    probe_at: float = 0.0
    probing_since: float | None = None
    period_wh: float = 0.0  # since the last deadline of its guarantee
    period_s: float = 0.0
    previous_wh: float = 0.0  # the period before
    period_ends: float = 0.0
    due_wh: float | None = None  # top-up worked out for this period
    topped_wh: float = 0.0  # of which delivered
    topping: bool = False
    planned_at: float = 0.0
    hot_at: float = 0.0  # when the tank was last hot for long enough
    hot_since: float | None = None
    reason: str = ""


@value
class Memory:
    """What the next tick, and the next process, need to know."""

    loads: dict[str, LoadMemory] = field(default_factory=dict)
    house: HouseMemory = HouseMemory()
    phases: tuple[HouseMemory, ...] = ()
    day_ends: float = 0.0
    solar_wh: float = 0.0  # today
    import_wh: float = 0.0
    export_wh: float = 0.0
    counted_at: float = 0.0
    mode: int = 20  # the domestic mode: 0 off, 10 day/night tariff, 20 sun and guarantee
    cloud_pct: float | None = None
