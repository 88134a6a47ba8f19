"""What was told while state.json cannot be written (a full or read-only disk), so that it is told once all the same.

A small file in a folder that lives in memory: $RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR, /dev/shm, or the temporary
folder. It is lost at a restart, and that is soon enough to be told again.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

SHARED_MEMORY = "/dev/shm"  # noqa: S108  # names there are checked for their owner


def recall(state_dir: Path, folders: Sequence[Path] | None = None) -> dict[str, Any]:
    """Return the sections of state that could not be written lately; nothing when all is well."""
    for path in _places(state_dir, folders):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        with os.fdopen(descriptor, "rb") as file:
            if not _is_ours(descriptor):
                continue
            try:
                found = json.loads(file.read(1 << 20))
            except (OSError, ValueError):
                continue
        if isinstance(found, dict) and all(isinstance(one, dict) for one in found.values()):
            return found
    return {}


def keep(state_dir: Path, sections: Mapping[str, Any], folders: Sequence[Path] | None = None) -> bool:
    """Keep the sections where it is possible, and return whether it was."""
    content = json.dumps(dict(sections)).encode()
    for path in _places(state_dir, folders):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            if not _is_ours(descriptor):
                continue
            try:
                file.write(content)
                file.truncate(len(content))
                file.flush()
            except OSError:
                continue
        return True
    return False


def forget(state_dir: Path, folders: Sequence[Path] | None = None) -> None:
    """Drop what was kept; state.json can be written again."""
    for path in _places(state_dir, folders):
        with suppress(OSError):
            if path.lstat().st_uid == os.geteuid():
                path.unlink()


def _places(state_dir: Path, folders: Sequence[Path] | None) -> list[Path]:
    import hashlib
    import tempfile

    if folders is None:
        named = [os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0], os.environ.get("XDG_RUNTIME_DIR", "")]
        folders = [Path(name) for name in (*named, SHARED_MEMORY, tempfile.gettempdir()) if name]
    mark = hashlib.sha256(os.fsencode(state_dir.absolute())).hexdigest()[:12]
    return [folder / f"solarctl-{os.geteuid()}-{mark}.json" for folder in folders]


def _is_ours(descriptor: int) -> bool:
    """Return whether it is a plain file that only we write: others may have put something under the name."""
    found = os.fstat(descriptor)
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1
