"""Who is told what, and when: one mail when something breaks, one when it works again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.errors import ConfigError, DeviceLoginError, DeviceUnreachable, Exit, StateError
from solarctl.trouble import FLAPPING_MAILS, PATIENCE, events, fingerprint, judge, should_print

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))
SILENT = DeviceUnreachable("inverter", "no answer from SolaxCloud within 10 s", hint="Is the dongle online?")
LOGIN = DeviceLoginError("inverter", "SolaxCloud refused the token", hint="Put a new token into solax.secret.")
ERRORS: dict[int, list[Exception]] = {75: [SILENT], 77: [LOGIN]}


class Story:
    """One command's runs, minute by minute; `mails` are the events so far."""

    def __init__(self, command: str = "grid-guard") -> None:
        self.memory: dict[str, Any] = {}
        self.command = command
        self.mails: list[str] = []
        self.texts: list[str] = []
        self.minute = 0.0

    def run(self, exit_code: int, *, after_min: float = 1, **options: Any) -> Story:
        self.minute += after_min
        now = NOON + timedelta(minutes=self.minute)
        memory, notes = judge(self.memory, self.command, exit_code, ERRORS.get(exit_code, []), now, **options)
        self.memory = json.loads(json.dumps(memory))  # it must survive state.json
        self.mails += [note.event for note in notes]
        self.texts += [f"{note.subject}\n{note.text}" for note in notes]
        return self


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


class TestWhatTheMailSays:
    def test_trouble(self):
        """What broke, since when, the next step, the command to try, and what happens meanwhile."""
        (text,) = Story().run(77).texts
        assert text.startswith("solarctl: grid-guard cannot log in\n")
        assert "inverter: SolaxCloud refused the token" in text
        assert "Wed 01 Jul 2026, 12:01" in text
        assert "Put a new token into solax.secret." in text
        assert "solarctl grid-guard -v" in text
        assert "nothing that needs this login" in text
        assert "one more mail" in text

    def test_silence_says_how_long(self):
        """The subject tells how long the device has been silent."""
        (text,) = Story().run(75).run(75, after_min=45).texts
        assert text.startswith("solarctl: grid-guard has been waiting in vain for 45 min\n")
        assert "Is the dongle online?" in text
        assert "tries again at every run" in text

    def test_recovery(self):
        """Since when it works, how long it did not, and what it had been."""
        text = Story().run(77).run(0, after_min=60 * 5).texts[-1]
        assert text.startswith("solarctl: grid-guard works again\n")
        assert "17:01" in text
        assert "for 5 h" in text
        assert "SolaxCloud refused the token" in text

    def test_without_an_error_the_decision_speaks(self):
        """A reading too old is no error of a device; the rule's own sentence says what is wrong."""
        old = "The last reading is 42 min old."
        memory, _ = judge({}, "grid-guard", 75, [], NOON, because=old)
        _, notes = judge(memory, "grid-guard", 75, [], NOON + PATIENCE, because=old)
        assert old in notes[0].text

    def test_a_bug_does_not_spill_its_words(self):
        """A foreign exception may carry a secret; only its kind is mailed."""
        _, notes = judge({}, "grid-guard", 1, [ValueError("token=s3cret")], NOON)
        assert "ValueError" in notes[0].text
        assert "s3cret" not in notes[0].text

    @pytest.mark.parametrize("exit_code", [1, 69, 74, 76, 77, 78, 99])
    def test_every_kind_has_a_title_and_a_next_step(self, exit_code):
        """No mail without a next step, also when the error itself knows none."""
        _, notes = judge({}, "plan", exit_code, [], NOON)
        assert "plan" in notes[0].subject
        assert len(notes[0].text.partition("What to do: ")[2].splitlines()[0]) > 15

    def test_a_note_becomes_a_mail(self):
        """Subject and text are those of the mail."""
        _, (note,) = judge({}, "plan", 78, [ConfigError("tariff.windows: is missing")], NOON)
        assert (note.mail().to, note.mail().text) == (note.subject, note.text)


def test_mail_events_choose():
    """Who wants to hear of trouble only hears of trouble only."""
    memory, trouble = judge({}, "plan", 77, [LOGIN], NOON)
    _, recovery = judge(memory, "plan", 0, [], NOON)
    assert [note.event for note in events(trouble + recovery, ["trouble"])] == ["trouble"]
    assert events(trouble + recovery, []) == []


CODES = st.sampled_from([0, 0, 75, 75, 77, 69, 1, 2, 143])
RUNS = st.lists(st.tuples(CODES, st.sampled_from([1, 5, 31, 90, -60, 100_000])), max_size=40)


@settings(max_examples=200, deadline=None)
@given(RUNS)
def test_no_story_mails_twice(runs):
    """Between two trouble mails there is a recovery or a new kind; a recovery follows a trouble mail only."""
    memory: dict[str, Any] = {}
    now = NOON
    told: list[int] = []  # kinds told since the last recovery
    for exit_code, minutes in runs:
        now += timedelta(minutes=minutes)
        memory, notes = judge(memory, "x", exit_code, ERRORS.get(exit_code, []), now)
        assert len(notes) <= 1
        for note in notes:
            if note.event == "recovery":
                assert exit_code == 0
                assert told
                told = []
            else:
                assert exit_code not in (0, 2, 143, *told)
                told.append(exit_code)


@settings(max_examples=100, deadline=None)
@given(RUNS, st.sampled_from([1, 69, 74, 75, 76, 77, 78]))
def test_lasting_trouble_is_told_whatever_came_before(runs, exit_code):
    """After any past, trouble that lasts longer than half an hour has been told."""
    memory: dict[str, Any] = {}
    now = NOON
    for code, minutes in runs:
        now += timedelta(minutes=minutes)
        memory, _ = judge(memory, "x", code, ERRORS.get(code, []), now)
    for _ in range(3):
        memory, _ = judge(memory, "x", exit_code, [], now)
        now += timedelta(minutes=16)
    assert exit_code in memory["x"]["told"]


class TestQuiet:
    def test_once_then_every_day(self):
        """`-q` prints the same trouble of the same command once, then every 24 h."""
        mark = fingerprint(75, [SILENT])
        memory: dict[str, Any] = {}
        printed = []
        for minute in range(3 * 24 * 60):
            news, memory = should_print(memory, "grid-guard", mark, NOON + timedelta(minutes=minute))
            printed += [minute] if news else []
        assert printed == [0, 24 * 60, 48 * 60]

    def test_another_trouble_or_command_is_printed(self):
        """Each trouble of each command is printed on its own."""
        memory: dict[str, Any] = {}
        seen = []
        for command, errors in (("a", [SILENT]), ("a", [LOGIN]), ("b", [SILENT]), ("a", [SILENT]), ("b", [SILENT])):
            news, memory = should_print(memory, command, fingerprint(75, errors), NOON)
            seen.append(news)
        assert seen == [True, True, True, False, False]

    def test_a_clock_set_back_prints_again(self):
        """What was printed in the future counts as never printed."""
        _, memory = should_print({}, "a", "mark", NOON + timedelta(days=900))
        assert should_print(memory, "a", "mark", NOON)[0]

    @pytest.mark.parametrize("broken", [3, [], {"mark": "then"}, {"mark": 7}, {"mark": "2026-07-01T11:00:00"}])
    def test_damaged_memory_prints(self, broken):
        """What cannot be read was not printed."""
        assert should_print({"a": broken}, "a", "mark", NOON)[0]

    def test_memory_does_not_grow(self):
        """Marks older than a day are dropped."""
        memory: dict[str, Any] = {}
        for day in range(9):
            _, memory = should_print(memory, "a", f"mark {day}", NOON + timedelta(days=day))
        assert len(memory["a"]) == 1

    def test_numbers_do_not_make_it_another_trouble(self):
        """ "42 s ago" and "43 s ago" are one trouble; another device, kind or code is another."""
        first = fingerprint(75, [DeviceUnreachable("relay1", "silent for 42 s")])
        assert first == fingerprint(75, [DeviceUnreachable("relay1", "silent for 43 s")])
        others = {
            fingerprint(75, [DeviceUnreachable("relay2", "silent for 42 s")]),
            fingerprint(77, [DeviceLoginError("relay1", "silent for 42 s")]),
            fingerprint(74, [StateError("the disk is full")]),
            fingerprint(75, []),
            fingerprint(Exit.BUG, [ValueError("42")]),
        }
        assert len(others | {first}) == 6

    def test_the_order_of_errors_does_not_matter(self):
        """Two dead devices are the same trouble in whichever order they were asked."""
        assert fingerprint(75, [SILENT, LOGIN]) == fingerprint(75, [LOGIN, SILENT])


def test_moments_may_be_in_any_zone():
    """The mail tells the house's time, whatever zone the memory was written in."""
    memory, _ = judge({}, "x", 75, [SILENT], NOON.astimezone(UTC))
    _, (note,) = judge(memory, "x", 75, [SILENT], NOON + PATIENCE)
    assert "12:00" in note.text
