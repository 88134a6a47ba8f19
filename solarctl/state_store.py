"""What drivers remember between runs: one JSON object per account or device, in state.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING

from solarctl.context import Json
from solarctl.errors import BusyError, StateError

if TYPE_CHECKING:
    from solarctl.state import StateFile


class StateStore:
    """Implements `context.Store` on state.json.

    Two commands may share an account: what this run did not change itself, it leaves as the other one put it.
    """

    def __init__(self, state: StateFile, *, dry_run: bool) -> None:
        self._state = state
        self._dry_run = dry_run
        self._seen: dict[tuple[str, str], Json] = {}  # as last read from the file
        self._mine: dict[tuple[str, str], Json] = {}  # put, and not written yet
        self._vital: set[tuple[str, str]] = set()  # of those, the ones that should have been written at once

    def get(self, kind: str, name: str) -> Json:
        """Return what was stored or put last, or an empty object."""
        key = (kind, name)
        if key not in self._mine:
            self._seen[key] = self._on_disk(key)
            return _copied(self._seen[key])
        return _copied(self._mine[key])

    def put(self, kind: str, name: str, value: Json, *, vital: bool = False) -> None:
        """Remember `value`; at once if it is vital.

        A vital value that cannot be written is tried again by `flush`, which then raises: a full disk must not
        keep a device from being served.
        """
        key = (kind, name)
        if key not in self._seen:
            self._seen[key] = self._on_disk(key)
        self._mine[key] = _copied(value)
        if not vital:
            return
        self._vital.add(key)
        with suppress(StateError, BusyError), self._transaction([key]):
            pass

    def lock(self, name: str, *, timeout_s: float) -> AbstractContextManager[None]:
        """Hold a lock shared by all processes; `BusyError` in vain."""
        return self._state.lock(name, timeout_s)

    def flush(self) -> None:
        """Write what was put since; in a dry run only what was vital and could not be written before."""
        if self._waiting():
            with self.transaction():
                pass

    def transaction(self) -> AbstractContextManager[Json]:
        """Give the whole state to be changed, as `StateFile.transaction` does, and flush with the same write."""
        return self._transaction(self._waiting())

    def _waiting(self) -> list[tuple[str, str]]:
        return [key for key in self._mine if not self._dry_run or key in self._vital]

    @contextmanager
    def _transaction(self, keys: Sequence[tuple[str, str]]) -> Iterator[Json]:
        with self._state.transaction() as data:
            yield data
            for kind, name in keys:
                stored = data[kind].get(name, {})
                merged = _merged(self._seen.get((kind, name), {}), self._mine[kind, name], stored)
                if merged or name in data[kind]:
                    data[kind][name] = merged
        for kind, name in keys:
            self._seen[kind, name] = _copied(data[kind].get(name, {}))
            del self._mine[kind, name]
            self._vital.discard((kind, name))

    def _on_disk(self, key: tuple[str, str]) -> Json:
        kind, name = key
        stored: Json = self._state.read()[kind].get(name, {})
        return stored


def _merged(base: Json, mine: Json, theirs: Json) -> Json:
    """Return `theirs` with the keys that differ between `base` and `mine` set (or removed) as in `mine`."""
    merged = dict(theirs)
    for key in base.keys() | mine.keys():
        if key not in mine:
            merged.pop(key, None)
        elif key not in base or mine[key] != base[key]:
            merged[key] = mine[key]
    return merged


def _copied(value: Json) -> Json:
    copy: Json = json.loads(json.dumps(value))
    return copy
