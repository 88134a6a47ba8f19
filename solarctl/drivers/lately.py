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
LATE_S = 30  # cron's runs are not whole minutes apart to the second
RECORD_SHARE = 0.4  # of a day's requests; the others are for rules
PACES: Mapping[str, tuple[float, int]] = {  # service -> minutes between two looks at a device, requests a day
    "honeywell-tcc": (30, 400),  # who asks every few minutes is locked out
    "tuya": (15, 860),  # the trial plan has about 26 000 a month
}


def recorded_min(service: str, devices: int) -> float:
    """Return how many minutes `record` lets pass before it asks such a device again, one of so many of an account.

    >>> recorded_min("tuya", 2), recorded_min("honeywell-tcc", 10)
    (15, 90.0)
    """
    least_min, a_day = PACES[service]
    return max(least_min, devices * 1440 / (RECORD_SHARE * a_day))


class Lately:
    """The last answer about one device of an account, `of` being what was asked for; taken again for a while."""

    def __init__(self, name: str, of: str, service: str, account: str, context: Context) -> None:
        self._name = name
        self._of = of
        devices = max(1, context.site.get("devices_of", {}).get(account, 1))
        self._within_s = recorded_min(service, devices) * 60 - LATE_S
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
