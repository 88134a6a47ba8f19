"""What a run gathers on the way, and the exit code that follows from it."""

from __future__ import annotations

import pytest

from solarctl.errors import DeviceLoginError, DeviceRefused, DeviceUnreachable, Exit, StateError
from solarctl.findings import Findings

SILENT = DeviceUnreachable("car", "no answer")


def test_the_same_trouble_is_noted_once():
    """Four readings of one dead device are one error; another device, or another kind, is another."""
    found = Findings()
    for error in (SILENT, DeviceUnreachable("car", "no answer"), DeviceUnreachable("p1", "no answer")):
        found.note(error)
    found.note(DeviceRefused("car", "no answer"))
    assert [(type(error).__name__, error.device) for error in found.errors] == [
        ("DeviceUnreachable", "car"),
        ("DeviceUnreachable", "p1"),
        ("DeviceRefused", "car"),
    ]


def test_a_warning_is_said_once():
    """However many commands meet it."""
    found = Findings()
    for text in ("old", "old", "new"):
        found.warn(text)
    assert found.warnings == ["old", "new"]


@pytest.mark.parametrize(
    ("codes", "errors", "exit_code"),
    [
        ([], [], Exit.OK),
        ([Exit.OK], [SILENT], Exit.TRY_AGAIN),
        ([Exit.TRY_AGAIN], [DeviceLoginError("car", "no")], Exit.LOGIN),  # the more pressing of the two
        ([Exit.STATE], [DeviceLoginError("car", "no")], Exit.STATE),
        ([], [SILENT, StateError("full")], Exit.STATE),
    ],
)
def test_the_exit_code_is_the_most_pressing_one(codes, errors, exit_code):
    """Of what a decision asks for and what went wrong; nothing at all is 0."""
    found = Findings()
    for code in codes:
        found.answer({}, exit_code=code)
    for error in errors:
        found.note(error)
    assert found.exit_code == exit_code
    assert found.result()["exit"] == exit_code


def test_who_watches_hears_each_text_as_it_falls():
    """A sentence and a decision are told at once, an answer without a sentence says nothing."""
    heard: list[str] = []
    found = Findings()
    found.say("unheard")
    found.on_text = heard.append
    found.say("first")
    found.answer({"count": 1})
    found.answer({"more": 2}, "second")
    found.add_row({"because": "Battery at 12 %.", "actions": [], "reason": "low"})
    assert heard[:2] == ["first", "second"]
    assert "Battery at 12 %." in heard[2]
    assert found.texts == ["unheard", "first", "second"]


def test_the_object_has_the_last_decision_the_answers_and_the_errors():
    """Later keys go before earlier ones."""
    found = Findings()
    found.add_row({"reason": "low", "count": 0})
    found.add_row({"reason": "hold", "count": 0})
    found.answer({"count": 3})
    found.note(SILENT)
    result = found.result()
    assert (result["reason"], result["count"], result["exit"]) == ("hold", 3, Exit.TRY_AGAIN)
    assert [error["kind"] for error in result["errors"]] == ["DeviceUnreachable"]
