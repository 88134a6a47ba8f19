"""The notes the original scripts mailed when they did something: in the command's own words, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.decision import Carried, Decision, Outcome, SendMail, SetCoolSetpoint
from solarctl.notes import SUBJECT_LIMIT, of_actions

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=ZoneInfo("America/Phoenix"))


class Why(StrEnum):
    HOT = "hot-day"


HOT: Decision[Any] = Decision(Why.HOT, "108 °F are forecast, at least 105 °F.")
HALL, BEDROOM = SetCoolSetpoint("hall", 67), SetCoolSetpoint("bedroom", 67)


def told(*outcomes: Outcome, memory: Any = None, at: datetime = NOON, decision: Decision[Any] = HOT) -> Any:
    carried = [Carried(action, outcome, at) for action, outcome in zip((HALL, BEDROOM), outcomes, strict=False)]
    return of_actions(memory or {}, "precool", decision, carried, at)


def test_what_was_done_is_told_in_the_commands_words():
    """Subject: why. Text: why, and each action with what became of it."""
    note, _ = told(Outcome.DONE, Outcome.FAILED)
    assert note.event == note.command == "precool"
    assert note.subject == "solarctl precool: 108 °F are forecast, at least 105 °F."
    assert "cool hall to 67°" in note.text
    assert "cool bedroom to 67° (failed)" in note.text
    assert "12:00" in note.text


def test_nothing_written_nothing_told():
    """Already so, would be, or failed altogether (that is trouble): no note."""
    for outcome in (Outcome.UNCHANGED, Outcome.DRY_RUN, Outcome.FAILED):
        assert told(outcome, outcome) == (None, {})


def test_a_device_that_confirms_late_is_told_once():
    """Sent, still not confirmed, confirmed: one note."""
    note, memory = told(Outcome.PENDING)
    assert note is not None
    for minute, outcome in ((5, Outcome.PENDING), (10, Outcome.DONE)):
        again, memory = told(outcome, memory=memory, at=NOON + timedelta(minutes=minute))
        assert again is None


def test_the_same_tomorrow_is_news():
    """Each day's cooling is told."""
    _, memory = told(Outcome.DONE)
    assert told(Outcome.DONE, memory=memory, at=NOON + timedelta(days=1))[0] is not None


def test_there_and_back_and_there_again_is_three_notes():
    """A target reached, left and reached again within the hour is told each time."""
    notes, memory = [], {}
    for to in (67.0, 75.0, 67.0):
        carried = [Carried(SetCoolSetpoint("hall", to), Outcome.DONE, NOON)]
        note, memory = of_actions(memory, "precool", HOT, carried, NOON)
        notes.append(note)
    assert all(notes)


def test_a_mail_is_not_told_by_mail():
    """A command that sends a mail has told itself."""
    carried = [Carried(SendMail("mail", "evening"), Outcome.DONE, NOON)]
    assert of_actions({}, "eod-status", HOT, carried, NOON) == (None, {})


def test_a_long_sentence_fits_the_subject():
    """The first line, cut; the text has it all."""
    wordy: Decision[Any] = Decision(Why.HOT, "hot " * 100 + "\nand a second line")
    note, _ = told(Outcome.DONE, decision=wordy)
    assert len(note.subject) == SUBJECT_LIMIT
    assert "second line" in note.text
    silent: Decision[Any] = Decision(Why.HOT, "")
    assert told(Outcome.DONE, decision=silent)[0].subject == "solarctl precool: something was done"
