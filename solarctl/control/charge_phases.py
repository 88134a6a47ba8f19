"""One phase or three: from 1.4 kW on instead of 4.1 kW, at the price of a pause for each change.

    three -> one    too little for three, enough for one, for the disable delay (at once while not charging)
    one -> three    more than one phase can carry, and enough for three, for the enable delay
    between two changes lie `phase_hold_min` minutes, for the relay's sake

A running charge is paused for the change: cars that are switched under load keep to one phase, or fault.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from solarctl.value import value

SETTLE = timedelta(seconds=55)  # a pause of one run; reference values are 60 s and more
WAKE_A = 7  # newer firmware waits minutes at exactly 6 A after a change to one phase


@value
class PhaseMemory:
    """`use`: phases offered (None: never switched); `since`: how long the other number has been the better one."""

    use: int | None = None
    since: datetime | None = None
    switched_at: datetime | None = None
    resume: bool = False  # a charge was interrupted for the change and goes on


@value
class Amps:
    """What the surplus would pay for on one phase and on three, and the bounds of both."""

    on_one: int
    on_three: int
    most_on_one: int
    min_a: int


def choose(memory: PhaseMemory, amps: Amps, now: datetime, *, charging: bool, up_s: float, down_s: float,
           hold_min: float) -> PhaseMemory:  # fmt: skip
    """Return what is to be used from now on."""
    use = memory.use or 3
    if use == 3:
        other_is_better = amps.on_three < amps.min_a <= min(amps.on_one, amps.most_on_one)
        wait_s = down_s if charging else 0.0
    else:
        other_is_better = amps.on_one > amps.most_on_one and amps.on_three >= amps.min_a
        wait_s = up_s if charging else 0.0
    if not other_is_better:
        return PhaseMemory(memory.use, None, memory.switched_at, memory.resume)
    since = memory.since or now
    held = memory.switched_at is None or now - memory.switched_at >= timedelta(minutes=hold_min)
    if held and now - since >= timedelta(seconds=wait_s):
        return PhaseMemory(4 - use, None, now, charging)
    return PhaseMemory(memory.use, since, memory.switched_at, memory.resume)


def is_settling(memory: PhaseMemory, now: datetime) -> bool:
    """Return whether charger and car are still busy with a change."""
    return memory.switched_at is not None and now - memory.switched_at < SETTLE
