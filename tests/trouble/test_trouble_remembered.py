"""What is remembered of troubles may be damaged; what the mail offers fits the trouble."""

from __future__ import annotations

import pytest

from tests.trouble.stories import NOON, Story


@pytest.mark.parametrize("kind", ["x", "77", None, 0, [], {}, 77.5])
def test_a_kind_that_is_none(kind):
    """A memory that says no known kind is none: the trouble is new, and mailed once."""
    story = Story()
    story.memory = {"grid-guard": {"kind": kind, "since": NOON.isoformat(), "told": [77], "mails": []}}
    story.run(77)
    story.run(77)
    assert len(story.mails) == 1


@pytest.mark.parametrize(("code", "offered"), [(77, True), (76, True), (69, True), (78, False), (74, False)])
def test_asking_every_device_is_offered_where_it_helps(code, offered):
    """A mistake in the config or a full disk is found without asking anybody."""
    (text,) = Story().run(code).texts
    assert ("solarctl check --online" in text.split("Meanwhile")[0]) is offered
    assert "Try it by hand: solarctl grid-guard -v" in text
