"""What the mail says, what -q prints, and that no story mails twice."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.errors import ConfigError, DeviceLoginError, DeviceUnreachable, Exit, StateError
from solarctl.trouble import PATIENCE, events, fingerprint, judge, should_print
from tests.trouble.stories import ERRORS, LOGIN, NOON, SILENT, Story


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
