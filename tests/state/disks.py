"""Disks that are full, read-only or somebody else's."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NOBODY = 65534


class SmallDisk:
    """A disk of 256 kB that can be filled; a real one for root, else one that refuses from where it is called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
        self.mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0

    def fill(self, *, leave_kb: int = 0) -> None:
        """Leave only so much room on it."""
        if not self.mounted:
            self._refuse_writes(leave_kb * 1024)
            return
        with (self.folder / "rubbish").open("wb", buffering=0) as rubbish:
            with suppress(OSError):
                while True:
                    rubbish.write(b"x" * 4096)
            rubbish.truncate(rubbish.tell() - leave_kb * 1024)

    def free(self) -> None:
        """Make room again."""
        if self.mounted:
            (self.folder / "rubbish").unlink()
        else:
            self._monkeypatch.undo()

    def make_read_only(self) -> None:
        """Refuse everything from now on."""
        if self.mounted:
            subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)
            return

        def refuse(*_args: object, **_options: object) -> int:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        for call in ("write", "replace", "fsync"):
            self._monkeypatch.setattr(os, call, refuse)

    def _refuse_writes(self, left: int) -> None:
        write = os.write

        def full(descriptor: int, content: bytes) -> int:
            nonlocal left
            if os.lseek(descriptor, 0, os.SEEK_CUR) + len(content) <= os.fstat(descriptor).st_size:
                return write(descriptor, content)  # over what is there already
            if len(content) > left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left -= len(content)
            return write(descriptor, content)

        self._monkeypatch.setattr(os, "write", full)

    def unmount(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@contextmanager
def without_rights(folder: Path, mode: int) -> Iterator[None]:
    """Stand before the folder as a user with only these rights; root becomes nobody meanwhile."""
    old_mode = folder.stat().st_mode
    root = os.geteuid() == 0
    if root:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and "pytest" in str(parent):
                parent.chmod(parent.stat().st_mode | 0o011)
    folder.chmod(mode)
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(old_mode)
