"""Files that survive a power cut: written whole or not at all, and plain words for what a disk refuses."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from solarctl.errors import StateError

PRIVATE = 0o600
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}  # some network file systems cannot


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Replace all these files of one folder, in order; they are on disk when this returns.

    Everything is written beside the targets first, so a full disk leaves every target as it was. The
    temporary names are fixed (the caller holds a lock), so a killed writer leaves nothing to sweep up.
    """
    beside = {path: path.with_name(path.name + ".tmp") for path in contents}
    try:
        for path, content in contents.items():
            write_synced(beside[path], content)
        for path, temporary in beside.items():
            temporary.replace(path)
    except OSError:
        for temporary in beside.values():
            with suppress(OSError):
                temporary.unlink()
        raise
    sync_folder(next(iter(contents)).parent)


def write_synced(path: Path, content: bytes) -> None:
    """Write over the file in place, private to its owner; its content is on disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    try:
        os.fchmod(descriptor, PRIVATE)  # whatever the umask, or a left-over file, says
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.ftruncate(descriptor, len(content))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_owned(path: Path, uid: int) -> tuple[bytes, bool] | None:
    """Return the file's content and whether others could read it (mended now), or None when there is no file.

    Raises StateError when it belongs to somebody else or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refused(error, path, "read") from error
    try:
        info = os.fstat(descriptor)
        if info.st_uid != uid:
            raise foreign(path, info.st_uid)
        open_to_others = bool(info.st_mode & 0o077)
        if open_to_others:
            with suppress(OSError):
                os.fchmod(descriptor, PRIVATE)
        content = bytearray()
        at_a_time = info.st_size + 4096  # much larger, and each read has the kernel find a megabyte
        while block := os.read(descriptor, at_a_time):
            content += block
        return bytes(content), open_to_others
    except OSError as error:
        raise refused(error, path, "read") from error
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create the folder, private to its owner, when it is missing."""
    if folder.is_dir():
        return
    missing = [folder, *(parent for parent in folder.parents if not parent.exists())]
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def refused(error: OSError, path: Path, what: str) -> StateError:
    """Return what the disk said, in plain words, with the next step; `what` is "read" or "written"."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return StateError(
                f"the disk is full: {path} could not be {what}",
                hint=f"Free some space (df -h {path.parent}); what was stored before is untouched.",
            )
        case errno.EROFS:
            return StateError(
                f"the disk is read-only: {path} could not be {what}",
                hint="Mount it writable, or choose another folder with --state-dir or site.state_dir.",
            )
        case errno.EACCES | errno.EPERM:
            return _forbidden(path, what)
        case errno.ENOTDIR | errno.EISDIR | errno.EEXIST:
            return StateError(
                f"{path} could not be {what}: a file stands where a folder should be, or the other way round",
                hint="Move it away, or choose another folder with --state-dir or site.state_dir.",
            )
        case _:
            return StateError(
                f"{path} could not be {what}: {error.strerror or error}",
                hint="Look at the disk (dmesg | tail); what was stored before is untouched where it can be read.",
            )


def foreign(path: Path, owner_uid: int) -> StateError:
    """Return the refusal of a file that belongs to another user."""
    owner, me = _user(owner_uid), _user(os.geteuid())
    return StateError(
        f"{path} belongs to {owner}, not to {me}",
        hint=f"Run solarctl as {owner} (sudo -u {owner} solarctl …), or make it yours: "
        f"sudo chown -R {me} {path.parent}",
    )


def _forbidden(path: Path, what: str) -> StateError:
    for place in (path, path.parent):
        with suppress(OSError):
            info = place.stat()
            if info.st_uid != os.geteuid():
                return foreign(place, info.st_uid)
            mode = stat.filemode(info.st_mode)
            if not info.st_mode & stat.S_IWUSR:
                return StateError(
                    f"no permission: {path} could not be {what} ({place.name} is {mode})",
                    hint=f"chmod u+rwX {place}",
                )
    return StateError(f"no permission: {path} could not be {what}", hint=f"Look at: ls -ld {path} {path.parent}")


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
