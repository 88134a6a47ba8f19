"""What solarctl did, told so that a person can read it: one story per spell of steering, not one per minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from solarctl.reporting.report_decisions import Mark, in_a_row, marks

ZONE = ZoneInfo("America/Phoenix")
NINE = datetime(2026, 7, 15, 9, tzinfo=ZONE)


def _limit(minute: int, amps: int, reason: str = "surplus", command: str = "easee-balance") -> dict[str, object]:
    at = (NINE + timedelta(minutes=minute)).isoformat()
    action = {"device": "car", "action": "limit", "to": amps, "outcome": "done"}
    return {"command": command, "at": at, "reason": reason, "because": f"{amps} A.", "actions": [action], "exit": 0}


def _told(*rows: dict[str, object]) -> list[Mark]:
    return in_a_row(marks(rows, ZONE))


def test_an_hour_of_trimming_is_one_story():
    """Sixty changed limits are one mark from the first to the last, with the last words, whatever else ran between."""
    rows = [_limit(minute, 6 + minute % 5) for minute in range(60)]
    other = _limit(30, 1, command="grid-guard")
    trimming, guard = _told(*rows, other)
    assert (trimming.at, trimming.until) == (NINE, NINE + timedelta(minutes=59))
    assert (trimming.repeats, trimming.reason) == (60, "surplus")
    assert trimming.said.startswith("10 A.")
    assert (guard.command, guard.until) == ("grid-guard", None)


def test_what_begins_or_ends_is_told_by_itself():
    """A car that stops and starts again has three stories, even within minutes."""
    found = _told(_limit(0, 8), _limit(1, 7), _limit(2, 0, "stopping"), _limit(4, 6))
    assert [(one.gives, one.repeats) for one in found] == [(True, 2), (False, 1), (True, 1)]


def test_reasons_that_take_turns_are_named_together():
    """A spell that goes on for another reason stays one, and names both."""
    [one] = _told(_limit(0, 8), _limit(1, 6, "holding"), _limit(2, 9))
    assert one.reason == "surplus, holding"


def test_a_pause_ends_a_story():
    """What is done again an hour later is another story; so is another reason after five minutes."""
    assert len(_told(_limit(0, 8), _limit(60, 7))) == 2
    assert len(_told(_limit(0, 8, "low"), _limit(5, 7, "recovered"))) == 2


def test_a_limit_that_is_kept_up_is_told_once():
    """The same limit written each minute, to keep its time to live, is one mark without repetitions."""
    [one] = _told(*(_limit(minute, 8) for minute in range(60)))
    assert (one.at, one.until, one.repeats) == (NINE, None, 1)


def test_a_token_is_told_only_where_it_failed():
    """Renewing a token is upkeep; a renewal that failed is trouble."""
    row = _limit(0, 0) | {"command": "token-refresh", "exit": 0}
    done = {"device": "easee", "action": "token", "to": "easee", "outcome": "done"}
    assert _told(row | {"actions": [done]}) == []
    [one] = _told(row | {"actions": [done | {"outcome": "failed"}], "exit": 69})
    assert one.kind == "trouble"
