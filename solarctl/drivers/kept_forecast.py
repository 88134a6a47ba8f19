"""A solar forecast for any span and slot: the service's answer, kept on disk; clear sky where it says nothing.

What was learned from the panels' real production (`correction`, by the command `forecast`) multiplies every value.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zlib import crc32

from solarctl.context import Context, Json
from solarctl.drivers.answers import moment, number
from solarctl.drivers.clear_sky import clear_sky_w
from solarctl.drivers.kept_answers import KeptAnswers
from solarctl.drivers.position import position
from solarctl.drivers.solar_planes import Panels
from solarctl.drivers.time_series import Steps, from_json
from solarctl.readings import ForecastReading
from solarctl.value import value

CLEAR_SKY = "clear sky"
USUAL_CLEARNESS = 0.5  # before any answer is known
A_DAY_S = 86_400
LARGEST_CORRECTION = (0.5, 1.5)


@value
class Answer:
    """What a service said, in W: the expected power, and the powers exceeded in 9 of 10 cases and in 1 of 10."""

    power: Steps
    low: Steps | None = None
    high: Steps | None = None


class KeptForecast:
    """One forecast device's answers. `source` is the service's name for people; `key` changes with what is asked."""

    def __init__(
        self,
        name: str,
        context: Context,
        source: str,
        panels: Panels,
        *,
        refresh_min: float | None = None,
        per_day: int = 0,
        key: str = "",
    ) -> None:
        self._name = name
        self._context = context
        self._source = source
        self._planes = panels.facing
        self.place = position(context, name, panels.latitude, panels.longitude)
        self._corrected = panels.correct
        key = f"{crc32(repr((source, key, self._planes, self.place)).encode()):08x}"
        young_min = panels.refresh_min if refresh_min is None else refresh_min
        self._answers = KeptAnswers(name, context, key=key, refresh_min=young_min, per_day=per_day)

    def count(self) -> None:
        """Count one request against the service's quota."""
        self._answers.count()

    def give_back(self) -> None:
        """Take the last request out of the count: it never got as far as the service."""
        self._answers.give_back()

    def read(self, fetch: Callable[[], Answer], start: datetime, end: datetime, slot_min: int) -> ForecastReading:
        """Return the mean power of each slot that begins before `end`; the first one contains `start`."""
        step_s = slot_min * 60
        first_s = int(start.timestamp() // step_s) * step_s
        count = max(1, -int((first_s - end.timestamp()) // step_s))

        kept = self._answers.get(lambda: self._kept(fetch()))
        steps = from_json(kept.get("power")) if kept else None
        low, high = (from_json(kept.get(name)) if kept else None for name in ("low", "high"))
        clearness, factor = self._clearness(kept), self._correction()

        def filled(steps: Steps | None) -> tuple[tuple[float, ...], int]:
            values, unknown = [], 0
            for index in range(count):
                begin = first_s + index * step_s
                found = steps.mean(begin, begin + step_s) if steps else None
                if found is None:
                    unknown += 1
                    found = self._clear_sky(begin, begin + step_s) * clearness
                values.append(max(0.0, found * factor))
            return tuple(values), unknown

        power_w, unknown = filled(steps)
        note = self._note(unknown, count)
        is_told = kept is not None and unknown < count
        fetched = moment(kept["fetched_at"]) if kept is not None and is_told else None
        return ForecastReading(
            at=(fetched or self._context.clock.now()).astimezone(self._context.timezone),
            start=datetime.fromtimestamp(first_s, UTC).astimezone(self._context.timezone),
            slot_min=slot_min,
            solar_w=power_w,
            low_w=filled(low)[0] if low and is_told else None,
            high_w=filled(high)[0] if high and is_told else None,
            source=self._source if is_told else CLEAR_SKY,
            note=note,
            guessed=unknown,
            correction=factor,
        )

    def _note(self, unknown: int, count: int) -> str:
        trouble = self._answers.trouble
        said = f"{self._source}: {trouble}" if trouble else f"{self._source} says nothing"
        if unknown == count:
            return f"{said}; clear sky times the last known clearness"
        return said if trouble else ""

    def _kept(self, answer: Answer) -> Json:
        start = self._context.clock.now().timestamp()
        start -= start % 900
        told = [
            (found, self._clear_sky(begin, begin + 900))
            for begin in (start + 900 * n for n in range(A_DAY_S // 900))
            if (found := answer.power.mean(begin, begin + 900)) is not None
        ]
        clear = sum(one for _found, one in told)
        kept: Json = {"power": answer.power.to_json()}
        for name, steps in (("low", answer.low), ("high", answer.high)):
            if steps is not None:
                kept[name] = steps.to_json()
        if clear > 0:
            kept["clearness"] = round(sum(one for one, _clear in told) / clear, 4)
            stored = self._context.store.get("devices", self._name)
            self._context.store.put("devices", self._name, stored | {"clearness": kept["clearness"]}, vital=True)
        return kept

    def _clearness(self, kept: Json | None) -> float:
        """Return which share of a clear day's energy was last foretold."""
        told = kept if kept and "clearness" in kept else self._context.store.get("devices", self._name)
        found = number(told.get("clearness"))
        return found if found is not None and found >= 0 else USUAL_CLEARNESS

    def _correction(self) -> float:
        found = number(self._context.store.get("devices", self._name).get("correction")) if self._corrected else None
        low, high = LARGEST_CORRECTION
        return 1.0 if found is None else min(high, max(low, found))

    def _clear_sky(self, start_s: float, end_s: float) -> float:
        return clear_sky_w(self._planes, *self.place, start_s, end_s)
