"""What was decided and measured, from journals and database alike."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

import pytest

from solarctl.errors import StateError
from solarctl.history import History
from tests.history.rows import AMSTERDAM, House, reading, readings, text
from tests.state.disks import SmallDisk


@pytest.fixture(params=["journal", "folded", "half"])
def week(request, house):
    """A week of two commands and a meter, in journals, folded, or half of each."""
    rows = []
    measured = []
    for day in range(7):
        for hour in range(3):
            rows.append(house.decide(because=f"day {day}, hour {hour}"))
            rows.append(house.decide("peak", command="peak-mode"))
            measured.append(house.measure(100.5 * hour, import_kwh=day + hour / 10))
            house.clock.advance(3600)
        if (request.param, day) in {("half", 2), ("half", 3)}:
            house.history.fold()
        house.clock.advance(21 * 3600)
    if request.param == "folded":
        house.history.fold()
    house.rows, house.measured = rows[::-1], measured
    return house


def same(found, expected):
    """Both have the same rows; those of one moment may come in any order."""
    by_moment = [sorted(rows, key=lambda row: (row["at"], row["command"]), reverse=True) for rows in (found, expected)]
    return by_moment[0] == by_moment[1] and [r["at"] for r in found] == [r["at"] for r in expected]


def test_all_decisions_are_found_newest_first(week):
    """Nothing is missing, nothing is there twice, wherever it is kept."""
    assert same(week.history.decisions(), week.rows)


def test_decisions_of_one_command(week):
    """`why peak-mode`."""
    wanted = [row for row in week.rows if row["command"] == "peak-mode"]
    assert week.history.decisions("peak-mode") == wanted
    assert week.history.decisions("peak-mode", limit=4) == wanted[:4]
    assert week.history.decisions("no-such-command") == []


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 100])
def test_the_last_decisions(week, limit):
    """`why --last 5`: the newest of all commands."""
    found = week.history.decisions(limit=limit)
    assert [row["at"] for row in found] == [row["at"] for row in week.rows[:limit]]


def test_decisions_between_two_moments(week):
    """Both ends count."""
    moments = [datetime.fromisoformat(row["at"]) for row in week.rows]
    since, until = moments[-10], moments[6]
    wanted = [row for row, at in zip(week.rows, moments) if since <= at <= until]
    assert same(week.history.decisions(since=since, until=until), wanted)
    assert same(week.history.decisions(until=until, limit=2), wanted[:2])


def test_readings_come_back_as_they_were(week):
    """All fields, oldest first."""
    assert week.history.readings() == week.measured
    assert week.history.readings(device="p1", what="grid") == week.measured
    assert week.history.readings(device="p2") == week.history.readings(what="solar") == []


def test_readings_between_two_moments(week):
    """Both ends count."""
    since, until = (datetime.fromisoformat(week.measured[i]["at"]) for i in (3, 8))
    assert week.history.readings(since=since, until=until) == week.measured[3:9]


def test_everything_can_be_exported_and_imported(week, tmp_path):
    """Another computer takes over: the same history, also when it is imported twice."""
    other = History(tmp_path / "other", week.clock, AMSTERDAM)
    exported = list(week.history.export())
    for _ in range(2):
        assert other.import_(exported) == len(exported)
        assert same(other.decisions(), week.rows)
        assert other.readings() == week.measured


def test_the_current_minute_is_seen(week):
    """What was decided just now is there, before anything is folded."""
    row = week.decide("low")
    assert week.history.decisions(limit=1) == [row]


def test_finished_days_are_folded_and_today_is_not(house):
    """The journal of today stays where runs write it."""
    house.decide()
    house.pass_days(1)
    house.decide()
    assert house.history.fold() == 1
    assert [path.name for path in (house.folder / "history").iterdir()] == ["2026-07-02.jsonl"]
    assert house.history.fold() == 0
    assert len(house.history.decisions()) == 2


def test_a_late_line_of_a_folded_day_is_added(house):
    """A run that began before midnight, or a clock put back: nothing is lost, nothing doubled."""
    first = house.decide(because="1")
    house.pass_days(1)
    house.history.fold()
    house.clock.advance(-86400 + 60)
    late = house.decide(because="2")
    late_reading = house.measure(5)
    house.pass_days(1)
    house.history.fold()
    assert house.history.decisions() == [late, first]
    assert house.history.readings() == [late_reading]


def test_a_reading_that_was_recorded_twice_counts_once(house):
    """SolaxCloud tells the same five minutes five times."""
    row = reading(house.now(), 100.0)
    for _ in range(3):
        house.history.append(readings(row))
        house.clock.advance(60)
    assert house.history.readings() == [row]


def test_unknown_values_stay_unknown(house):
    """null is null again, never 0; words and switches are kept as they are."""
    rows = [
        {"device": "car", "what": "charger", "at": text(house.now()), "charger_w": None, "mode": "ready", "on": True},
        {"device": "car", "what": "charger", "at": text(house.now() + timedelta(minutes=1)), "charger_w": 7.5},
    ]
    house.history.append(readings(*rows))
    for _ in range(2):
        found = house.history.readings()
        assert [row["charger_w"] for row in found] == [None, 7.5]
        assert [(row["mode"], row["on"]) for row in found] == [("ready", True), (None, None)]
        house.pass_days(1)
        house.history.fold()


def test_the_hour_that_comes_twice(house):
    """When summer time ends, 02:30 happens twice; both are kept."""
    house.clock.advance((datetime.fromisoformat("2026-10-25T00:30:00+00:00") - house.now()).total_seconds())
    first = house.measure(1)
    house.clock.advance(3600)
    second = house.measure(2)
    assert (first["at"], second["at"]) == ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")
    house.pass_days(1)
    house.history.fold()
    assert house.history.readings() == [first, second]


# --- trouble with the database


def test_a_damaged_database_costs_only_what_is_in_it(house):
    """The journals are still read; what to do is said; nothing is thrown away."""
    house.decide(because="old")
    house.pass_days(1)
    house.history.fold()
    today = house.decide(because="new")
    (house.folder / "history.db").write_bytes(b"this is no database" * 100)

    history = house.reopened()
    assert history.decisions() == [today]
    assert "damaged" in history.notices[0]
    assert "mv " in history.notices[0]
    assert history.readings() == []
    house.pass_days(1)
    with pytest.raises(StateError, match="damaged"):
        house.history.fold()
    assert history.decisions() == [today]


def test_a_damaged_block_costs_only_what_the_database_has(house):
    """A flipped bit inside a block is noticed."""
    house.decide(because="old")
    house.pass_days(1)
    house.history.fold()
    with sqlite3.connect(house.folder / "history.db") as connection:
        connection.execute("UPDATE decisions SET data = x'0102'")
    connection.close()
    today = house.decide(because="new")
    assert house.history.decisions() == [today]
    assert "damaged" in house.history.notices[0]


def test_a_newer_database_is_left_alone(house):
    """After a downgrade: told, and the journals pile up until the upgrade."""
    row = house.decide()
    with sqlite3.connect(house.folder / "history.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    house.pass_days(1)
    with pytest.raises(StateError, match="newer solarctl"):
        house.history.fold()
    assert house.history.decisions() == [row]
    assert "newer solarctl" in house.history.notices[0]


def test_a_full_disk_keeps_the_journals(disk: SmallDisk):
    """Folding fails in plain words; every row is still there, and is folded when there is room."""
    house = House(disk.folder / "state")
    rows = [house.decide(because=f"{number * 7919} " * 50) for number in range(20)]
    house.pass_days(1)
    disk.fill()
    if disk.mounted:
        with pytest.raises(StateError, match="disk is full"):
            house.history.fold()
    assert same(house.history.decisions(), rows[::-1])
    disk.free()
    assert house.history.fold() == 1
    assert same(house.history.decisions(), rows[::-1])


def test_who_folds_is_not_waited_for(house):
    """While another process folds, this one just reads."""
    row = house.decide()
    house.pass_days(1)
    with house.history._fold_lock():
        assert house.reopened().fold() == 0
        assert house.reopened().decisions() == [row]
