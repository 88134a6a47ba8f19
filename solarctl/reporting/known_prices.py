"""The price that really held in each slot: the market's, where `record` wrote it down, else the tariff's own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solarctl.control.tariff import Price, Tariff
    from solarctl.run import Run

SLOT = timedelta(minutes=15)  # as `record` writes them
SLOT_OF_MEANS = timedelta(hours=1)  # old history
ENOUGH = 0.95  # of the time; what lacks is priced by the tariff, and that is said


class KnownPrices:
    """A tariff whose import price is the market's wherever that is on record; it counts how often it is."""

    def __init__(self, tariff: Tariff, recorded: Iterable[Mapping[str, Any]] = ()) -> None:
        self.tariff = tariff
        self.asked = self.missed = 0
        points = {
            datetime.fromisoformat(row["at"]): float(row["price"])
            for row in recorded
            if row.get("what") == "price" and isinstance(row.get("price"), int | float)
        }
        self._edges: dict[date, list[datetime]] = {}
        self._known: dict[tuple[date, int], Price] = {}
        self._starts = sorted(points)
        self._prices = [points[start] for start in self._starts]
        steps = [later - earlier for earlier, later in zip(self._starts, self._starts[1:])]
        self._holds = SLOT_OF_MEANS if steps and min(steps) > SLOT else SLOT

    @property
    def is_enough(self) -> bool:
        """Whether nearly all prices that were asked for are the market's."""
        return not self.tariff.settings.prices or self.missed <= (1 - ENOUGH) * self.asked

    def price_at(self, now: datetime) -> Price:
        """Return the prices that held at a moment; what is sold earns the tariff's."""
        price = self._by_tariff(now)
        if not self.tariff.settings.prices:
            return price
        self.asked += 1
        index = bisect_right(self._starts, now) - 1
        if index < 0 or now - self._starts[index] >= self._holds:
            self.missed += 1
            return price
        return type(price)(self._prices[index], price.export_price)

    def _by_tariff(self, now: datetime) -> Price:
        """Return the tariff's price, worked out once for each stretch between two edges of its windows."""
        day, moment = self.tariff.day(now), now.astimezone(UTC)
        edges = self._edges.get(day)
        if edges is None:
            spans = [span for near in (-1, 0, 1) for span in self.tariff.windows_on(day + timedelta(days=near))]
            edges = sorted({edge.astimezone(UTC) for span in spans for edge in (span.start, span.end)})
            self._edges[day] = edges
        stretch = day, bisect_right(edges, moment)
        price = self._known.get(stretch)
        if price is None:
            price = self._known[stretch] = self.tariff.price_at(now)
        return price


def recorded(run: Run, tariff: Tariff, since: datetime, until: datetime) -> KnownPrices:
    """Return the prices of a span of time, as history has them."""
    market = tariff.settings.prices
    rows = run.history.readings(market, "price", since=since - SLOT_OF_MEANS, until=until) if market else ()
    return KnownPrices(tariff, rows)
