"""What energy costs: prices by the minute of a day, and a tariff that answers quickly when asked a million times."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from solarctl.control.tariff import Settings, Span, Tariff

DAY = timedelta(days=1)


class SwiftTariff(Tariff):
    """A tariff that keeps its last answer about peaks for as long as it holds: time only goes on in here."""

    def __init__(self, settings: Settings, zone: tzinfo, holidays: Collection[date] = ()) -> None:
        super().__init__(settings, zone, holidays)
        self._known: dict[float, tuple[datetime, datetime | None, Span | None]] = {}

    def peak_at(self, now: datetime, lead_min: float = 0.0) -> Span | None:
        return self._answer(now, lead_min)[2]

    def next_edge(self, now: datetime, lead_min: float = 0.0) -> datetime | None:
        return self._answer(now, lead_min)[1]

    def changes_on(self, day: date) -> Iterator[datetime]:
        """Yield moments of a local day (and some near it) at which the price may change."""
        for near in (day - DAY, day):
            for span in self.windows_on(near):
                yield span.start
                yield span.end

    def _answer(self, now: datetime, lead_min: float) -> tuple[datetime, datetime | None, Span | None]:
        known = self._known.get(lead_min)
        if known is None or not _holds(known, now):
            plain = Tariff(self.settings, self._zone, self._holidays)
            plain._days = self._days
            found = plain.peak_at(now, lead_min)
            until = plain.next_edge(now, lead_min)
            # a lead or a window that begins while another is still open changes the span, not the edge: ask daily
            span_end = None if found is None else found.end
            known = self._known[lead_min] = (now, until, found)
            if span_end is not None and until is not None and span_end.timestamp() < until.timestamp():
                del self._known[lead_min]
        return known


def _holds(known: tuple[datetime, datetime | None, Span | None], now: datetime) -> bool:
    since, until, found = known
    t = now.timestamp()
    if t < since.timestamp() or (until is not None and t >= until.timestamp()):
        return False
    # inside a lead the span is the same one; outside peaks there is none until the edge
    return found is not None or until is not None or t - since.timestamp() < 86_400


def prices_of(tariff: SwiftTariff, day: date, zone: tzinfo) -> list[tuple[int, float, float]]:
    """Return (first minute, import price, export price) for the parts of a local day that have one price."""
    start = datetime.combine(day, time(0), zone)
    start_s = start.timestamp()
    length = round((datetime.combine(day + DAY, time(0), zone).timestamp() - start_s) / 60)
    edges = {0}
    for moment in tariff.changes_on(day):
        minute = round((moment.timestamp() - start_s) / 60)
        if 0 < minute < length:
            edges.add(minute)
    parts = []
    for minute in sorted(edges):
        price = tariff.price_at(datetime.fromtimestamp(start_s + minute * 60, zone))
        parts.append((minute, price.import_price, price.export_price))
    return parts
