"""When something ends, as people type it: one reader for every command that takes an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solarctl.errors import UsageError
from solarctl.until import LATEST, after, end_of

PRAGUE = ZoneInfo("Europe/Prague")
NOW = datetime(2026, 7, 1, 13, 55, tzinfo=PRAGUE)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("18:00", "2026-07-01T18:00"), ("13:55", "2026-07-02T13:55"), ("6:00", "2026-07-02T06:00"),
        ("24:00", "2026-07-02T00:00"), ("today 18:00", "2026-07-01T18:00"), ("tomorrow", "2026-07-02T00:00"),
        ("Tomorrow 06:00", "2026-07-02T06:00"), ("tomorrow at 06:00", "2026-07-02T06:00"),
        ("friday", "2026-07-03T00:00"), ("fri 18:00", "2026-07-03T18:00"), ("wed 18:00", "2026-07-01T18:00"),
        ("wed 06:00", "2026-07-08T06:00"), ("wednesday", "2026-07-08T00:00"), ("tuesday, 7:30", "2026-07-07T07:30"),
        ("2h", "2026-07-01T15:55"), ("+2h", "2026-07-01T15:55"), ("90min", "2026-07-01T15:25"),
        ("1h30m", "2026-07-01T15:25"), ("2 hours", "2026-07-01T15:55"), ("3d", "2026-07-04T13:55"),
        ("2w", "2026-07-15T13:55"), ("2026-07-14", "2026-07-14T00:00"), ("2026-07-14T18:00", "2026-07-14T18:00"),
        ("2026-07-14 18:00", "2026-07-14T18:00"), ("2026-07-14T16:00Z", "2026-07-14T18:00"),
    ],
)  # fmt: skip
def test_what_is_understood(text: str, end: str) -> None:
    """Hours, days, weekdays, spans and dates: always a moment to come, in the site's zone."""
    assert end_of(text, NOW).isoformat(timespec="minutes") == f"{end}+02:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", "is no time"), ("", "is no time"), ("25:00", "is no time"), ("tomorrow 99:00", "is no time"),
        ("t", "is no time"), ("7", "is no time"), ("-2h", "is no time"), ("2026-13-01", "is no time"),
        ("today 06:00", "is past"), ("today", "is past"), ("2001-01-01", "is past"),
        ("2026-07-01T13:55", "is past"), ("0min", "is not between"), ("5 parsecs", "time span"),
        ("9999-12-31T23:59:59-12:00", "too far away"), ("20260-07-14", "is no time"), ("2226-07-14", "hundred years"),
        ("99999w", "is not between"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, said: str) -> None:
    """What is no time, past, or mistyped by centuries is told so, with ways to write it."""
    with pytest.raises(UsageError, match=said) as caught:
        end_of(text, NOW)
    assert "tomorrow 06:00" in caught.value.hint


@pytest.mark.parametrize(
    ("now", "text", "end"),
    [
        ("2026-10-25T00:30+02:00", "2h", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T00:30+02:00", "3h", "2026-10-25T02:30:00+01:00"),  # the hour comes twice
        ("2026-10-25T02:40+02:00", "02:50", "2026-10-25T02:50:00+02:00"),
        ("2026-10-25T02:40+02:00", "02:30", "2026-10-25T02:30:00+01:00"),  # the second one is still to come
        ("2026-03-29T01:30+01:00", "1h", "2026-03-29T03:30:00+02:00"),
        ("2026-03-29T01:30+01:00", "02:30", "2026-03-29T03:30:00+02:00"),  # that time is leapt over
    ],
)
def test_when_the_clocks_change(now: str, text: str, end: str) -> None:
    """A span is as long as it says, and a time of day is the next one that comes."""
    assert end_of(text, datetime.fromisoformat(now).astimezone(PRAGUE)).isoformat() == end


WORDS = (
    "today",
    "tomorrow",
    "fri",
    "friday",
    "18:00",
    "02:30",
    "24:00",
    "+",
    "2h",
    "at",
    " ",
    "2026-10-25",
    "T",
    "Z",
    "9",
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=4).map("".join) | st.text(max_size=12), st.integers(0, 366 * 24 * 4))
@example("²h", 0)
@example("٣h", 0)
def test_nothing_breaks_it(text: str, quarter: int) -> None:
    """Whatever is typed, at whatever hour of a year: a moment to come within a hundred years, or a usage error."""
    now = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarter)).astimezone(PRAGUE)
    try:
        end = end_of(text, now)
    except UsageError:
        return
    assert timedelta(0) < end.astimezone(UTC) - now.astimezone(UTC) <= LATEST
    assert end.tzinfo is PRAGUE


def test_a_span_over_the_change_of_clocks() -> None:
    """Two hours are two hours, whatever the clocks on the wall do meanwhile."""
    before = datetime(2026, 3, 29, 1, 30, tzinfo=PRAGUE)
    assert after(before, timedelta(hours=2)).isoformat() == "2026-03-29T04:30:00+02:00"
