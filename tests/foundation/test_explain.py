"""What is done is said in words, whatever wrote it down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from solarctl import decision
from solarctl.decision import Carried, Outcome
from solarctl.explain import describe

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TARGETS = {
    "switch": True,
    "power": 500.0,
    "limit": 9,
    "reserve": 20.0,
    "mode": "backup",
    "permissions": ("charge_allowed",),
    "cool-setpoint": 78.0,
    "heat-setpoint": 60.0,
    "resume-schedule": True,
    "token": "until 14:00",
    "mail": "the evening",
}


@pytest.mark.parametrize("kind", get_args(decision.Action), ids=lambda kind: kind.action)
def test_every_kind_of_action_has_words(kind):
    """No action is told by its bare name and value."""
    action = {"action": kind.action, "device": "thing", "to": TARGETS[kind.action], "outcome": "done"}
    line = describe({"because": "So.", "actions": [action]}).splitlines()[1]
    assert line.strip()
    assert not line.strip().startswith(f"{kind.action} thing:")


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (
            {"action": "set", "device": "relay", "to": {"countdown_1": 30}, "outcome": "done"},
            "set countdown_1 = 30 of relay",
        ),
        ({"action": "polish", "device": "sun", "to": 3, "outcome": "done"}, "polish sun: 3"),
        ({"action": "power", "device": "heater", "to": None, "outcome": "failed"}, "power heater: None (failed)"),
        ({"action": "mode", "device": "x", "to": "{0}", "outcome": "dry-run"}, "would set x to {0}"),
        ({"device": "x"}, "None x: None"),
    ],
)
def test_rows_of_other_versions_and_odd_ones_are_told_too(action, words):
    """History outlives versions: what is not known is printed as it stands."""
    assert describe({"because": "", "actions": [action]}).splitlines()[1].strip() == words


def test_carried_actions_are_told():
    """What a run carried out reads as it was."""
    carried = Carried(decision.SwitchTo("relay", True), Outcome.UNCHANGED, NOW)
    assert describe({"because": "So.", "actions": [carried.to_json()]}) == "So.\n  switch relay on (already so)"
