"""The plan as data: what is on in which slot, what it is expected to cost, and why.

Slots are counted from 0, the one that contains now. Power is in W, in the signs of readings.py (a battery that
discharges is positive); prices are per kWh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime, timedelta

from solarctl.value import value

VERSION = 1
HOLD, CHARGE, DISCHARGE, FREE, FULL = "hold", "charge", "discharge", "free", "to-full"  # what a battery is told


@value
class Watched:
    """What `apply` has seen of the sun: the surplus of the last minutes, and the day's energy beside what was told."""

    day: date | None = None
    at: datetime | None = None
    surplus_w: float | None = None  # a mean that forgets within some minutes; our loads do not count
    seen_kwh: float = 0.0  # what the panels must have given on `day`
    told_kwh: float = 0.0  # what the forecast had said of the same minutes


@value
class Booked:
    """What `apply` remembers of the loads, of all the things that it remembers (the same names as there).

    `stored_kwh` was put into a load since the day's start on `day`; `on` and `since` are the last known position.
    """

    day: date | None = None
    stored_kwh: dict[str, float] = field(default_factory=dict)
    on: dict[str, bool] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    full: tuple[str, ...] = ()  # loads that were found full today
    sun: Watched = Watched()
    past: tuple[str, ...] = ()  # needs whose deadline was over when `apply` first looked: nothing is known of them


@value
class Inputs:
    """What a plan was made from, slot by slot, and the hash of the settings."""

    hash: str
    solar_w: tuple[float, ...]
    base_w: tuple[float, ...]
    import_price: tuple[float, ...]
    export_price: tuple[float, ...]
    told_w: tuple[float, ...] = ()  # the sun as the forecast has it, before what was seen today
    usual_w: tuple[float, ...] = ()  # the base load as it was learned


@value
class Expected:
    """What the plan comes to when sun and house are as foreseen."""

    import_kwh: float
    export_kwh: float
    cost: float
    unmet_kwh: dict[str, float]


@value
class Bound:
    """No plan that gives every load the same energy can cost less than `cost`; `gap` is what this one costs more."""

    cost: float
    gap: float


@value
class Plan:
    """Which load is on in which slot, beginning with the slot that contains the moment it was made at."""

    made_at: datetime
    slots: tuple[datetime, ...]
    slot_min: int
    inputs: Inputs
    devices: dict[str, tuple[int, ...]]
    battery_w: tuple[float, ...] | None
    expected: Expected
    bound: Bound
    why: dict[str, str]
    battery_mode: tuple[str, ...] | None = None  # only for a battery that is commanded
    soc_kwh: tuple[float, ...] | None = None  # stored in the battery at each slot's start, and at the end
    powers_w: Mapping[str, float] = field(default_factory=dict)  # what each load draws when it is on
    version: int = VERSION

    def slot_at(self, now: datetime) -> int | None:
        """Return the slot that contains a moment, None when the plan does not cover it."""
        if not self.slots:
            return None
        passed = now.astimezone(UTC) - self.slots[0].astimezone(UTC)
        index = int(passed // timedelta(minutes=self.slot_min))
        return index if 0 <= index < len(self.slots) else None

    def wants(self, device: str, now: datetime) -> bool | None:
        """Return whether a load is to be on at a moment; None when the plan does not say."""
        index, row = self.slot_at(now), self.devices.get(device)
        return None if index is None or row is None else bool(row[index])

    def on_until(self, device: str, now: datetime) -> datetime | None:
        """Return when the run of a load that is on now ends, None when it is not on."""
        index, row = self.slot_at(now), self.devices.get(device)
        if index is None or row is None or not row[index]:
            return None
        while index < len(row) and row[index]:
            index += 1
        return self.slots[index - 1] + timedelta(minutes=self.slot_min)

    def grid_w(self) -> tuple[float, ...]:
        """Return the grid's power in each slot: what the house, the loads, the sun and the battery leave to it."""
        battery = self.battery_w or (0.0,) * len(self.slots)
        return tuple(
            base - sun - stored + load
            for base, sun, stored, load in zip(self.inputs.base_w, self.inputs.solar_w, battery, self.loads_w)
        )

    @property
    def loads_w(self) -> tuple[float, ...]:
        """The planned loads' power together, slot by slot."""
        rows = [(self.powers_w.get(name, 0.0), row) for name, row in self.devices.items()]
        return tuple(sum(power for power, row in rows if row[index]) for index in range(len(self.slots)))


def mean(numbers: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(numbers) / len(numbers) if numbers else 0.0
