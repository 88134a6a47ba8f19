"""A service's latest answer on disk, so that it is asked within its quota, and its silence does no harm at once.

The answer itself lies in the cache folder; what must never be lost, the count of the day's requests and a block after
too many, is in the store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from solarctl.context import Context, Json
from solarctl.drivers import left_alone
from solarctl.drivers.answers import moment, whole
from solarctl.errors import DeviceUnreachable

REST_MIN = 5  # after a failure, while there is a kept answer


class KeptAnswers:
    """One device's answer. `key` changes with whatever the answer depends on; `per_day` 0: no daily quota."""

    def __init__(self, name: str, context: Context, *, key: str, refresh_min: float, per_day: int = 0) -> None:
        self._name = name
        self._context = context
        self._key = key
        self._refresh = timedelta(minutes=refresh_min)
        self._per_day = per_day
        self.trouble = ""  # why the newest answer could not be had

    def get(self, fetch: Callable[[], Json], *, is_enough: Callable[[Json], bool] = lambda _: True) -> Json | None:
        """Return the answer, with `fetched_at`: the kept one while it is young, else a new one, else an old one.

        None, with `trouble` told, when there is neither; what is no silence (a wrong key, nonsense) is raised then.
        """
        kept = self.load()
        now = self._context.clock.now()
        if kept is not None and is_enough(kept) and self._age(kept, now) < self._refresh:
            return kept
        try:
            self._check(now, kept is not None)
            return self._keep(fetch(), now)
        except DeviceUnreachable as error:
            self.trouble = str(error.message)
            self._remember_failure(error, now)
            return kept

    def count(self) -> None:
        """Count one request of today; it is on disk before the request is made."""
        today = f"{self._context.clock.now().astimezone(UTC):%Y-%m-%d}"
        stored = self._context.store.get("devices", self._name)
        used = (whole(stored.get("requests")) or 0) if stored.get("day") == today else 0
        if self._per_day and used >= self._per_day:
            message = f"today's {self._per_day} requests are used up"
            raise DeviceUnreachable(self._name, message, retry_at=next_midnight(self._context.clock.now()))
        self._context.store.put("devices", self._name, stored | {"day": today, "requests": used + 1}, vital=True)

    def give_back(self) -> None:
        """Take the last request out of the count: it never got as far as the service."""
        stored = self._context.store.get("devices", self._name)
        used = whole(stored.get("requests")) or 0
        self._context.store.put("devices", self._name, stored | {"requests": max(0, used - 1)}, vital=True)

    def _check(self, now: datetime, has_answer: bool) -> None:
        left_alone.check(self._context, self._name)
        failed = moment(self._context.store.get("devices", self._name).get("failed_at"))
        if has_answer and failed is not None and timedelta(0) <= now - failed < timedelta(minutes=REST_MIN):
            raise DeviceUnreachable(self._name, "it has just been silent")

    def _remember_failure(self, error: DeviceUnreachable, now: datetime) -> None:
        if not left_alone.remember(self._context, self._name, error) and "just been silent" not in error.message:
            stored = self._context.store.get("devices", self._name)
            failed = now.astimezone(UTC).isoformat(timespec="seconds")
            self._context.store.put("devices", self._name, stored | {"failed_at": failed})

    # --- the file

    @property
    def _path(self) -> Path | None:
        folder = self._context.cache_dir
        if folder is None:
            return None
        name = "".join(one if one.isalnum() or one in "-_" else f"%{ord(one):X}" for one in self._name)
        return folder / f"answer-{name}.json"

    def load(self) -> Json | None:
        """Return the kept answer, however old."""
        shared: Json | None = self._context.shared.get(f"answer {self._name} {self._key}")
        if shared is not None or self._path is None:
            return shared
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(found, dict) or found.get("key") != self._key or moment(found.get("fetched_at")) is None:
            return None
        return found

    def _keep(self, answer: Json, now: datetime) -> Json:
        kept = answer | {"key": self._key, "fetched_at": now.astimezone(UTC).isoformat(timespec="seconds")}
        self._context.shared[f"answer {self._name} {self._key}"] = kept
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                beside = self._path.with_suffix(f".{os.getpid()}")
                beside.write_text(json.dumps(kept), encoding="utf-8")
                beside.replace(self._path)
            except OSError as error:
                self._context.log(f"{self._name}: the answer cannot be kept: {error}")
        return kept

    def _age(self, kept: Json, now: datetime) -> timedelta:
        fetched = moment(kept["fetched_at"])
        age = now - fetched if fetched is not None else timedelta.max
        return age if age >= timedelta(0) else timedelta.max  # from a clock that has since been put right


def next_midnight(now: datetime) -> datetime:
    """Return when the next day begins for services, in UTC."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
