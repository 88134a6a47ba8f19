"""Notes: what a person is told as it happens, each event by its own mail, and nothing twice.

`mail.events` names what is wanted: `trouble`, `recovery`, and commands whose actions are to be told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from solarctl.decision import Carried, Decision, Outcome, SendMail
from solarctl.explain import describe
from solarctl.value import value

SUBJECT_LIMIT = 120
SAME_ACTIONS = timedelta(hours=1)  # a device that confirms late repeats its action; it is told once


@value
class Note:
    """Something that happened; `event` is trouble, recovery, or a command's name."""

    event: str
    command: str
    subject: str
    text: str

    def mail(self) -> SendMail:
        """Return the note as a mail."""
        return SendMail("mail", self.subject, self.text)


def events(notes: Sequence[Note], wanted: Collection[str]) -> list[Note]:
    """Return the notes that `mail.events` asks for."""
    return [note for note in notes if note.event in wanted]


def of_actions(
    memory: Mapping[str, Any], command: str, decision: Decision[Any], carried: Sequence[Carried], now: datetime
) -> tuple[Note | None, dict[str, Any]]:
    """Return the note that a command changed something, in its own words, and what to remember.

    None when nothing was written, or only what was told within the hour. A failure alone is trouble, not news.
    """
    acts = [one for one in carried if not isinstance(one.action, SendMail)]
    written = [one for one in acts if one.outcome in (Outcome.DONE, Outcome.PENDING)]
    targets = "; ".join(sorted(f"{one.action.action} {one.action.device} {one.action.to}" for one in written))
    if not written:
        return None, dict(memory)
    news, after = is_news(memory, f"actions of {command}", targets, now, SAME_ACTIONS, only_last=True)
    if not news:
        return None, after
    because = decision.because.strip()
    line = because.splitlines()[0] if because else "something was done"
    subject = f"solarctl {command}: {line}"
    if len(subject) > SUBJECT_LIMIT:
        subject = subject[: SUBJECT_LIMIT - 1].rstrip() + "…"
    text = describe({"because": because, "actions": [one.to_json() for one in acts]})
    return Note(command, command, subject, f"{text}\n\nAt {now:%H:%M}. More: solarctl why {command}\n"), after


def is_news(
    memory: Mapping[str, Any], key: str, mark: str, now: datetime, again_after: timedelta, *, only_last: bool = False
) -> tuple[bool, dict[str, Any]]:
    """Return whether `mark` was not said under `key` within `again_after`, and what to remember if it is said now.

    A moment in the future is a clock that was set back, and counts as never. `only_last`: saying one thing makes
    the others news again.
    """
    said = memory.get(key)
    recent = {}
    for other, at in (said if isinstance(said, dict) else {}).items():
        passed = _passed(at, now)
        if passed is not None and timedelta(0) <= passed < again_after:
            recent[other] = at
    if mark in recent:
        return False, dict(memory)
    kept = {} if only_last else recent
    return True, dict(memory) | {key: kept | {mark: now.isoformat()}}


def _passed(at: Any, now: datetime) -> timedelta | None:
    try:
        moment = datetime.fromisoformat(at)
        return now - moment
    except (TypeError, ValueError):
        return None
