"""From a market's price to what the house pays: price = (spot + markup) × (1 + tax) + grid_fee, per kWh.

The market's price is in EUR; `rate` makes another currency of it before anything comes on top.
Negative market prices stay negative. Hours and quarter-hours are means of what the market tells; what it does not tell
is None, and the command takes the tariff's price there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from solarctl.context import Context
from solarctl.drivers.answers import moment
from solarctl.drivers.kept_answers import KeptAnswers
from solarctl.drivers.time_series import Steps, from_json
from solarctl.errors import DeviceUnreachable
from solarctl.readings import PriceReading
from solarctl.settings import setting, time_of_day
from solarctl.value import value

A_DAY_MIN = 24 * 60
ASK_AGAIN_MIN = 30.0  # for prices that are not out yet
PUBLISHED, DAY_ENDS = time(10, 30), time(22)  # in UTC, of Central Europe's summer: nothing happens earlier than that

Fee = float | tuple[float, ...] | dict[str, float]


@value(kw_only=True)
class Surcharge:
    """What comes on top of the market's price."""

    rate: float = setting(1.0, gt=0, help="what one EUR of the market is in your currency, where that is another")
    markup: float = setting(0.0, help="what the supplier adds, per kWh, before tax")
    tax: float = setting(0.0, ge=0, help="tax as a share: 0.21 is 21 %")
    grid_fee: Fee = setting(
        0.0, help='added after tax: a number, 24 numbers, or by hours: { "07:00" = 0.09, "23:00" = 0.03 }'
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if wrong := fee_problem(self.grid_fee):
            yield "grid_fee", wrong

    def price(self, spot: float, at: datetime) -> float:
        """Return what a kWh costs at a local moment."""
        return (spot * self.rate + self.markup) * (1 + self.tax) + fee_at(self.grid_fee, at)


def fee_at(fee: Fee, at: datetime) -> float:
    """Return the grid's fee at a local moment: one number, 24 numbers, or by the time from which on it holds.

    >>> fee_at({"07:00": 0.09, "23:00": 0.03}, datetime(2026, 7, 1, 6, 30))
    0.03
    """
    if isinstance(fee, float | int):
        return float(fee)
    if isinstance(fee, Mapping):
        edges = sorted((time_of_day(text), number) for text, number in fee.items())
        begun = [number for edge, number in edges if edge <= at.time().replace(tzinfo=None)]
        return begun[-1] if begun else edges[-1][1]
    return fee[at.hour]


def fee_problem(fee: Fee) -> str:
    """Return what is wrong with a grid fee, or nothing."""
    if isinstance(fee, tuple) and len(fee) != 24:
        return f"needs one number, or 24 (one for each hour), not {len(fee)}"
    if isinstance(fee, Mapping):
        try:
            edges: list[time] = [time_of_day(text) for text in fee]
        except (ValueError, TypeError):
            return 'by hours is written { "07:00" = 0.09, "23:00" = 0.03 }: from when on which fee holds'
        if not edges:
            return "is empty"
    return ""


class SpotPrices:
    """One market's prices, kept on disk: once told they do not change."""

    def __init__(self, name: str, context: Context, *, key: str, surcharge: Surcharge) -> None:
        self._name = name
        self._context = context
        self._key = key
        self._surcharge = surcharge

    def read(
        self, fetch: Callable[[datetime, datetime], Steps], start: datetime, end: datetime, slot_min: int
    ) -> PriceReading:
        """Return the price of each slot that begins before `end`; the first one contains `start`."""
        step_s = slot_min * 60
        first_s = int(start.timestamp() // step_s) * step_s
        count = max(1, -int((first_s - end.timestamp()) // step_s))
        now = self._context.clock.now()

        def asked() -> dict[str, object]:
            since = min(start, now).astimezone(UTC) - timedelta(days=1)
            return {"prices": fetch(since, max(end, now).astimezone(UTC) + timedelta(days=1)).to_json()}

        def covers(kept: Mapping[str, object]) -> bool:
            steps = from_json(kept.get("prices"))
            return steps is not None and steps.mean(first_s, first_s + step_s) is not None

        ends = self._end_of(now)
        answers = KeptAnswers(self._name, self._context, key=self._key, refresh_min=A_DAY_MIN)
        if ends is not None and ends < min(end, _told_until(now)).timestamp():
            answers = KeptAnswers(self._name, self._context, key=self._key, refresh_min=ASK_AGAIN_MIN)
        kept = answers.get(asked, is_enough=covers)
        steps = from_json(kept.get("prices")) if kept else None
        if kept is None or steps is None:
            raise DeviceUnreachable(self._name, answers.trouble or "it tells no prices")
        prices = [self._price(steps, first_s + index * step_s, step_s) for index in range(count)]
        present = self._price(steps, now.timestamp() // 900 * 900, 900) if _inside(now, start, end) else prices[0]
        fetched = moment(kept["fetched_at"]) or now
        return PriceReading(
            at=fetched.astimezone(self._context.timezone),
            price=present if present is not None else prices[0],
            start=datetime.fromtimestamp(first_s, UTC).astimezone(self._context.timezone),
            slot_min=slot_min,
            prices=tuple(prices),
        )

    def _end_of(self, now: datetime) -> float | None:
        """Return until when the kept prices reach, in seconds since 1970."""
        kept = KeptAnswers(self._name, self._context, key=self._key, refresh_min=A_DAY_MIN).load()
        steps = from_json(kept.get("prices")) if kept else None
        return steps.end_s if steps else None

    def _price(self, steps: Steps, start_s: float, step_s: float) -> float | None:
        """Return the mean price of a slot; fees may change within it."""
        parts = max(1, round(step_s / 900))
        prices: list[float] = []
        for part in range(parts):
            begin = start_s + part * step_s / parts
            spot = steps.mean(begin, begin + step_s / parts)
            if spot is None:
                return None
            at = datetime.fromtimestamp(begin, UTC).astimezone(self._context.timezone)
            prices.append(self._surcharge.price(spot, at))
        return round(sum(prices) / parts, 6)


def _told_until(now: datetime) -> datetime:
    """Return until when a market's prices may be known: today's end, from noon on tomorrow's."""
    utc = now.astimezone(UTC)
    return datetime.combine(utc.date() + timedelta(days=int(utc.time() >= PUBLISHED)), DAY_ENDS, UTC)


def _inside(now: datetime, start: datetime, end: datetime) -> bool:
    return start <= now < end
