"""Windows of the day: seasons, weekdays, midnight, holidays, versions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.control.tariff import Holidays, Price, Settings, Tariff, Version, Window
from solarctl.control.tariff_settings import day_words
from solarctl.holiday_dates import compute

PHOENIX = ZoneInfo("America/Phoenix")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
SUMMER = Window(from_=time(14), to=time(20), months=(5, 6, 7, 8, 9, 10), days="mon-fri", import_price=0.24)
WINTER = {"months": (11, 12, 1, 2, 3, 4), "days": "mon-fri"}
SRP = Settings(
    holidays=Holidays(country="US"),
    windows=(
        SUMMER,
        Window(from_=time(5), to=time(9), name="morning", **WINTER),
        Window(from_=time(17), to=time(21), name="evening", **WINTER),
    ),
)


def tariff(settings: Settings, zone: ZoneInfo = PHOENIX, years: range = range(2020, 2030)) -> Tariff:
    return Tariff(settings, zone, compute(settings, years))


def with_windows(*windows: Window, **more: object) -> Settings:
    return Settings(windows=windows, **more)  # type: ignore[arg-type]


EXAMPLES = [  # the worked examples of a Phoenix tariff: peak (a window's name) or not
    ("2026-07-15T13:55:00", "peak"),
    ("2026-07-15T13:50:00", "peak"),  # the lead's start counts
    ("2026-07-15T13:49:59", None),
    ("2026-07-15T19:59:59", "peak"),
    ("2026-07-15T20:00:00", None),  # the end does not
    ("2026-07-18T15:00:00", None),  # a Saturday
    ("2026-07-03T15:00:00", None),  # 4 July 2026 is a Saturday
    ("2026-07-02T15:00:00", "peak"),
    ("2026-12-24T18:00:00", "evening"),  # 25 December 2026 is a Friday itself
    ("2026-12-25T18:00:00", None),
    ("2026-01-05T04:55:00", "morning"),
    ("2026-01-05T12:00:00", None),
    ("2026-11-02T14:30:00", None),
    ("2026-10-30T14:30:00", "peak"),
    ("2026-01-06T04:55:00+00:00", None),  # Monday 21:55 in Phoenix, whatever the host's clock says
    ("2021-12-31T18:00:00", None),  # 1 January 2022 is a Saturday
    ("2027-12-24T18:00:00", None),
    ("2027-12-31T18:00:00", None),
    ("2026-05-01T06:00:00", None),
    ("2026-04-30T06:00:00", "morning"),
]


@pytest.mark.parametrize(("moment", "name"), EXAMPLES)
def test_worked_examples(moment: str, name: str | None) -> None:
    """Peaks begin with their lead and end sharp, in the site's zone, never on weekends or observed holidays."""
    now = datetime.fromisoformat(moment)
    now = now if now.tzinfo else now.replace(tzinfo=PHOENIX)
    span = tariff(SRP).peak_at(now, lead_min=10)
    assert (span.name if span else None) == name


def test_the_host_s_zone_plays_no_part() -> None:
    """A moment in UTC is judged by the wall clock of the site."""
    here = tariff(with_windows(SUMMER), LOS_ANGELES)
    assert here.peak_at(datetime(2026, 7, 16, 2, 59, 59, tzinfo=UTC)) is not None
    assert here.peak_at(datetime(2026, 7, 16, 3, 0, 0, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("mon-fri", "mon tue wed thu fri"),
        ("sat,sun", "sat sun"),
        ("daily", "mon tue wed thu fri sat sun"),
        ("fri-mon", "fri sat sun mon"),
        ("Monday, wed", "mon wed"),
        (("tue", "thu-fri"), "tue thu fri"),
        ("sun,holidays", "sun holidays"),
    ],
)
def test_words_for_days(days: str | tuple[str, ...], expected: str) -> None:
    """Days may be a range, a list, both, or all; a range may cross the weekend."""
    assert day_words(days) == set(expected.split())


def test_a_word_that_is_no_day_is_named() -> None:
    """A typing error in `days` is said, with what is allowed."""
    with pytest.raises(ValueError, match="'xmas' is no day"):
        day_words("mon,xmas")


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        ("11-01", "03-15", ("2026-11-01", "2026-12-31", "2027-01-01", "2027-03-15"), ("2026-10-31", "2027-03-16")),
        ("06-01", "09-30", ("2026-06-01", "2026-09-30"), ("2026-05-31", "2026-10-01")),
        ("02-15", "02-29", ("2027-02-28", "2028-02-29"), ("2028-03-01",)),
    ],
)
def test_seasons_by_day(first: str, last: str, inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    """A season's last day is in it, and a season may run across new year."""
    window = Window(from_=time(16), to=time(21), from_day=first, to_day=last)
    assert all(window.in_season(date.fromisoformat(day)) for day in inside)
    assert not any(window.in_season(date.fromisoformat(day)) for day in outside)


def test_a_window_across_midnight_belongs_to_the_day_it_begins() -> None:
    """Friday's night runs into Saturday; Saturday has none of its own."""
    night = tariff(with_windows(Window(from_=time(22), to=time(6), days="mon-fri")))
    assert night.peak_at(datetime(2026, 7, 18, 5, 59, tzinfo=PHOENIX)) is not None
    assert night.peak_at(datetime(2026, 7, 18, 6, 0, tzinfo=PHOENIX)) is None
    assert night.peak_at(datetime(2026, 7, 18, 23, 0, tzinfo=PHOENIX)) is None
    assert night.peak_at(datetime(2026, 7, 20, 5, 0, tzinfo=PHOENIX)) is None  # Sunday had none


def test_until_the_end_of_the_day() -> None:
    """`to = "24:00"` ends with the day, and from 00:00 to 24:00 is the whole of it."""
    evening = tariff(with_windows(Window(from_=time(16, 30), to=time(0))))
    assert evening.peak_at(datetime(2026, 7, 15, 23, 59, 59, tzinfo=PHOENIX)) is not None
    assert evening.peak_at(datetime(2026, 7, 16, 0, 0, tzinfo=PHOENIX)) is None
    assert evening.peak_at(datetime(2026, 7, 15, 16, 29, tzinfo=PHOENIX)) is None
    whole = tariff(with_windows(Window(from_=time(0), to=time(0), days="wed")))
    assert whole.windows_on(date(2026, 7, 15))[0].end == datetime(2026, 7, 16, 0, 0, tzinfo=PHOENIX)


def test_a_lead_before_midnight() -> None:
    """A peak that begins at midnight has its lead on the day before."""
    early = tariff(with_windows(Window(from_=time(0), to=time(5), days="wed")))
    assert early.peak_at(datetime(2026, 7, 14, 23, 55, tzinfo=PHOENIX), lead_min=10) is not None
    assert early.peak_at(datetime(2026, 7, 14, 23, 49, tzinfo=PHOENIX), lead_min=10) is None


def test_observance_rules() -> None:
    """4 July 2026 is a Saturday: only `nearest` moves it; 5 July 2027 follows a Sunday."""
    friday, monday = datetime(2026, 7, 3, 15, tzinfo=PHOENIX), datetime(2027, 7, 5, 15, tzinfo=PHOENIX)
    peaks = {
        observed: [
            tariff(with_windows(SUMMER, holidays=Holidays(country="US", observed=observed))).peak_at(day) is not None
            for day in (friday, monday)
        ]
        for observed in ("nearest", "sunday", "none")
    }
    assert peaks == {"nearest": [False, False], "sunday": [True, False], "none": [True, True]}


def test_extra_dates_need_no_country() -> None:
    """Dates of the owner's own count as holidays."""
    own = tariff(with_windows(SUMMER, holidays=Holidays(extra=(date(2026, 7, 15),))))
    assert own.is_holiday(date(2026, 7, 15))
    assert own.windows_on(date(2026, 7, 15)) == ()
    assert own.windows_on(date(2026, 7, 16)) != ()


def test_holidays_and_windows_that_are_no_peaks() -> None:
    """On a holiday a night price stays, a peak goes, and a window "for holidays" comes."""
    night = Window(from_=time(22), to=time(6), name="night", peak=False, import_price=0.05)
    lazy = Window(from_=time(8), to=time(22), name="lazy", peak=False, days="sat,sun,holidays")
    house = tariff(with_windows(SUMMER, night, lazy, holidays=Holidays(country="US")))
    assert [span.name for span in house.windows_on(date(2026, 7, 3))] == ["lazy", "night"]
    assert [span.name for span in house.windows_on(date(2026, 7, 2))] == ["peak", "night"]


def test_prices() -> None:
    """A window's price goes before the tariff's, a peak's before others', and what is not said is the tariff's."""
    shoulder = Window(from_=time(12), to=time(22), name="shoulder", peak=False, import_price=0.15, export_price=0.01)
    house = tariff(with_windows(shoulder, SUMMER))
    at = {hour: house.price_at(datetime(2026, 7, 15, hour, tzinfo=PHOENIX)) for hour in (11, 13, 15, 21, 22)}
    assert at == {
        11: Price(0.11, 0.03),
        13: Price(0.15, 0.01),
        15: Price(0.24, 0.03),
        21: Price(0.15, 0.01),
        22: Price(0.11, 0.03),
    }


def test_versions() -> None:
    """From `valid_from` on a version replaces what it says, and keeps what it does not."""
    later = Version(valid_from=date(2026, 8, 1), import_price=0.12, windows=(Window(from_=time(17), to=time(20)),))
    latest = Version(valid_from=date(2027, 1, 1), export_price=0.0)
    house = tariff(with_windows(SUMMER, versions=(latest, later)))
    noon = datetime(2026, 7, 31, 12, tzinfo=PHOENIX)
    assert house.price_at(noon) == Price(0.11, 0.03)
    assert house.price_at(noon + timedelta(days=1)) == Price(0.12, 0.03)
    assert house.price_at(noon + timedelta(days=365)) == Price(0.12, 0.0)
    assert [house.windows_on(day)[0].start.hour for day in (date(2026, 7, 31), date(2026, 8, 3))] == [14, 17]


def test_the_next_edge_of_the_peak() -> None:
    """The next edge is where peak begins (with its lead) or ends; windows that touch are one."""
    house = tariff(with_windows(SUMMER, Window(from_=time(20), to=time(21), days="wed")))
    assert house.next_edge(datetime(2026, 7, 15, 12, tzinfo=PHOENIX), 10) == datetime(
        2026, 7, 15, 13, 50, tzinfo=PHOENIX
    )
    assert house.next_edge(datetime(2026, 7, 15, 13, 50, tzinfo=PHOENIX), 10) == datetime(
        2026, 7, 15, 21, tzinfo=PHOENIX
    )
    assert house.next_edge(datetime(2026, 7, 17, 20, tzinfo=PHOENIX), 10) == datetime(
        2026, 7, 20, 13, 50, tzinfo=PHOENIX
    )
    assert tariff(Settings()).next_edge(datetime(2026, 7, 15, 12, tzinfo=PHOENIX)) is None
    always = tariff(with_windows(Window(from_=time(0), to=time(0))))
    assert always.next_edge(datetime(2026, 7, 15, 12, tzinfo=PHOENIX)) is None


def test_mistakes_in_windows_are_named() -> None:
    """Words that are no days, half a season and impossible dates are problems, not crashes."""
    wrong = Window(from_=time(1), to=time(2), days="mon-xyz", from_day="13-01")
    assert sorted(key for key, _ in wrong.problems()) == ["days", "from_day", "to_day"]
    assert [key for key, _ in Window(from_=time(1), to=time(2), days=()).problems()] == ["days"]
    twice = Version(valid_from=date(2027, 1, 1))
    assert [key for key, _ in Settings(versions=(twice, twice)).problems()] == ["versions"]
