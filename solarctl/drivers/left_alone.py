"""A service that said until when it must be left alone is not called before, by this run or the next ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta

from solarctl.context import Context
from solarctl.drivers.answers import moment
from solarctl.errors import DeviceUnreachable

LONGEST = timedelta(days=1, hours=1)


def check(context: Context, name: str, kind: str = "devices", *, why: str = "", hint: str = "") -> None:
    """Raise `DeviceUnreachable`, saying `why`, while a device's (or account's) service must be left alone."""
    now = context.clock.now()
    until = moment(context.store.get(kind, name).get("blocked_until"))
    if until is not None and now < until <= now + LONGEST:
        local = until.astimezone(context.timezone)
        words = f"{why}; nothing is asked" if why else "it must not be asked"
        raise DeviceUnreachable(name, f"{words} before {local:%H:%M}", hint=hint, retry_at=until)


def remember(context: Context, name: str, error: DeviceUnreachable, kind: str = "devices") -> bool:
    """Keep until when the service wants to be left alone; return whether it said so."""
    if error.retry_at is None:
        return False
    stored = context.store.get(kind, name)
    if moment(stored.get("blocked_until")) != error.retry_at:
        until = error.retry_at.astimezone(UTC).isoformat(timespec="seconds")
        context.store.put(kind, name, stored | {"blocked_until": until}, vital=True)
    return True


@contextmanager
def respected(context: Context, name: str) -> Iterator[None]:
    """Ask within this block: not at all before a block's end, and a new block is remembered."""
    check(context, name)
    try:
        yield
    except DeviceUnreachable as error:
        remember(context, name, error)
        raise
