"""A backup: config, secrets, state and history of one house in one private file, each member with its checksum.

manifest.json                    version, moment, checksums
config/…                         config.toml and the files beside it that it names
state/state.json, history.db …   what the state folder holds, but no locks and no caches
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from solarctl.disk import PRIVATE, refused, sync_folder
from solarctl.errors import StateError

VERSION = 1
MANIFEST = "manifest.json"
LEFT_OUT = ("locks", "cache", "bug.txt")
LEFT_OUT_ENDINGS = (".lock", ".tmp", ".pending", "-journal", "-wal", "-shm")
KEPT_BEFORE = "before-restore-"
LARGEST = 1 << 30  # bytes; nothing of ours comes near


def house_files(config: Path, raw: Mapping[str, Any], state_dir: Path) -> tuple[dict[str, Path], list[str]]:
    """Return member name → file of everything that belongs to the house, and what lies elsewhere and is left out."""
    files = {f"config/{config.name}": config}
    outside = []
    for text in sorted(set(_texts(raw))):
        path = config.parent / Path(text).expanduser()
        with suppress(OSError, ValueError):
            if path.is_file():
                inside = path.resolve().is_relative_to(config.parent.resolve())
                if inside:
                    relative = path.resolve().relative_to(config.parent.resolve())
                    files[f"config/{relative.as_posix()}"] = path
                else:
                    outside.append(str(path))
    for path in _all_within(state_dir):
        relative = path.relative_to(state_dir)
        first = relative.parts[0]
        if first in LEFT_OUT or first.startswith(KEPT_BEFORE) or path.name.endswith(LEFT_OUT_ENDINGS):
            continue
        try:
            if path.is_file() and not path.is_symlink():
                files[f"state/{relative.as_posix()}"] = path
        except OSError as error:
            raise refused(error, path, "read") from error
    return files, outside


def _all_within(folder: Path) -> list[Path]:
    """Return everything in a folder and its folders; `StateError` where one of them cannot be looked into."""

    def stop(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise refused(error, Path(error.filename or folder), "read") from error

    found: list[Path] = []
    for here, folders, files in os.walk(folder, onerror=stop):
        found.extend(Path(here, name) for name in (*folders, *files))
    return sorted(found)


def create(target: Path, members: Iterator[tuple[str, bytes]], made_at: datetime, version: str) -> dict[str, int]:
    """Write members into a new private file and return their sizes; `StateError` when it exists or cannot be."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    except FileExistsError:
        raise StateError(f"{target} is there already", hint="Name a new file; backups are never overwritten.") from None
    except OSError as error:
        raise refused(error, target, "written") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            sizes = _write(file, members, made_at, version)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(target.absolute().parent)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise refused(error, target, "written") from error
        raise
    return sizes


def _write(file: Any, members: Iterator[tuple[str, bytes]], made_at: datetime, version: str) -> dict[str, int]:
    sums: dict[str, str] = {}
    sizes: dict[str, int] = {}
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            _add(archive, name, content, made_at)
            sums[name] = hashlib.sha256(content).hexdigest()
            sizes[name] = len(content)
        manifest = {
            "version": VERSION,
            "made_at": made_at.isoformat(timespec="seconds"),
            "solarctl": version,
            "sha256": sums,
        }
        _add(archive, MANIFEST, json.dumps(manifest, indent=1).encode(), made_at)
    return sizes


def _add(archive: tarfile.TarFile, name: str, content: bytes, made_at: datetime) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), PRIVATE, int(made_at.timestamp())
    archive.addfile(info, io.BytesIO(content))


def contents(files: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    """Yield each file's content; a database as of one moment, while others may be writing to it."""
    for name, path in files.items():
        try:
            yield name, _database(path) if path.suffix == ".db" else path.read_bytes()
        except FileNotFoundError:
            continue  # a journal that was folded meanwhile is in the database, which comes last
        except OSError as error:
            raise refused(error, path, "read") from error


def _database(path: Path) -> bytes:
    import sqlite3

    try:
        source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(":memory:")) as copy:
            source.backup(copy)
            return bytes(copy.serialize())
    except sqlite3.Error as error:
        raise StateError(f"{path} cannot be read: {error}", hint="See: solarctl why") from error


def read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a backup's manifest and members, all of them checked; `StateError` when anything is amiss."""
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            for info in archive:
                if not info.isfile() or not _is_ours(info.name) or info.size > LARGEST or info.name in members:
                    raise _no_backup(path, f"it holds {info.name!r}, which no backup has")
                found = archive.extractfile(info)
                members[info.name] = found.read() if found is not None else b""
    except FileNotFoundError:
        raise StateError(f"there is no file {path}") from None
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise _no_backup(path, f"it cannot be unpacked ({error})") from error
    return _manifest(path, members), members


def _manifest(path: Path, members: dict[str, bytes]) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(members.pop(MANIFEST))
        version, sums = int(manifest["version"]), dict(manifest["sha256"])
    except (KeyError, ValueError, TypeError) as error:
        raise _no_backup(path, "its list of contents is missing") from error
    if version > VERSION:
        raise StateError(f"{path} was written by a newer solarctl", hint="Upgrade solarctl, then restore it.")
    if sums != {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}:
        raise _no_backup(path, "its contents are not what was put into it")
    return manifest


def _no_backup(path: Path, why: str) -> StateError:
    return StateError(f"{path} is damaged or no backup of solarctl's: {why}", hint="Nothing was changed. Use another.")


def _is_ours(name: str) -> bool:
    parts = PurePosixPath(name).parts
    inside = len(parts) > 1 and parts[0] in ("config", "state") and ".." not in parts
    return name == MANIFEST or (inside and not name.startswith("/") and "\\" not in name and "\0" not in name)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value and "\n" not in value and len(value) < 500:
        yield value
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _texts(one)
