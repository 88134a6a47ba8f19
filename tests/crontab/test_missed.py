"""Runs that should have happened and did not, as `status` and the evening mail name them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.history import History
from solarctl.schedule.missed import gaps_of
from solarctl.schedule.zones import machine_zone
from solarctl.virtualhome.clock import DrivenClock

PRAGUE = ZoneInfo("Europe/Prague")
NOON = datetime(2026, 7, 15, 12, tzinfo=PRAGUE)


def minutes(*ago: float) -> list[datetime]:
    """Moments before noon, in order."""
    return [NOON - timedelta(minutes=one) for one in sorted(ago, reverse=True)]


FIVES = range(60, -1, -5)
SENTENCES = {
    "all ran": (FIVES, FIVES, []),
    "one of many was late": (FIVES, [one - 3 for one in FIVES if one != 30], []),
    "two in a row did not": (
        FIVES,
        [one for one in FIVES if one not in (35, 30)],
        ["it did not run between 11:25 and 11:35 (2 runs)."],
    ),
    "silence until now": (FIVES, range(60, 20, -5), ["it has not run since 11:40 (3 runs)."]),
    "it came back a moment ago": (FIVES, [60, 55, 0], ["it did not run between 11:10 and 12:00 (9 runs)."]),
    "the earlier of a pair": ([365, 1], [1], ["it should have run at 05:55 and did not."]),
    "the earlier of a pair, made up for in its own time": ([365, 1], [300, 1], []),
    "the later of a pair": ([365, 60], [365], ["it should have run at 11:00 and did not."]),
    "never": ([365], [], ["it should have run at 05:55 and did not."]),
    "yesterday": ([24 * 60], [], ["it should have run at Tue 12:00 and did not."]),
    "two nights": (
        [25 * 60, 60],
        [],
        ["it should have run at Tue 11:00 and did not.", "it should have run at 11:00 and did not."],
    ),
    "it may still come": ([365, 9], [365], []),
    "every minute, one did not": (range(60, -1, -1), [one for one in range(60, -1, -1) if one != 30], []),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_gaps_in_words(name):
    """Each scheduled moment wants a decision in its own time; what follows each other is one sentence."""
    moments, ran, sentences = SENTENCES[name]
    gaps = gaps_of("it", minutes(*moments), minutes(*ran), NOON)
    assert [one.sentence(NOON) for one in gaps] == sentences


@pytest.fixture
def house(house):
    """The house at noon."""
    house.clock = DrivenClock(NOON)
    return house


def remember(house, *ago_min: float) -> None:
    """Have history know decisions of grid-guard so many minutes ago."""
    history = History(house.state_dir, house.clock, PRAGUE)
    now = house.clock.now().astimezone(PRAGUE)
    for ago in ago_min:
        at = (now - timedelta(minutes=ago)).isoformat(timespec="seconds")
        history.append({"kind": "decision", "command": "grid-guard", "at": at, "reason": "hold", "because": "."})


def schedule(house, monkeypatch, *lines: str) -> None:
    path = house.folder / "mine"
    path.write_text("".join(f"{line} solarctl grid-guard -q\n" for line in lines))
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(path))


def at_minutes_ago(house, ago: float) -> str:
    """The five fields of a line that ran so long ago."""
    return f"{house.clock.now().astimezone(machine_zone()) - timedelta(minutes=ago):%M %H} * * *"


def test_a_later_run_does_not_hide_an_earlier_one_that_was_missed(house, monkeypatch):
    """Of a line for the peak's begin and one for its end only the second ran: status names the first."""
    schedule(house, monkeypatch, at_minutes_ago(house, 180), at_minutes_ago(house, 20))
    remember(house, 19)
    (missed,) = house.json("status", "--offline")["missed"]
    assert (missed["command"], missed["runs"]) == ("grid-guard", 1)
    ago = house.clock.now() - datetime.fromisoformat(missed["at"])
    assert timedelta(minutes=179) < ago < timedelta(minutes=182)
    assert "grid-guard should have run at" in house.run("status", "--offline").out


def test_a_line_that_is_new_was_not_missed_before(house, monkeypatch):
    """A frequent command whose first run of all was a while ago is not blamed for the time before."""
    schedule(house, monkeypatch, "*/5 * * * *")
    remember(house, *range(61, 0, -5))
    assert house.json("status", "--offline")["missed"] == []


def test_many_gaps_are_one_sentence(house, monkeypatch):
    """A computer that was off now and then: one sentence with the number of runs."""
    schedule(house, monkeypatch, "*/5 * * * *")
    remember(house, 26 * 60 + 5, *(ago for ago in range(26 * 60, 0, -5) if ago % 300 > 30))
    (missed,) = house.json("status", "--offline")["missed"]
    assert missed["runs"] > 20
    assert f"grid-guard did not run {missed['runs']} times between" in house.run("status", "--offline").out
