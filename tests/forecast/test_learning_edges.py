"""What the forecast learns from, to the edges: gaps, days told twice, clocks that change, cautious values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.control.forecast import (
    EDGE,
    LARGEST_GAP,
    Memory,
    Reason,
    Sample,
    decide,
    expecting,
    learned,
    produced_wh,
    slot_starts,
    to_json,
)
from solarctl.readings import ForecastReading

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 7, 1, tzinfo=UTC)
END = START + timedelta(days=1)


def forecast(start: datetime, count: int, slot_min: int = 60) -> ForecastReading:
    return ForecastReading(at=start, start=start, slot_min=slot_min, solar_w=(100.0,) * count, source="x")


def test_the_hour_that_comes_twice() -> None:
    """Slots go on in real time through the end of summer time: two o'clock is there twice."""
    starts = slot_starts(forecast(datetime(2026, 10, 25, 1, tzinfo=BERLIN), 4))
    assert [f"{at:%H:%M%z}" for at in starts] == ["01:00+0200", "02:00+0200", "02:00+0100", "03:00+0100"]


def test_cautious_and_bold_values_are_printed() -> None:
    """P10 and P90 are printed where the service tells both, rounded like the rest."""
    plain = forecast(START, 2)
    assert set(to_json(plain)) == {"start", "slot_min", "solar_w"}
    spread = to_json(replace(plain, low_w=(1.234, 2.0), high_w=(3.0, 4.567)))
    assert (spread["p10_w"], spread["p90_w"]) == ([1.2, 2.0], [3.0, 4.6])
    assert set(to_json(replace(plain, low_w=(1.0, 2.0)))) == {"start", "slot_min", "solar_w"}


def test_a_day_teaches_once() -> None:
    """The command runs many times after midnight; the day before counts once."""
    day = date(2026, 7, 1)
    once = learned(Memory(expected_wh={"2026-07-01": 10_000.0}), day, 12_000)
    assert once.ratios == {"2026-07-01": 1.2}
    assert learned(once, day, 5_000) == once


@pytest.mark.parametrize(("late", "believed"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_a_counter_must_be_seen_at_both_ends(late: timedelta, believed: bool) -> None:
    """Energy before the first or after the last look is nobody's guess."""
    for begin, end in ((START + EDGE + late, END), (START, END - EDGE - late)):
        samples = [Sample(begin, None, 100.0), Sample(end, None, 107.0)]
        assert (produced_wh(samples, START, END) == 7000) is believed


@pytest.mark.parametrize(("more", "known"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_powers_far_apart_are_not_joined(more: timedelta, known: bool) -> None:
    """A steady kilowatt, seen often enough, is 24 kWh; seen too seldom it is not known."""
    step = LARGEST_GAP + more
    count = int((END - START) / step) + 1
    samples = [Sample(START + step * n, 1000.0, None) for n in range(count)]
    found = produced_wh(samples, START, END)
    assert (found is not None) is known
    if found is not None:
        assert found == pytest.approx(1000 * (step * (count - 1)).total_seconds() / 3600)


def told_and_produced(ratios: list[float]) -> Memory:
    """Return what was learned of days whose production was so much of what had been told."""
    memory = Memory()
    for number, ratio in enumerate(ratios):
        day = date(2026, 1, 1) + timedelta(days=number)
        memory = learned(replace(memory, expected_wh={day.isoformat(): 10_000.0}), day, 10_000 * ratio)
    return memory


@pytest.mark.parametrize(
    ("ratios", "low", "high"),
    [
        ([0.5], 1.0, 1.0),  # one day proves nothing
        ([2.0], 1.0, 1.0),
        ([0.8] * 5, 0.8, 0.86),  # a service that is too bold
        ([0.8] * 10, 0.8, 0.8),
        ([0.8] * 9 + [2.0], 0.8, 0.8),  # one wild day
        ([1.0] * 9 + [0.3], 1.0, 1.0),
        ([1.0] * 8 + [0.3, 1.9], 1.0, 1.0),
        ([0.9] * 7 + [0.35] * 3, 0.88, 0.95),  # three days under thin snow
        ([1.0] * 5 + [0.02] * 10, 1.0, 1.0),  # deep snow, or an inverter that is off: no calibration
        ([0.0] * 20, 1.0, 1.0),
        ([0.3] * 10, 0.5, 0.5),  # never below half
        ([3.0] * 10, 1.5, 1.5),
        ([0.6] * 10 + [1.0] * 10, 1.0, 1.0),  # a tree was cut: ten days later nothing is left of it
    ],
)
def test_no_wild_day_spoils_the_forecast(ratios: list[float], low: float, high: float) -> None:
    """What is left out at both ends does not matter, and what is no calibration teaches nothing."""
    assert low - 1e-9 <= told_and_produced(ratios).correction <= high + 1e-9


def test_slots_without_a_word_are_said() -> None:
    """A service that ends before the span does is as fresh as ever; which part is a guess is told."""
    told = replace(forecast(START, 48), source="Forecast.Solar", guessed=12)
    decision = decide(told, Memory(), START)
    assert decision.reason is Reason.FORECAST
    assert "nothing about 12 of 48 slots" in decision.because
    assert decision.details["guessed_slots"] == 12
    assert expecting(Memory(), START.date(), told) == Memory()  # a guess teaches nothing


DAY = date(2026, 7, 8)


def noon_of(wh: float, **changes: object) -> ForecastReading:
    """Return a forecast of one hour at noon of DAY."""
    noon = datetime(2026, 7, 8, 12, tzinfo=UTC)
    return replace(ForecastReading(at=noon, start=noon, slot_min=60, solar_w=(wh,), source="a service"), **changes)


def test_what_is_expected_is_what_the_service_told() -> None:
    """Without our own correction in it; days of a week ago are forgotten."""
    before = Memory(expected_wh={"2026-07-01": 1.0, "2026-07-02": 2.0})
    after = expecting(before, DAY, noon_of(5000.0, correction=0.8))
    assert after.expected_wh == {"2026-07-02": 2.0, "2026-07-08": 6250.0}


@pytest.mark.parametrize("changes", [{"source": "clear sky"}, {"note": "kept since yesterday"}])
def test_a_guess_teaches_nothing(changes: dict[str, object]) -> None:
    """A clear sky, or an answer of long ago, is not held against the service."""
    assert expecting(Memory(), DAY, noon_of(5000.0, **changes)) == Memory()


@pytest.mark.parametrize(("expected_wh", "taught"), [(300.0, True), (299.0, False), (None, False)])
def test_a_day_too_dark_teaches_nothing(expected_wh: float | None, taught: bool) -> None:
    """Nor does one of which nothing had been told."""
    memory = Memory() if expected_wh is None else Memory(expected_wh={DAY.isoformat(): expected_wh})
    assert bool(learned(memory, DAY, 240.0).ratios) is taught
