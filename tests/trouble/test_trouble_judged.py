"""When trouble is mailed: at once, after half an hour, once, and on recovery."""

from __future__ import annotations

import pytest

from solarctl.trouble import FLAPPING_MAILS, judge
from tests.trouble.stories import LOGIN, NOON, Story


@pytest.mark.parametrize("exit_code", [1, 69, 74, 76, 77, 78])
def test_five_failing_runs_and_a_recovery_are_one_mail_each_way(exit_code):
    """What needs a person is mailed at once, once; and once that it is over."""
    story = Story().run(0)
    for _ in range(5):
        story.run(exit_code)
    assert story.mails == ["trouble"]
    assert story.run(0).run(0).mails == ["trouble", "recovery"]


def test_silence_is_mailed_after_half_an_hour():
    """A cloud that is away for a while is nobody's business; after 30 unbroken minutes it is."""
    story = Story()
    for _ in range(30):
        story.run(75)
    assert story.mails == []
    assert story.run(75).mails == ["trouble"]
    for _ in range(300):
        story.run(75)
    assert story.run(0).mails == ["trouble", "recovery"]


def test_a_good_run_breaks_the_half_hour():
    """29 minutes of silence, a good run, 29 more: no mail, neither way."""
    story = Story()
    for _ in range(2):
        for _ in range(29):
            story.run(75)
        story.run(0)
    assert story.mails == []
    assert story.memory == {}


def test_a_run_that_tells_nothing_breaks_nothing():
    """Usage errors, Ctrl-C and SIGTERM are neither trouble nor recovery."""
    story = Story().run(2).run(130).run(143)
    assert (story.mails, story.memory) == ([], {})
    story.run(75).run(2, after_min=15).run(75, after_min=15)
    assert story.mails == ["trouble"]
    assert story.run(143).run(130).run(2).mails == ["trouble"]


def test_another_kind_is_another_mail_but_each_kind_once():
    """Silence that becomes a refused login is news; going back and forth between them is not."""
    story = Story().run(75).run(77)
    assert story.mails == ["trouble"]
    for _ in range(40):
        story.run(77).run(69)
    assert story.mails == ["trouble"] * 2
    for _ in range(40):
        story.run(75)
    assert story.mails == ["trouble"] * 3
    assert story.run(0).mails == ["trouble"] * 3 + ["recovery"]


def test_a_dry_run_tells_nobody_and_remembers_nothing():
    """`-n` and `--now` change nothing that the next run goes by."""
    assert Story().run(77, dry_run=True).mails == []
    story = Story().run(77)
    before = story.memory
    assert story.run(0, dry_run=True).mails == ["trouble"]
    assert story.memory == before


def test_commands_do_not_answer_for_each_other():
    """Each command has its own trouble."""
    memory, first = judge({}, "grid-guard", 77, [LOGIN], NOON)
    memory, second = judge(memory, "peak-mode", 77, [LOGIN], NOON)
    memory, over = judge(memory, "grid-guard", 0, [], NOON)
    assert [note.command for note in first + second + over] == ["grid-guard", "peak-mode", "grid-guard"]
    assert set(memory) == {"grid-guard", "peak-mode"}


def test_what_comes_and_goes_does_not_fill_the_mailbox():
    """Broken and mended every other minute for three hours: three mails each way, then only what lasts."""
    story = Story()
    for _ in range(25):
        story.run(69).run(0)
    assert story.mails == ["trouble", "recovery"] * FLAPPING_MAILS
    assert "only when it lasts" in story.texts[-2]
    story.run(69)
    for _ in range(30):
        story.run(69)
    assert story.mails.count("trouble") == FLAPPING_MAILS + 1


def test_after_a_quiet_hour_it_is_at_once_again():
    """Calm is remembered no longer than needed."""
    story = Story()
    for _ in range(5):
        story.run(69).run(0)
    story.run(0, after_min=61)
    assert story.memory == {}
    assert story.run(69).mails.count("trouble") == FLAPPING_MAILS + 1


def test_a_clock_set_back_silences_nothing_for_ever():
    """Silence that began "in the future" is told half an hour after the clock is right."""
    story = Story()
    story.minute = 60 * 24 * 365 * 10
    story.run(75)
    story.minute = 0
    assert story.run(75).mails == []
    assert story.run(75, after_min=31).mails == ["trouble"]
    story = Story()
    story.minute = 60 * 24 * 365
    story.run(77).run(0).run(77).run(0).run(77).run(0)
    story.minute = 0
    assert story.run(77).mails.count("trouble") == 4


def test_a_steady_state_is_not_written_again():
    """While nothing changes, memory does not change either: no wear of the card."""
    story = Story().run(77)
    before = story.memory
    assert all(story.run(77).memory == before for _ in range(5))
    story = Story().run(75)
    before = story.memory
    assert all(story.run(75).memory == before for _ in range(5))


@pytest.mark.parametrize(
    "broken",
    [[], "x", {"kind": "77"}, {"kind": 77}, {"kind": 77, "since": 3, "kind_since": "then", "told": "all", "mails": {}}],
)
def test_damaged_memory_is_no_trouble_of_its_own(broken):
    """Whatever stands in state.json, the next trouble is told."""
    _memory, notes = judge({"grid-guard": broken}, "grid-guard", 77, [LOGIN], NOON)
    assert [note.event for note in notes] == ["trouble"]
    memory, _notes = judge({"grid-guard": broken}, "grid-guard", 0, [], NOON)
    assert memory == {}
