"""Tokens: a rotated one is on disk before it is used, and a single-use refresh token is never spent twice.

A renewal, under the account's own lock:

    1. reserve    `token-ACCOUNT.pending` is written with room for the new token: a full disk is noticed here
    2. fetch      the service spends the old refresh token and issues a new one
    3. keep       the new token is written over the reserved room; from here on it cannot be lost
    4. store      it goes into state.json
    5. tidy up    the pending file is removed

Whoever comes after a kill or a power cut finds the pending file. With a token in it (killed after 3) that token
is stored and used. Without one (killed during 2) nobody can know whether the service spent the old token: that
is said, and the old one is tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from solarctl.context import Clock, Json
from solarctl.disk import make_folder, read_owned, refused, sync_folder, write_synced
from solarctl.errors import BusyError, StateError
from solarctl.locks import file_word
from solarctl.state_format import written

if TYPE_CHECKING:
    from solarctl.state import StateFile

LOCK_TIMEOUT_S = 45.0  # another process may be waiting for a slow service; under the budget of a run (50 s)
ROOM_FOR_A_TOKEN = 16 * 1024  # bytes; the longest known (Tesla's JWTs with all scopes) take about 3 kB


class StoredTokens:
    """Implements `context.Tokens` on state.json."""

    def __init__(self, state: StateFile, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def get(self, account: str) -> Json | None:
        """Return the stored token of the account."""
        token: Json | None = self._state.read()["tokens"].get(account)
        return token

    def renew(self, account: str, stale: Json | None, fetch: Callable[[Json | None], Json]) -> Json:
        """Return a newer token than `stale`: another process's, or what `fetch(stored)` gets; see `context.Tokens`."""
        with self._state.lock(f"token.{account}", LOCK_TIMEOUT_S):
            pending = _Pending(self._state, account)
            stored = self._after_interruption(account, pending)
            if stored is not None and stored != stale:
                return stored
            pending.reserve(self._clock.now())
            try:
                token = fetch(stored)
            except Exception:  # whatever went wrong passes through; only the reservation is given back
                pending.release()  # after a kill it stays, and tells
                raise
            pending.keep(token)
            self._store(account, token, pending)
            return token

    def _store(self, account: str, token: Json, pending: _Pending) -> None:
        try:
            with self._state.transaction() as data:
                data["tokens"][account] = token
        except (StateError, BusyError) as error:
            # It is safe in the pending file, and the next renewal puts it where it belongs.
            self._state.notices.append(f"{account}: the new token is kept in {pending.path} for now: {error}")
            return
        pending.remove()

    def _after_interruption(self, account: str, pending: _Pending) -> Json | None:
        """Return the stored token, or the one that an interrupted renewal left behind."""
        stored = self.get(account)
        left = pending.read()
        if left is None:
            return stored
        token: Json | None = left.get("token")
        if token is None:
            if left.get("replaces", stored) == stored:  # else the file came back to life in a power cut
                self._state.notices.append(
                    f"{account}: a renewal of its token was interrupted (begun {left.get('at', 'lately')}). If the "
                    f"service does not take the old one any more, log in: solarctl token-refresh --login {account}"
                )
            pending.remove()
            return stored
        if token == stored or left.get("replaces") != stored:  # stored already, or overtaken by a log-in
            pending.remove()
            return stored
        self._store(account, token, pending)
        return token


class _Pending:
    """The small file that a renewal in progress keeps beside state.json."""

    def __init__(self, state: StateFile, account: str) -> None:
        self.path: Path = state.directory / f"token-{file_word(account)}.pending"
        self._state = state
        self._account = account
        self._size = 0
        self._started: Json = {}

    def reserve(self, now: datetime) -> None:
        """Take the room for a new token, and for state.json with it; `StateError` when there is none."""
        state = self._state.read()
        self._started = {"at": now.isoformat(timespec="seconds"), "replaces": state["tokens"].get(self._account)}
        self._size = ROOM_FOR_A_TOKEN + 2 * len(written(state))
        content = json.dumps(self.read() or self._started).encode()
        try:
            make_folder(self.path.parent)
            write_synced(self.path, content.ljust(self._size))
            sync_folder(self.path.parent)
        except OSError as error:
            self.release()
            raise refused(error, self.path, "written") from error

    def keep(self, token: Json) -> None:
        """Write the token over the reserved room, in one piece, then give back what it does not need."""
        content = json.dumps(self._started | {"token": token}).encode()
        try:
            write_synced(self.path, content.ljust(self._size))
        except OSError as error:
            raise StateError(
                f"{self._account}: a new token was issued but could not be stored: {error.strerror}",
                hint=f"Look at the disk, then log in again: solarctl token-refresh --login {self._account}",
            ) from error
        self._trim(len(content))

    def release(self) -> None:
        """Give the room back, but keep a token that state.json could not take so far."""
        left = self.read() or {}
        if "token" in left:
            self._trim(len(json.dumps(left)))
        else:
            self.remove()

    def read(self) -> Json | None:
        """Return what an earlier renewal left, if anything; `{}` when it was killed while writing that."""
        found = read_owned(self.path, os.geteuid())
        if found is None:
            return None
        try:
            left = json.loads(found[0])
        except ValueError:
            return {}
        return left if isinstance(left, dict) else {}

    def _trim(self, length: int) -> None:
        with suppress(OSError):
            os.truncate(self.path, length)

    def remove(self) -> None:
        """Forget it."""
        with suppress(OSError):
            self.path.unlink()
