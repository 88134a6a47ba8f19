"""Easee's patience, shared by all runs: requests of the last minutes, and the block after too many.

    observations    100 in 5 min are allowed      we stay below 80
    settings         20 in a minute                        15
    site details     10 in an hour                          6
    all together    500 in 5 min                          300

429 is waited out. A bare "Forbidden" on a path that exists is a block of the address: it ends a day after the *last*
request, so the next runs do not call. All is kept in the store under the account, at once, so that every process
counts the same; when the store fails, the request is made all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

from solarctl.context import Context, Json
from solarctl.drivers.answers import moment, number
from solarctl.errors import BusyError, DeviceUnreachable, StateError

WINDOWS: dict[str, tuple[int, float]] = {  # kind -> requests, seconds
    "observations": (80, 300.0),
    "settings": (15, 60.0),
    "site": (6, 3600.0),
    "all": (300, 300.0),
}
BLOCK = timedelta(hours=24)
PAUSE = timedelta(seconds=60)  # after a 429 that does not say how long
LOGIN_REST = timedelta(hours=6)  # a refused password is not tried again sooner, unless it was changed
LONGEST = timedelta(hours=25)  # anything later was written by a clock gone wrong


class EaseeQuota:
    """The request budget of one account."""

    def __init__(self, account: str, context: Context) -> None:
        self._account = account
        self._context = context

    def check(self) -> None:
        """Raise `DeviceUnreachable` while Easee wants no requests."""
        stored, now = self._load(), self._now()
        until = moment(stored.get("wait_until"))
        if until is None or not now < until <= now + LONGEST:
            return
        local = f"{until.astimezone(self._context.timezone):%Y-%m-%d %H:%M:%S}"
        if stored.get("blocked"):
            raise DeviceUnreachable(
                self._account,
                f"Easee has blocked this address; nothing is asked until {local}",
                hint="Does another program ask Easee too often? Each request makes the block longer.",
                retry_at=until,
            )
        raise DeviceUnreachable(
            self._account, f"Easee wants fewer requests; nothing is asked until {local}", retry_at=until
        )

    def block(self) -> None:
        """Remember that Easee has blocked this address."""
        self._change(lambda stored: stored | {"wait_until": self._text(self._now() + BLOCK), "blocked": True})

    def wait(self, seconds: float | None) -> None:
        """Remember that Easee wants no requests for so long."""
        asked_s = PAUSE.total_seconds() if seconds is None else seconds
        ends = self._now() + timedelta(seconds=min(BLOCK.total_seconds(), max(0.0, asked_s)))
        self._change(lambda stored: stored | {"wait_until": self._text(ends), "blocked": False})

    def count(self, kind: str) -> None:
        """Note a request of this kind; `DeviceUnreachable` when the budget is spent."""
        now_s = self._now().timestamp()
        kinds = [one for one in (kind, "all") if one in WINDOWS]
        stored = self._load()
        for one in kinds:
            most, seconds = WINDOWS[one]
            times = _recent(stored, one, now_s)
            if len(times) >= most:
                free = datetime.fromtimestamp(times[-most] + seconds, UTC)
                local = f"{free.astimezone(self._context.timezone):%H:%M:%S}"
                raise DeviceUnreachable(
                    self._account,
                    f"the requests that Easee allows ({one}) are used up until {local}",
                    hint="Do several programs or a tight loop ask it? One run a minute is far below the limit.",
                    retry_at=free,
                )

        def counted(found: Json) -> Json:
            rows = {one: [*_recent(found, one, now_s), round(now_s)] for one in kinds}
            kept = {one: _recent(found, one, now_s) for one in WINDOWS if one not in kinds}
            return found | {"requests": {one: times for one, times in (kept | rows).items() if times}}

        self._change(counted)

    def give_back(self, kind: str) -> None:
        """Take the last request of this kind out of the count: it never got as far as Easee."""
        now_s = self._now().timestamp()

        def uncounted(found: Json) -> Json:
            kept = {one: _recent(found, one, now_s) for one in WINDOWS}
            rows = {one: times[:-1] if one in (kind, "all") else times for one, times in kept.items()}
            return found | {"requests": {one: times for one, times in rows.items() if times}}

        self._change(uncounted)

    def refused_login(self, mark: str) -> datetime | None:
        """Return when Easee refused this user and password, if it is not long ago."""
        row = self._load().get("login_refused")
        at = moment(row.get("at")) if isinstance(row, dict) and row.get("mark") == mark else None
        return at if at is not None and timedelta(0) <= self._now() - at < LOGIN_REST else None

    def note_login(self, mark: str | None) -> None:
        """Remember a refused log-in (`mark` names user and password), or with None that it went well."""
        row = {"mark": mark, "at": self._text(self._now())}
        self._change(lambda stored: {k: v for k, v in stored.items() if k != "login_refused"}
                     | ({"login_refused": row} if mark else {}))  # fmt: skip

    def _now(self) -> datetime:
        return self._context.clock.now().astimezone(UTC)

    def _text(self, at: datetime) -> str:
        return at.astimezone(UTC).isoformat(timespec="seconds")

    def _load(self) -> Json:
        try:
            return self._context.store.get("accounts", self._account)
        except (StateError, BusyError) as error:
            self._context.log(f"{self._account}: the request budget cannot be read: {error}")
            return {}

    def _change(self, change: Callable[[Json], Json]) -> None:
        try:
            with ExitStack() as held:
                with suppress(BusyError):  # one request more or less in the count does no harm
                    held.enter_context(self._context.store.lock(f"quota-{self._account}", timeout_s=2))
                self._context.store.put("accounts", self._account, change(self._load()), vital=True)
        except (StateError, BusyError) as error:
            self._context.log(f"{self._account}: the request budget cannot be kept: {error}")


def _recent(stored: Json, kind: str, now_s: float) -> list[float]:
    """Return the requests within a window; those of the future come from a clock since put right."""
    rows = stored.get("requests")
    times = rows.get(kind) if isinstance(rows, dict) else None
    found = [number(one) for one in times] if isinstance(times, list) else []
    return [one for one in found if one is not None and now_s - WINDOWS[kind][1] < one <= now_s + 1]
