"""What simulate stands on: the timetable, the swift tariff, climates, recorded sun, spreading over cores."""

from __future__ import annotations

import os
import signal
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.control.tariff import Settings, Tariff, Window
from solarctl.errors import UsageError
from solarctl.schedule.crontab import parse
from solarctl.simulation.climates import PLACES, PUBLISHED, nearest
from solarctl.simulation.money import SwiftTariff, prices_of
from solarctl.simulation.recorded import from_csv, from_history, whole_days
from solarctl.simulation.spread import WorkerDied, spread
from solarctl.simulation.timetable import Timetable, entries
from solarctl.virtualhome.sky import Sky

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = timedelta(days=1)


class Someone:
    def __init__(self, command):
        self.command = command


def due(text, day):
    seat = Someone("grid-guard")
    table = Timetable(entries(parse(text).ours), [seat], AMSTERDAM).day(day)
    return [minute for minute, seats in enumerate(table) if seats], len(table)


@pytest.mark.parametrize(
    ("line", "day", "minutes", "length"),
    [
        ("0,30 12-13 * * *", date(2026, 7, 1), [720, 750, 780, 810], 1440),
        ("0 12 * * mon-fri", date(2026, 7, 3), [720], 1440),
        ("0 12 * * mon-fri", date(2026, 7, 4), [], 1440),
        ("0 12 * * *", date(2026, 3, 29), [660], 1380),  # noon is an hour earlier on the day that loses one
        ("0 12 * * *", date(2026, 10, 25), [780], 1500),
    ],
)
def test_a_line_is_due_by_the_wall_clock(line, day, minutes, length):
    """Lines run at their wall-clock times, on their weekdays, also when the clocks change."""
    assert due(f"{line} solarctl grid-guard -q", day) == (minutes, length)


def test_two_lines_of_one_command_run_it_once_a_minute():
    """A minute that two lines name has one run."""
    text = "*/30 * * * * solarctl grid-guard\n0 * * * * solarctl grid-guard\n"
    seat = Someone("grid-guard")
    table = Timetable(entries(parse(text).ours), [seat], AMSTERDAM).day(date(2026, 7, 1))
    assert table[0] == [seat]
    assert sum(len(seats) for seats in table) == 48


WINDOWS = (
    Window(time(14), time(20), months=(5, 6, 7, 8, 9, 10), days="mon-fri", import_price=0.3),
    Window(time(22), time(1), name="late", import_price=0.4),
    Window(time(0, 30), time(6), name="night", peak=False, import_price=0.05),
)


def test_the_swift_tariff_says_what_the_tariff_says():
    """Kept answers about peaks, leads and edges are those of the tariff itself, through both clock changes."""
    settings = Settings(windows=WINDOWS)
    swift, plain = SwiftTariff(settings, AMSTERDAM), Tariff(settings, AMSTERDAM)
    t = datetime(2026, 3, 20, tzinfo=AMSTERDAM).timestamp()
    end = datetime(2026, 5, 20, tzinfo=AMSTERDAM).timestamp()
    while t < end:
        now = datetime.fromtimestamp(t, AMSTERDAM)
        for lead_min in (0.0, 10.0):
            assert swift.peak_at(now, lead_min) == plain.peak_at(now, lead_min)
            assert swift.next_edge(now, lead_min) == plain.next_edge(now, lead_min)
        t += 37 * 60


def test_a_day_s_prices_are_the_tariff_s():
    """The parts of a day have the price that the tariff has in each of their minutes."""
    tariff = SwiftTariff(Settings(windows=WINDOWS), AMSTERDAM)
    for day in (date(2026, 7, 1), date(2026, 7, 4), date(2026, 3, 29), date(2026, 10, 25)):
        start_s = datetime.combine(day, time(0), AMSTERDAM).timestamp()
        parts = prices_of(tariff, day, AMSTERDAM)
        length = round((datetime.combine(day + DAY, time(0), AMSTERDAM).timestamp() - start_s) / 60)
        for minute in range(0, length, 11):
            price = next(dear for first, dear, _ in reversed(parts) if first <= minute)
            assert price == tariff.price_at(datetime.fromtimestamp(start_s + minute * 60, AMSTERDAM)).import_price


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_generated_year_has_the_published_radiation(name):
    """The year's sum is within 7 %, and the year's course follows the published months closely."""
    place = next(one for one in PLACES if one.name == name)
    months = [0.0] * 12
    for seed in (1, 2):
        sky = Sky(place.latitude, place.longitude, seed=seed, climate=place.climate)
        for number in range(0, 365, 3):
            day = date(2025, 1, 1) + number * DAY
            sums = sum(sky.day((day - date(1970, 1, 1)).days).radiation()) / 60_000
            months[day.month - 1] += sums * 3 / 2
    published = PUBLISHED[name]
    assert sum(months) == pytest.approx(sum(published), rel=0.07)
    mean = sum(published) / 12
    unlike = sum((ours - theirs) ** 2 for ours, theirs in zip(months, published, strict=True))
    spread_of_months = sum((theirs - mean) ** 2 for theirs in published)
    assert 1 - unlike / spread_of_months > 0.75


def test_each_place_is_nearest_to_itself():
    """A site has the climate of its own region, wherever in the table it stands."""
    for place in PLACES:
        assert nearest(place.latitude + 0.3, place.longitude - 0.3) == place
    assert nearest(-33.9, 18.4).name in ("Phoenix", "Greensboro", "Turin", "Miami")


def rows(hours=30, header="time,solar_w,load_w", sep=","):
    start = datetime(2026, 6, 1, tzinfo=AMSTERDAM)
    lines = [sep.join([(start + timedelta(hours=h)).isoformat(), str(h % 24 * 10), "300"]) for h in range(hours)]
    return "\n".join([header, *lines])


def test_a_csv_is_read(tmp_path):
    """Commas, or semicolons with decimal commas; each row holds until the next; the first whole day is found."""
    plain, german = tmp_path / "a.csv", tmp_path / "b.csv"
    plain.write_text(rows())
    german.write_text("Time;load_w;solar_w\n2026-06-01T00:00;300,5;1,5\n2026-06-02T00:00;1;2\n")
    found = from_csv(plain, AMSTERDAM)
    assert whole_days(found, AMSTERDAM) == (date(2026, 6, 1), 1)
    day = found.day((date(2026, 6, 1) - date(1970, 1, 1)).days, found.solar_w)
    assert (day[0], day[59], day[60]) == (20.0, 20.0, 30.0)  # UTC midnight is two o'clock there
    assert from_csv(german, AMSTERDAM).load_w[0] == 300.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column time"),
        ("time,solar_w\n1,2", "no column load_w"),
        ("time,solar_w,load_w\n2026-06-01T00:00,x,2", "line 2"),
        ("time,solar_w,load_w\nyesterday,1,2", "no moment"),
        ("time,solar_w,load_w\n2026-06-01T00:00,nan,2", "between 0 and"),
        ("time,solar_w,load_w\n2026-06-01T00:00,-5,2", "between 0 and"),
        ("time,solar_w,load_w\n2026-06-01T00:00,1,2\n2026-06-01T05:00,1,2", "less than one day"),
    ],
)
def test_a_csv_that_makes_no_sense_is_refused(tmp_path, text, words):
    """Whatever is wrong with a file is said with its place."""
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=words):
        from_csv(path, AMSTERDAM)


class Past:
    def __init__(self, readings):
        self._readings = readings

    def readings(self, since=None, until=None):
        return self._readings


def test_history_without_a_load_meter_is_balanced():
    """Load is what grid, sun and battery bring together."""
    start = datetime(2026, 6, 1, tzinfo=AMSTERDAM)
    readings = []
    for hour in range(26):
        at = (start + timedelta(hours=hour)).isoformat()
        readings += [{"at": at, "grid_w": 100.0}, {"at": at, "solar_w": 400.0}, {"at": at, "battery_w": -200.0}]
    found = from_history(Past(readings), None, None)
    assert set(found.load_w) == {300.0}
    assert set(found.solar_w) == {400.0}


def test_what_rules_steer_is_not_the_house_s_own():
    """Car and boiler are taken off the house's load; they are simulated anew."""
    readings = []
    for hour in range(26):
        at = (datetime(2026, 6, 1, tzinfo=AMSTERDAM) + timedelta(hours=hour)).isoformat()
        readings += [{"at": at, "device": "meter", "load_w": 2500.0}, {"at": at, "device": "sun", "solar_w": 0.0}]
        readings += [{"at": at, "device": "car", "charger_w": 1400.0}, {"at": at, "device": "boiler", "power_w": 800.0}]
        readings += [{"at": at, "device": "lamp", "power_w": 60.0}]
    found = from_history(Past(readings), None, None, {"car", "boiler"})
    assert set(found.load_w) == {300.0}


def twice(number):
    return 2 * number


def ended(_number):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("how", [{"jobs": 1}, {"jobs": 2}])
def test_tasks_are_spread(how):
    """One process or several: the results are the same."""
    assert sorted(spread(twice, [1, 2, 3], **how)) == [(0, 2), (1, 4), (2, 6)]


def test_a_process_that_is_killed_is_said():
    """A process that ends in the middle (for want of memory) is no traceback."""
    with pytest.raises(WorkerDied, match="ended from outside") as found:
        list(spread(ended, [1, 2, 3], jobs=2))
    assert found.value.exit_code == 75
