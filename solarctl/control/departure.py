"""Energy that must be in the car by a time of day: the sun first, the tariff's cheapest hours for the rest.

Of equal prices the latest hours are taken, to leave the sun a chance; a tenth of the time is kept in hand.
What the charger has delivered since the last departure counts; a session counter that falls back to 0 does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta

from solarctl.settings import setting
from solarctl.value import value

IN_HAND = 0.1  # of the time that is needed
ENOUGH_KWH = 0.05  # of a need; less is noise of the counter

QUARTER_S = 900

Slot = tuple[datetime, datetime, float]  # from, to, price


@value
class Departure:
    """Energy that must be in the car by a time of day."""

    kwh: float = setting(gt=0, le=200, help="how much the car needs")
    by: time = setting(help="by when, each day")


@value
class Delivered:
    """What the car has got since the last departure; `counter_kwh` is the session counter's last value."""

    kwh: float = 0.0
    counter_kwh: float | None = None
    due: datetime | None = None

    def counted(self, counter_kwh: float | None, *, connected: bool, due: datetime) -> Delivered:
        """Return the sum after another look at the session counter."""
        kwh = self.kwh if self.due == due else 0.0
        if not connected:
            return Delivered(kwh, None, due)  # the next session starts at 0
        if counter_kwh is None:
            return Delivered(kwh, self.counter_kwh, due)
        if self.counter_kwh is None:
            # a session found running: what it got before we looked belongs to this departure, if nothing else does
            return Delivered(kwh or counter_kwh, counter_kwh, due)
        if counter_kwh < self.counter_kwh:
            return Delivered(kwh, self.counter_kwh, due)  # a spurious 0
        return Delivered(kwh + counter_kwh - self.counter_kwh, counter_kwh, due)


@value
class Need:
    """What is still missing by `due` (in the site's zone), and when the grid helps (in UTC)."""

    kwh: float
    due: datetime
    hours: tuple[tuple[datetime, datetime], ...]

    def is_now(self, now: datetime) -> bool:
        return any(start <= now.astimezone(UTC) < end for start, end in self.hours)

    def told(self) -> str:
        """Return the hours as people write them."""
        zone = self.due.tzinfo
        local = [(start.astimezone(zone), end.astimezone(zone)) for start, end in self.hours]
        return ", ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in local)


def need(departure: Departure, delivered: Delivered, power_w: float, price_at: Callable[[datetime], float],
         now: datetime) -> Need | None:  # fmt: skip
    """Return what must still come and in which hours, at `power_w`; None when nothing is missing."""
    due = departure_at(departure.by, now)
    missing_kwh = departure.kwh - (delivered.kwh if delivered.due == due else 0.0)
    if missing_kwh < ENOUGH_KWH or power_w <= 0:
        return None
    hours = missing_kwh * 1000 / power_w * (1 + IN_HAND)
    slots = [(start, end, price_at(start.astimezone(now.tzinfo))) for start, end in quarters(now, due)]
    return Need(missing_kwh, due, tuple(blocks(cheapest(slots, hours))))


def departure_at(by: time, now: datetime) -> datetime:
    """Return the next moment at which it is `by` o'clock, in the zone of `now`."""
    at = datetime.combine(now.date(), by, now.tzinfo)
    return at if at > now else datetime.combine(now.date() + timedelta(days=1), by, now.tzinfo)


def quarters(now: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return the time from now to `until` in slots that end on the quarter hour, in UTC."""
    slots: list[tuple[datetime, datetime]] = []
    start_s, until_s = now.timestamp(), until.timestamp()
    while start_s < until_s:
        end_s = min(until_s, (start_s // QUARTER_S + 1) * QUARTER_S)
        slots.append((datetime.fromtimestamp(start_s, UTC), datetime.fromtimestamp(end_s, UTC)))
        start_s = end_s
    return slots


def cheapest(slots: Iterable[Slot], hours: float) -> list[Slot]:
    """Return the cheapest slots that make up `hours`, by time; of equal prices the latest."""
    chosen: list[Slot] = []
    missing_s = hours * 3600
    for slot in sorted(slots, key=lambda slot: (slot[2], -slot[0].timestamp())):
        if missing_s <= 0:
            break
        chosen.append(slot)
        missing_s -= (slot[1] - slot[0]).total_seconds()
    return sorted(chosen)


def blocks(chosen: Sequence[Slot]) -> list[tuple[datetime, datetime]]:
    """Return adjoining slots as one block each."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end, _ in chosen:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
