"""A model of a disk in a power cut: what was not synced is gone.

It follows the calls that reach the disk and knows, after each of them, what a pulled plug would leave: of every
file the content at its last fsync, and of the folder's names those of its last sync, plus as many of the later
renames and removals as the disk happened to write (all, or none).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Left = dict[str, bytes]  # file name -> content after the power cut


class PowerCuts:
    """Records one folder; `left` has what each possible cut leaves, as (name of the call, files)."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: list[tuple[str, Left]] = []
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._synced: dict[int, bytes] = {}  # inode -> content
        self._names = self._names_now()  # as last synced
        for inode, content in self._names_now_with_content():
            self._synced[inode] = content
        for call in ("write", "fsync", "ftruncate", "replace", "unlink"):
            self._follow(call)

    def _follow(self, call: str) -> None:
        original = getattr(os, call)

        def followed(*args: Any, **options: Any) -> Any:
            result = original(*args, **options)
            if call == "fsync":
                self._sync(args[0])
            self._cut(call)
            return result

        self._monkeypatch.setattr(os, call, followed)

    def _sync(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        if path == self._folder:
            self._names = self._names_now()
        elif path.parent == self._folder:
            self._synced[os.fstat(descriptor).st_ino] = path.read_bytes()

    def _cut(self, call: str) -> None:
        for names in (self._names, self._names_now()):
            self.left.append((call, {name: self._synced.get(inode, b"") for name, inode in names.items()}))

    def _names_now(self) -> dict[str, int]:
        if not self._folder.exists():
            return {}
        return {path.name: path.stat().st_ino for path in self._folder.iterdir() if path.is_file()}

    def _names_now_with_content(self) -> Iterator[tuple[int, bytes]]:
        for name, inode in self._names_now().items():
            yield inode, (self._folder / name).read_bytes()
