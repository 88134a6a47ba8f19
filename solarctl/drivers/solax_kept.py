"""SolaxCloud's last answer, kept for the other commands of its minute, and for one that finds its requests used up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from solarctl.context import Context
from solarctl.drivers.answers import words
from solarctl.errors import BusyError, StateError

STRINGS = ("powerdc1", "powerdc2", "powerdc3", "powerdc4")
KEPT = ("acpower", "feedinpower", "feedinenergy", "consumeenergy", "soc", "batPower", "batStatus", *STRINGS)


class Answer(NamedTuple):
    """One upload, and when it was made."""

    at: datetime
    values: Mapping[str, Any]


class Kept(NamedTuple):
    """An answer that another run has got, and when it came."""

    answer: Answer
    arrived: datetime


class Keeper:
    """Keeps the answer to one question: of which dongle, by which interface, with which token."""

    def __init__(self, name: str, context: Context, question: tuple[str, ...]) -> None:
        self._name = name
        self._context = context
        self._question = question

    def keep(self, answer: Answer) -> None:
        """Keep an answer that has just come."""
        values = {key: answer.values[key] for key in KEPT if key in answer.values}
        times = {"at": answer.at, "arrived": self._context.clock.now()}
        told = {key: moment.astimezone(UTC).isoformat() for key, moment in times.items()}
        try:
            answered = {"answer": told | {"of": self._mark(), "values": values}}
            self._context.store.put("devices", self._name, answered, vital=True)  # others wait for it
        except (StateError, BusyError) as error:
            self._context.log(f"{self._name}: the answer cannot be kept: {error}")

    def last(self) -> Kept | None:
        """Return what a run has kept; nothing where it asked with another token, or about another dongle."""
        try:
            kept = self._context.store.get("devices", self._name).get("answer")
        except (StateError, BusyError, AttributeError):
            return None
        if not isinstance(kept, Mapping) or kept.get("of") != self._mark():
            return None
        values, at, arrived = kept.get("values"), moment(kept.get("at")), moment(kept.get("arrived"))
        if not isinstance(values, Mapping) or not (at and arrived and at.tzinfo and arrived.tzinfo):
            return None
        if arrived > self._context.clock.now():  # a clock since put right
            return None
        return Kept(Answer(at.astimezone(self._context.timezone), values), arrived)

    def _mark(self) -> str:
        """Return the question in a form that tells nobody the token."""
        import hashlib

        return hashlib.sha256("\n".join(self._question).encode()).hexdigest()[:12]


def moment(value: Any) -> datetime | None:
    """Return a date and time, unless it is the placeholder (year 1) that stands for none."""
    try:
        found = datetime.fromisoformat(words(value))
    except ValueError:
        return None
    return found if found.year > 2000 else None
