"""How much charge the next peak will need: from the sun foreseen and the peak days gone by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.peak_memory import Experience, Outlook
from solarctl.control.peak_outlook import DAYS, expected_load, foreseen, learned, next_look, with_high
from solarctl.control.peak_phase import due
from solarctl.value import replace
from tests.peak_mode.forecast_parts import AHEAD, EVENING, MORNING, PEAK_DAY, days, experience, sun
from tests.peak_mode.peak_rule_parts import RESERVE, TARIFF, at

ALIKE = days(90, 90, 90, 90)  # 1.5 kW through the six hours of the peak: 9 kWh, and 0.5 kW else


@pytest.mark.parametrize(
    ("morning_kw", "peak_kw", "high_deg", "level_pct"),
    [
        (0.0, 0.0, 90, 80.0),  # 9.5 kWh in the cells are more than offpeak_reserve_pct allows
        (0.0, 2.0, 90, 35.0),  # the last two hours lack 3.2 kWh, the four before bring 1.5 of them; and a tenth
        (2.5, 0.0, 90, 30.0),  # the morning leaves 1.9 kW over for four hours: 7 kWh need not be kept
        (5.0, 0.0, 90, 20.0),  # the morning fills it alone: no more than what is kept for outages
        (0.0, 3.0, 90, 20.0),  # the sun of the peak leaves over what its last two hours lack
        (0.0, 3.0, 95, 45.0),  # not so on a hot day, as far as such days are known
    ],
)
def test_what_is_kept(morning_kw: float, peak_kw: float, high_deg: float, level_pct: float) -> None:
    """What the sun brings before and in the peak need not be kept; heat needs more; bounds are the owner's."""
    rows = (*ALIKE, *days(95, 95, 95))
    found = foreseen(sun(at(EVENING), morning_kw, peak_kw), experience(rows, high_deg), AHEAD, PEAK_DAY, at(EVENING))
    assert found.level_pct == pytest.approx(level_pct, abs=5.0)
    assert f"{high_deg} °F are expected" in found.because
    assert f"{found.level_pct:g} % are kept." in found.because


def test_in_the_owners_words() -> None:
    """The sentence names the sun, the heat, the need and what is kept."""
    found = foreseen(sun(at(EVENING), 2.0, 1.0), experience(ALIKE), AHEAD, PEAK_DAY, at(EVENING))
    assert found.because == (
        "Until Wed 20:00 12 kWh of sun and 90 °F are expected: the peak will need 5 kWh of the battery, "
        "so 20 % are kept."
    )


def test_a_peak_that_the_sun_carries() -> None:
    """Where the sun is enough to the end, nothing is kept beyond what is for outages, and it is said."""
    always = replace(sun(at(EVENING)), solar_w=(4000.0,) * 30)
    found = foreseen(always, experience(ALIKE), AHEAD, PEAK_DAY, at(EVENING))
    assert found.level_pct == 20.0
    assert "the sun will carry the peak" in found.because


@pytest.mark.parametrize(
    ("changes", "known", "trouble"),
    [
        (None, {}, "sun does not know the coming sun"),
        ({"solar_w": ()}, {}, "sun does not know the coming sun"),
        ({"source": "clear sky"}, {}, "sun does not know the coming sun"),
        ({"at": at(EVENING) - timedelta(hours=13)}, {}, "is 13 h old"),
        ({"solar_w": (float("nan"),) * 30}, {}, "powers that cannot be"),
        ({"solar_w": (-1.0,) * 30}, {}, "powers that cannot be"),
        ({"solar_w": (2e5,) * 30}, {}, "powers that cannot be"),
        ({"solar_w": (1.0,) * 20}, {}, "does not reach from now to the peak's end"),
        ({"start": at(EVENING) + timedelta(hours=1)}, {}, "does not reach from now to the peak's end"),
        ({}, {"high_deg": None}, "sky does not know how hot it will be"),
        ({}, {"high_deg": 999.0}, "sky tells a high of 999 °F"),
        ({}, {"rows": days(90, 90)}, "only 2 of 3 peak days have been learned from"),
    ],
)
def test_what_no_level_is_made_of(changes: dict[str, Any] | None, known: dict[str, Any], trouble: str) -> None:
    """A forecast that is missing, a guess, old, absurd or too short, no high, too few days: no level, and why."""
    told = None if changes is None else replace(sun(at(EVENING), 2.0, 2.0), **changes)
    knows = experience(known.pop("rows", ALIKE), **known)
    found = foreseen(told, knows, AHEAD, PEAK_DAY, at(EVENING))
    assert found.level_pct is None
    assert trouble in found.because


def test_without_a_weather_service_all_days_count() -> None:
    """Who names none needs no high: the days gone by count, the last ones a little more."""
    found = foreseen(
        sun(at(EVENING), 0.0, 2.0), experience(ALIKE, None), replace(AHEAD, weather=""), PEAK_DAY, at(EVENING)
    )
    assert found.level_pct is not None
    assert "°" not in found.because


rows = st.lists(st.one_of(st.none(), st.floats(40, 130)), min_size=3, max_size=DAYS)
powers = st.lists(st.floats(0, 12_000), min_size=30, max_size=30)


@settings(max_examples=60, deadline=None)
@given(rows, powers, st.floats(40, 130), st.integers(0, 80), st.integers(0, 40), st.floats(1, 40))
def test_whatever_is_foreseen_the_owners_bounds_hold(highs, watts, high_deg, floor, in_peak, capacity_kwh) -> None:
    """Never below what is kept for outages, never above the off-peak reserve; more sun never keeps more."""
    rule = replace(AHEAD, floor_pct=float(floor), peak_reserve_pct=float(in_peak), capacity_kwh=capacity_kwh)
    knows = experience(days(*highs), high_deg)
    levels = []
    for times in (1.0, 1.5):
        told = replace(sun(at(EVENING)), solar_w=tuple(times * one for one in watts))
        found = foreseen(told, knows, rule, PEAK_DAY, at(EVENING)).level_pct
        assert found is not None
        assert max(20.0, floor) <= found <= max(80.0, floor)
        levels.append(found)
    assert levels[1] <= levels[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 8), min_size=3, max_size=10), st.floats(40, 130), rows)
def test_no_day_is_expected_that_was_not_seen(loads, high_deg, highs) -> None:
    """However hot it will be, each hour is expected between the least and the most that past days took."""
    known = [
        replace(one, load_kwh=(load,) * 24) for one, load in zip(days(*(highs * 4)[: len(loads)]), loads, strict=False)
    ]
    found = expected_load(known, high_deg, "F")
    assert found is not None
    assert all(min(loads) - 1e-9 <= hour <= max(loads) + 1e-9 for hour in found)


def test_a_hot_day_is_expected_to_be_like_hot_days() -> None:
    """Of mild days and hot ones, a hot day takes what the hot ones took."""
    known = days(90, 110, 90, 110, 90)
    mild, hot = (expected_load(known, high, "F") for high in (90, 110))
    assert mild is not None
    assert hot is not None
    assert mild[16] == pytest.approx(1.5, abs=0.1)
    assert hot[16] == pytest.approx(5.5, abs=0.1)
    assert mild[3] == hot[3] == pytest.approx(0.5)


def test_a_day_is_learned_from_its_readings() -> None:
    """A whole day's load by the hour, beside its high; a day with an hour of silence or nonsense teaches nothing."""
    day = at(MORNING).date()
    rows = [{"at": f"2026-07-15T{hour:02}:{minute:02}:00-07:00", "load_w": 1000.0 + hour}
            for hour in range(24) for minute in (0, 30)]  # fmt: skip
    known = learned(with_high(Experience(), day, 101.0, at(EVENING)), day, rows)
    assert (known.days[0].day, known.days[0].high_deg, known.days[0].load_kwh[23]) == (day, 101.0, 1.02)
    assert learned(known, day, rows).days == known.days  # twice is once
    for spoilt in (rows[:-2], [*rows[:-2], {**rows[-1], "load_w": -5.0}], [*rows[:-2], {**rows[-1], "load_w": None}]):
        assert learned(Experience(), day, spoilt).days == ()


def test_only_so_many_days_are_kept() -> None:
    """State stays small: the last thirty peak days, and the highs of as many days as can still be learned."""
    known, day = Experience(), at(MORNING).date()
    for number in range(40):
        today = day + timedelta(days=number)
        known = with_high(known, today, 100.0, at(EVENING))
        known = learned(known, today, [{"at": f"{today}T{hour:02}:00:00", "load_w": 1.0} for hour in range(24)])
    assert len(known.days) == DAYS
    assert known.days[-1].day == today
    assert len(known.highs) <= 10


@pytest.mark.parametrize(
    ("when", "is_due"),
    [
        ("2026-07-14T15:00", False),  # a peak: nothing is kept
        ("2026-07-14T20:00", True),  # the evening before
        ("2026-07-17T21:00", False),  # a Friday: Monday's peak is too far
        ("2026-07-19T19:59", False),
        ("2026-07-19T20:00", True),  # Sunday evening
        ("2026-12-01T12:00", True),  # winter's evening peak, after the morning's
    ],
)
def test_when_to_look_ahead(when: str, is_due: bool) -> None:
    """From eighteen hours before a peak until it begins."""
    assert (due(None, TARIFF, AHEAD, at(when)) is not None) is is_due
    assert due(None, TARIFF, RESERVE, at(when)) is None  # without a forecast never


def test_how_often_to_look() -> None:
    """Once an hour; where there was no forecast after a quarter; at once where the outlook is of another peak."""
    assert PEAK_DAY is not None
    now = at(MORNING)

    def looked(minutes: float, level_pct: float | None = 50.0) -> bool:
        made = Outlook(now - timedelta(minutes=minutes), PEAK_DAY.start, level_pct)
        return due(made, TARIFF, AHEAD, now) is not None

    assert [looked(0), looked(59), looked(60), looked(-5)] == [False, False, True, True]
    assert [looked(14, None), looked(15, None)] == [False, True]
    other = Outlook(now, PEAK_DAY.start - timedelta(days=1), 50.0)
    assert due(other, TARIFF, AHEAD, now) is not None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6 * 24 * 12), st.integers(0, 400), st.sampled_from([None, 40.0]))
def test_nothing_is_due_before_the_next_look(start: int, older: int, level_pct: float | None) -> None:
    """A simulation that waits for the next look misses none."""
    now = at("2026-07-13T00:00") + timedelta(minutes=5 * start)
    peak = TARIFF.next_peak(now)
    assert peak is not None
    known = Outlook(now - timedelta(minutes=5 * older), peak.start, level_pct)
    following = next_look(known, TARIFF, AHEAD, now)
    ends = following or TARIFF.next_edge(now, AHEAD.lead_min)
    assert ends is not None
    while now < ends and TARIFF.next_peak(now) == peak:
        assert due(known, TARIFF, AHEAD, now) is None
        now += timedelta(minutes=5)
