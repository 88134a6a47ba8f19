"""Which tokens are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from solarctl.control.token_refresh import Reason, Settings, Token, decide, length

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
EIGHT_HOURS = 28_800.0


def token(left_h: float | None, lifetime_s: float = EIGHT_HOURS, account: str = "tesla") -> Token:
    return Token(account, NOON + timedelta(hours=left_h) if left_h is not None else None, lifetime_s)


TABLE = [  # tokens, margin in minutes, force, reason, renewed
    ([token(4.02)], 21_600, False, Reason.NOT_DUE, []),  # obtained 09:00, now 12:59: half of its life is left
    ([token(3.98)], 21_600, False, Reason.DUE, ["tesla"]),  # 13:01
    ([token(2.0)], 60, False, Reason.NOT_DUE, []),  # a smaller margin counts
    ([token(0.9)], 60, False, Reason.DUE, ["tesla"]),
    ([token(-5)], 21_600, False, Reason.DUE, ["tesla"]),
    ([token(None)], 21_600, False, Reason.DUE, ["tesla"]),  # none yet
    ([token(14 * 24, 45 * 86_400)], 21_600, False, Reason.DUE, ["tesla"]),  # the seed's 15 days of 45
    ([token(16 * 24, 45 * 86_400)], 21_600, False, Reason.NOT_DUE, []),
    ([token(None, float("inf"))], 21_600, False, Reason.NOT_DUE, []),  # a third party's, which does not run out
    ([token(None, float("inf"))], 21_600, True, Reason.NOT_DUE, []),
    ([token(7)], 21_600, True, Reason.FORCED, ["tesla"]),
    ([token(7), token(0.5, 7200, "tuya")], 21_600, False, Reason.DUE, ["tuya"]),
    ([], 21_600, False, Reason.NO_TOKENS, []),
]


@pytest.mark.parametrize(("tokens", "margin_min", "force", "reason", "renewed"), TABLE)
def test_due(tokens: list[Token], margin_min: float, force: bool, reason: Reason, renewed: list[str]) -> None:
    """Due is what has less left than the margin or half of its life, whichever is smaller."""
    decision = decide(tokens, Settings(margin_min), NOON, force=force)
    assert (decision.reason, [action.device for action in decision.actions]) == (reason, renewed)
    assert decision.because.endswith(".")


def test_the_table_uses_every_reason() -> None:
    """No reason is left untested; `logged-in` is the command's own."""
    assert {row[3] for row in TABLE} | {Reason.LOGGED_IN} == set(Reason)


def test_lengths() -> None:
    """Times are said as people say them."""
    assert [length(s) for s in (30, 3599, 3600, 5400, 86_400, 200_000)] == [
        "1 min",
        "60 min",
        "1 h",
        "1.5 h",
        "24 h",
        "2 days",
    ]


def test_the_next_to_run_out_is_named() -> None:
    """Of several tokens the first to end, and how long it still has."""
    tokens = [token(300, 45 * 86_400, "car"), token(7.5, EIGHT_HOURS, "tesla"), token(40 * 24, 60 * 86_400, "tuya")]
    decision = decide(tokens, Settings(60), NOON)
    assert decision.reason is Reason.NOT_DUE
    assert "the token of tesla is the next to run out, in 7.5 h" in decision.because


def test_the_margin_itself_is_not_yet_due() -> None:
    """Due is less than the margin."""
    assert decide([token(1.0)], Settings(60), NOON).reason is Reason.NOT_DUE


def test_two_days_are_days() -> None:
    """From 48 hours on days are counted."""
    assert (length(48 * 3600 - 1), length(48 * 3600)) == ("48 h", "2 days")
