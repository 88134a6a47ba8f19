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
    remember(house, 24 * 60 + 19, 19)
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


@pytest.fixture
def installed(house, cron):
    """The house with its recommended schedule, installed at noon; nothing had ever run."""
    assert house.run("crontab", "install").exit == 0
    return house


def missed(house) -> list[dict]:
    return house.json("status", "--offline")["missed"]


def test_after_a_first_install_nothing_was_missed(installed):
    """Yesterday nothing was installed; nor is a run missed that came by hand a day before the install."""
    assert missed(installed) == []
    remember(installed, 20 * 60)
    assert missed(installed) == []


def test_what_does_not_run_after_the_install_is_named(installed):
    """When cron itself does not run, an hour after the install the command is named, since the install."""
    installed.clock.sleep(3600)
    (gap,) = missed(installed)
    assert NOON <= datetime.fromisoformat(gap["at"]) <= NOON + timedelta(minutes=5)
    assert gap["until"] is None


def test_installing_again_forgives_nothing(installed, cron):
    """A second install, that changes other lines, leaves what was missed; a line whose hours it changes is new."""
    installed.clock.sleep(3600)
    stored = (cron / "stored").read_text()
    (cron / "stored").write_text(stored.replace("# record:", "# written by hand:"))
    assert installed.json("crontab", "install")["changed"] is True
    assert len(missed(installed)) == 1
    (cron / "stored").write_text(stored.replace("*/5", "*/7"))
    installed.run("crontab", "install")
    assert missed(installed) == []


def test_lines_by_hand_in_a_house_without_history(house, monkeypatch):
    """Nothing has ever run here, so nobody knows since when the lines are there."""
    schedule(house, monkeypatch, "*/5 * * * *")
    assert missed(house) == []


def test_lines_by_hand_count_from_the_first_record_of_any_command(house, monkeypatch):
    """Another command ran three hours ago for the first time: since then this one is wanted, and not before."""
    schedule(house, monkeypatch, "*/5 * * * *")
    history = History(house.state_dir, house.clock, PRAGUE)
    at = (NOON - timedelta(hours=3)).isoformat(timespec="seconds")
    history.append({"kind": "decision", "command": "plan", "at": at, "reason": "planned", "because": "."})
    (gap,) = missed(house)
    assert timedelta(minutes=170) < NOON - datetime.fromisoformat(gap["at"]) <= timedelta(minutes=180)


def test_a_damaged_note_counts_as_none(installed):
    """What the state has about the crontab and does not fit does not keep `status` from its answer."""
    path = installed.state_dir / "state.json"
    path.write_text(path.read_text().replace('"since":', '"sinced":'))
    assert installed.run("status", "--offline").exit == 0
    assert missed(installed) == []
