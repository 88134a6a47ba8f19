"""What a device said lately, for a run that only looks (`record`): vendors that count requests are asked more seldom.

A run that decides asks anew. What came instead of an answer is kept too: a portal that is down is not asked each
time either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from solarctl.context import Context, Json
from solarctl.drivers.answers import moment, words
from solarctl.errors import BusyError, DeviceUnreachable, StateError

Values = Mapping[str, Any]


class Lately:
    """The last answer about one device, `of` being what was asked for; taken again within `within_s`."""

    def __init__(self, name: str, of: str, within_s: float, context: Context) -> None:
        self._name = name
        self._of = of
        self._within_s = within_s
        self._context = context

    def answer(self, ask: Callable[[], Values]) -> tuple[datetime, Values]:
        """Return an answer and its moment; raise `DeviceUnreachable` again while it is what came lately."""
        now = self._context.now()
        if not self._context.is_look:
            return now, ask()
        kept = self._kept(now)
        if kept is not None:
            at, one = kept
            if "trouble" in one:
                raise DeviceUnreachable(self._name, words(one["trouble"]), hint=words(one.get("hint")))
            self._context.log(f"{self._name}: was asked at {at:%H:%M}; that answer serves")
            return at, one["values"]
        try:
            values = ask()
        except DeviceUnreachable as error:
            self._keep(now, {"trouble": error.message, "hint": error.hint})
            raise
        self._keep(now, {"values": dict(values)})
        return now, values

    def _kept(self, now: datetime) -> tuple[datetime, Json] | None:
        one = self._stored().get("lately")
        if not isinstance(one, dict) or one.get("of") != self._of:
            return None
        at = moment(one.get("at"))
        if at is None or not self._context.fresh_since(now, self._within_s) < at <= now:
            return None
        if "trouble" not in one and not isinstance(one.get("values"), dict):
            return None
        return at.astimezone(self._context.timezone), one

    def _keep(self, at: datetime, found: Json) -> None:
        told = {"of": self._of, "at": at.astimezone(UTC).isoformat()} | found
        try:
            self._context.store.put("devices", self._name, self._stored() | {"lately": told})
        except (StateError, BusyError) as error:
            self._context.log(f"{self._name}: the answer cannot be kept: {error}")

    def _stored(self) -> Json:
        try:
            found = self._context.store.get("devices", self._name)
        except (StateError, BusyError):
            return {}
        return found if isinstance(found, dict) else {}
