"""When a need is moved: two readings of the meter start it for the sun, and five move a run that is under way.

    worth        what the other slot saves, of a kWh's price; the sun is the mean of some minutes
    carried      the meter shows sun enough for the load alone, and nobody before it is about to take that

Sun that carries a load is taken in two readings unless a later slot is clearly cheaper; anything finer (part of the
load on sun, part from the grid) is a trade against the later slot, and must be worth it.
"""

from __future__ import annotations

from solarctl.control.apply_memory import Track
from solarctl.value import replace

RUNS = 2  # readings that must agree before the sun starts or stops anything
LASTING = 5  # readings that must agree before a planned run is paused: a kettle is no cloud
MARGIN = 0.1  # of a kWh's price: what moving a run must be worth at least
KEEP = 0.02  # of a kWh's price: what a run that was moved to now must still be worth


def planned_now(track: Track, on: bool, worth: float, carried: bool) -> tuple[bool, Track]:
    """Return whether a need that is planned for now runs; `worth`: what waiting would save."""
    dearer = worth > MARGIN and not carried
    short = track.short + 1 if dearer else 0
    enough = track.enough + 1 if carried and not on else 0
    waits = short >= LASTING if on else worth > MARGIN and enough < RUNS
    return not waits, replace(track, short=short, enough=enough)


def planned_later(track: Track, on: bool, worth: float, carried: bool) -> tuple[bool, Track]:
    """Return whether a need that is planned for later runs already; `worth`: what running it now saves."""
    if on:
        short = track.short + 1 if worth < (-MARGIN if carried else KEEP) else 0
        return short < RUNS, replace(track, short=short, enough=0)
    enough = track.enough + 1 if worth > (-MARGIN if carried else MARGIN) else 0
    return enough >= RUNS, replace(track, enough=enough, short=0)
