"""Windows on the days when clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.tariff import Settings, Span, Tariff, Window

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


def span(day: date, start: time, end: time, zone: ZoneInfo = LOS_ANGELES) -> Span:
    (found,) = Tariff(Settings(windows=(Window(from_=start, to=end),)), zone).windows_on(day)
    return found


def test_a_lead_into_the_missing_hour() -> None:
    """Ten minutes before 03:00 on the day of the jump is 01:50: 02:50 does not exist."""
    house = Tariff(Settings(windows=(Window(from_=time(3), to=time(5)),)), LOS_ANGELES)
    assert house.peak_at(datetime(2026, 3, 8, 9, 50, tzinfo=UTC), lead_min=10) is not None
    assert house.peak_at(datetime(2026, 3, 8, 9, 49, 59, tzinfo=UTC), lead_min=10) is None
    assert house.next_edge(datetime(2026, 3, 8, 8, tzinfo=UTC), 10) == datetime(2026, 3, 8, 9, 50, tzinfo=UTC)


def test_the_hour_that_comes_twice() -> None:
    """A window begins the first time its hour comes and ends the second time."""
    once_more = span(AUTUMN, time(1), time(1, 30))
    assert once_more.start.astimezone(UTC) == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    assert once_more.end.astimezone(UTC) == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    assert once_more.contains(datetime(2026, 11, 1, 8, 45, tzinfo=UTC).astimezone(LOS_ANGELES))
    assert once_more.contains(datetime(2026, 11, 1, 1, 15, fold=1, tzinfo=LOS_ANGELES))
    assert not once_more.contains(datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=LOS_ANGELES))


def test_the_hour_that_is_missing() -> None:
    """What begins or ends in the missing hour does so when the clocks jump; a window inside it is not there."""
    jump = datetime(2026, 3, 8, 10, 0, tzinfo=UTC)
    assert span(SPRING, time(2, 15), time(4)).start.astimezone(UTC) == jump
    assert span(SPRING, time(1), time(2, 45)).end.astimezone(UTC) == jump
    inside = Tariff(Settings(windows=(Window(from_=time(2, 15), to=time(2, 45)),)), LOS_ANGELES)
    assert inside.windows_on(SPRING) == ()


def test_length_of_a_whole_day() -> None:
    """From 00:00 to 24:00 is 23 hours in spring and 25 in autumn."""
    lengths = [span(day, time(0), time(0)) for day in (SPRING, AUTUMN)]
    assert [(one.end.astimezone(UTC) - one.start.astimezone(UTC)).seconds // 3600 for one in lengths] == [23, 1]
    assert (lengths[1].end.astimezone(UTC) - lengths[1].start.astimezone(UTC)).days == 1


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(datetime(2026, 3, 6), datetime(2026, 3, 10))
    | st.datetimes(datetime(2026, 10, 30), datetime(2026, 11, 3)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(
        ["America/Los_Angeles", "America/Phoenix", "Europe/Amsterdam", "Australia/Lord_Howe", "Asia/Tokyo"]
    ),
    st.integers(0, 90),
)
def test_edges_are_where_peak_changes(utc: datetime, start: time, end: time, zone: str, lead_min: int) -> None:
    """Just before the next edge it is as now, and at the edge it is not, in every zone and on every day."""
    house = Tariff(Settings(windows=(Window(from_=start, to=end, days="mon-sat"),)), ZoneInfo(zone))
    now = utc.replace(tzinfo=UTC)
    edge = house.next_edge(now, lead_min)
    inside = house.peak_at(now, lead_min) is not None
    assert edge is not None
    assert edge.astimezone(UTC) > now
    assert (house.peak_at(edge, lead_min) is not None) is not inside
    middle = now + (edge.astimezone(UTC) - now) * 0.999999
    assert (house.peak_at(middle, lead_min) is not None) is inside
