"""State: what the next run needs to decide, in one small file that survives kills, power cuts and full disks.

state.json       version, tokens.ACCOUNT, memory.COMMAND, accounts.NAME, devices.NAME, …; mode 0600
state.json.bak   the same once more, as an independent file: what a damaged state.json is recovered from
state.json.vN    the file as it was before it was migrated from version N
state.lock       held for milliseconds by whoever changes the state
locks/           one file per running command, and per device or account that takes one client
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from solarctl.context import Clock, Json
from solarctl.disk import make_folder, read_owned, refused, replace_files, sync_folder
from solarctl.errors import StateError, StateLost
from solarctl.locks import file_word, locked
from solarctl.state_format import MIGRATIONS, VERSION, DamagedError, Migration, NewerError, empty, parse, written

if TYPE_CHECKING:
    from solarctl.state_store import StateStore
    from solarctl.tokens import StoredTokens

LOCK_TIMEOUT_S = 10.0  # the state lock is held for milliseconds; longer means that something hangs


class StateFile:
    """The house's state.json. Constructing it touches nothing; the folder is made by the first write.

    `notices` collects what a person must hear about the file itself (recovered, mended, interrupted); `on_loss` is
    told when all of it is lost, and whoever reads goes on with an empty one.
    """

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        *,
        timezone: tzinfo | None = None,
        migrations: Mapping[int, Migration] = MIGRATIONS,
        uid: int | None = None,
        on_loss: Callable[[StateLost], None] | None = None,
    ) -> None:
        self.directory = directory
        self.path = directory / "state.json"
        self.notices: list[str] = []
        self.turn: AbstractContextManager[object] = nullcontext()  # whoever starts threads puts their lock here
        self._copy = directory / "state.json.bak"
        self._clock = clock
        self._timezone = timezone  # in which BusyError says since when; the computer's own by default
        self._migrations = migrations
        self._uid = os.geteuid() if uid is None else uid
        self._on_loss = on_loss or (lambda loss: self._note(f"{loss.message} {loss.hint}"))

    def read(self) -> Mapping[str, Json]:
        """Return a checked snapshot of the whole state; all sections are there, empty when there is no file."""
        try:
            found = self._parsed(self.path)
        except DamagedError:
            found = None
        if found is not None:
            return found[0]
        if not self.path.exists() and not self._copy.exists():
            return empty()
        with self.turn, self._locked(LOCK_TIMEOUT_S):
            return self._recovered()[0]

    @contextmanager
    def transaction(self, *, timeout_s: float = LOCK_TIMEOUT_S) -> Iterator[Json]:
        """Give the whole state to be changed; it is on disk when the block ends, unless the block raised.

        No other process changes it meanwhile, so the block must be short and must not wait for anybody.
        Nothing is written when nothing changed. `StateError` when it cannot be stored: the old one stays.
        """
        with self.turn, self._locked(timeout_s):
            data, stored_version = self._recovered()
            before = json.dumps(data)
            yield data
            data["version"] = VERSION
            if json.dumps(data) != before:
                self._write(data, stored_version)

    def lock_run(self, command: str) -> AbstractContextManager[None]:
        """Hold the lock of a running command; `BusyError` at once when another process runs it."""
        return locked(
            self.directory / "locks" / f"run.{file_word(command)}",
            self._clock,
            timeout_s=0,
            busy=f"{command} is still running",
            timezone=self._timezone,
        )

    def lock(self, name: str, timeout_s: float) -> AbstractContextManager[None]:
        """Hold the lock of a device or account that takes one client, waiting up to `timeout_s` for it."""
        return locked(
            self.directory / "locks" / f"use.{file_word(name)}",
            self._clock,
            timeout_s=timeout_s,
            busy=f"{name} is in use by another run",
            timezone=self._timezone,
        )

    @cached_property
    def tokens(self) -> StoredTokens:
        """The accounts' tokens."""
        from solarctl.tokens import StoredTokens

        return StoredTokens(self, self._clock)

    def store(self, dry_run: bool) -> StateStore:
        """Return what drivers remember between runs; `flush` writes what was not vital, unless in a dry run."""
        from solarctl.state_store import StateStore

        return StateStore(self, dry_run=dry_run)

    def _locked(self, timeout_s: float) -> AbstractContextManager[None]:
        return locked(
            self.directory / "state.lock",
            self._clock,
            timeout_s=timeout_s,
            busy="state.json is in use by another run",
            signed=False,
        )

    def _parsed(self, path: Path) -> tuple[Json, int] | None:
        found = read_owned(path, self._uid)
        if found is None:
            return None
        content, open_to_others = found
        if open_to_others:
            self._note(f"{path} could be read by other users of this computer; it holds tokens. Now only you can.")
        try:
            return parse(content, self._migrations)
        except NewerError as error:
            kept = self.path.with_name(f"{self.path.name}.v{VERSION}")
            if kept.exists():  # as it was before the newer solarctl changed it
                back = f"cp {kept} {self._copy} && mv {kept} {self.path}"
                error.hint = f"Upgrade solarctl, or go back to what was kept before: {back}"
            raise

    def _recovered(self) -> tuple[Json, int]:
        """Return the state and its stored version; mend the file when it is damaged. The lock is held."""
        try:
            found = self._parsed(self.path)
            damage = "" if found else "missing"
        except DamagedError as error:
            found, damage = None, f"damaged ({error})"
        if found is not None:
            return found
        try:
            good = self._parsed(self._copy)
        except DamagedError:
            good = None
        if good is None and damage == "missing" and not self._copy.exists():
            return empty(), VERSION
        return self._mended(good, damage)

    def _mended(self, good: tuple[Json, int] | None, damage: str) -> tuple[Json, int]:
        try:
            kept = self._set_aside(self.path)
            if good is None:
                self._set_aside(self._copy)
                for path in (self.path, self._copy):
                    path.unlink(missing_ok=True)
                sync_folder(self.directory)
            else:
                self._write(*good)
        except (OSError, StateError) as error:
            kept = f" It could not be put right on disk: {error}."
        if good is None:
            lost = (
                f"{self.path} was {damage} and there is no good copy: pauses, forced powers and tokens are lost.{kept}"
            )
            self._on_loss(StateLost(lost, hint="Pause and force anew; log in where a command asks for it."))
            return empty(), VERSION
        self._note(f"{self.path} was {damage}; recovered from the last good copy, {self._copy.name}.{kept}")
        return good

    def _set_aside(self, path: Path) -> str:
        """Keep a damaged file under another name (a copy: state.json never goes missing), one per day."""
        kept = path.with_name(f"{path.name}.damaged-{self._clock.now():%Y-%m-%d}")
        with suppress(FileNotFoundError):
            replace_files({kept: path.read_bytes()})
            return f" The damaged file is kept as {kept.name}."
        return ""

    def _write(self, data: Json, stored_version: int) -> None:
        content = written(data)
        try:
            make_folder(self.directory)
            if stored_version != VERSION:
                old = self.path if self.path.exists() else self._copy
                replace_files({self.path.with_name(f"state.json.v{stored_version}"): old.read_bytes()})
            # state.json first: it is never older than its copy. Both are safe before anybody is told "stored".
            replace_files({self.path: content, self._copy: content})
        except OSError as error:
            raise refused(error, self.path, "written") from error

    def _note(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)
