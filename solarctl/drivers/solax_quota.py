"""SolaxCloud's patience, shared by all runs: requests of the last minute and day, and the block after too many.

The cloud allows fewer than 10 requests a minute and 10 000 a day; who goes on is shut out for an hour. Both are kept
in the store under the account, at once (`vital`), so that every command of every process counts the same. When the
store fails, the request is made all the same: a low battery must be seen even when the disk is full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

from solarctl.context import Context, Json
from solarctl.drivers.answers import moment, number
from solarctl.errors import BusyError, DeviceUnreachable, SolarctlError, StateError

PER_MINUTE = 9
PER_DAY = 9_500
LONGEST_BLOCK = timedelta(hours=2)  # the cloud says "the next hour"; anything later was written by a clock gone wrong

# text (lower case) → minutes to wait; the first that fits. Codes vary, so the text decides.
BLOCKS: Mapping[str, float] = {
    "prohibit calls": 60,
    "within 5 minutes": 5,
    "suspend the request": 5,
    "current minute": 1,
    "maximum call threshold": 5,
    "rate limit": 5,
    "too many requests": 5,
}
BLOCK_CODES = (104, 3)


def block_min(text: str, code: int | None) -> float | None:
    """Return for how many minutes an error shuts us out; None when it is about something else."""
    said = text.lower()
    found = next((minutes for marker, minutes in BLOCKS.items() if marker in said), None)
    return 1 if found is None and code in BLOCK_CODES else found


class UsedUp(DeviceUnreachable):
    """No request is left for the moment."""


class Quota:
    """The request budget of one account."""

    def __init__(self, account: str, context: Context) -> None:
        self._account = account
        self._context = context
        self.state_trouble: SolarctlError | None = None

    def blocked_until(self) -> datetime | None:
        """Return until when the cloud has shut us out."""
        until = moment(self._load().get("blocked_until"))
        now = self._context.clock.now()
        return until if until is not None and now < until <= now + LONGEST_BLOCK else None

    def check(self) -> None:
        """Raise `DeviceUnreachable` while the cloud has shut us out."""
        until = self.blocked_until()
        if until is not None:
            local = until.astimezone(self._context.timezone)
            raise DeviceUnreachable(
                self._account,
                f"SolaxCloud has shut us out until {local:%H:%M} because of too many requests",
                hint="Does another program use the same token? Five minutes between requests are enough.",
                retry_at=until,
            )

    def block(self, minutes: float) -> None:
        """Remember that the cloud has shut us out."""
        until = self._context.clock.now().astimezone(UTC) + min(timedelta(minutes=minutes), LONGEST_BLOCK)

        def blocked(stored: Json) -> Json:
            return stored | {"blocked_until": until.isoformat(timespec="seconds")}

        self._change(blocked)

    def take(self) -> None:
        """Count one request; `UsedUp` when this minute's or this day's are spent."""

        def counted(stored: Json) -> Json:
            now_s = self._context.clock.now().timestamp()
            recent, of_day = _recent(stored, now_s), _count_of_day(stored, now_s)
            if len(recent) >= PER_MINUTE or of_day >= PER_DAY:
                raise UsedUp(
                    self._account,
                    "the requests that SolaxCloud allows are used up"
                    + (" for today" if of_day >= PER_DAY else " for this minute"),
                    hint="Five minutes between requests are enough: the inverter sends no more often.",
                    retry_at=self._context.clock.now() + timedelta(minutes=1),
                )
            return stored | {"requests": [*recent, round(now_s, 1)], "day": _day(now_s), "requests_of_day": of_day + 1}

        self._change(counted)

    def give_back(self) -> None:
        """Take the last request out of the count: it never got as far as the cloud."""

        def uncounted(stored: Json) -> Json:
            now_s = self._context.clock.now().timestamp()
            recent, of_day = _recent(stored, now_s), _count_of_day(stored, now_s)
            return stored | {"requests": recent[:-1], "requests_of_day": max(0, of_day - 1)}

        self._change(uncounted)

    def _load(self) -> Json:
        try:
            stored = self._context.store.get("accounts", self._account)
        except (StateError, BusyError) as error:
            self._note(error)
            return {}
        return stored if isinstance(stored, dict) else {}

    def _change(self, change: Callable[[Json], Json]) -> None:
        try:
            with ExitStack() as held:
                with suppress(BusyError):  # one request more or less in the count does no harm
                    held.enter_context(self._context.store.lock(f"quota-{self._account}", timeout_s=5))
                self._context.store.put("accounts", self._account, change(self._load()), vital=True)
        except (StateError, BusyError) as error:
            self._note(error)

    def _note(self, error: SolarctlError) -> None:
        self.state_trouble = error
        self._context.log(f"{self._account}: the request budget cannot be kept: {error}")


def _day(now_s: float) -> str:
    return f"{datetime.fromtimestamp(now_s, UTC):%Y-%m-%d}"


def _recent(stored: Json, now_s: float) -> list[float]:
    """Return the requests of the last minute.

    Another process may be a moment ahead; what is more than a minute ahead comes from a clock since put right.
    """
    times = stored.get("requests")
    found = [number(one) for one in times] if isinstance(times, list) else []
    return [one for one in found if one is not None and now_s - 60 < one < now_s + 60]


def _count_of_day(stored: Json, now_s: float) -> int:
    count = number(stored.get("requests_of_day"))
    return int(count) if count is not None and stored.get("day") == _day(now_s) else 0
