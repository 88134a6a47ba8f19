"""Where a demo lives: a private folder with config, secrets, crontab and state, gone afterwards unless kept."""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from solarctl.errors import StateError, UsageError
from solarctl.virtualhome.emulators.smtp import MailServer
from solarctl.virtualhome.scenario import Home


@contextmanager
def demo_folder(keep: Path | None) -> Iterator[Path]:
    """Give a folder that only its owner can enter: a temporary one, or `keep`, which must be new or empty."""
    if keep is None:
        try:
            made = Path(tempfile.mkdtemp(prefix="solarctl-demo-", dir=_in_memory()))  # mode 0700
        except OSError as error:
            raise StateError(f"no temporary folder can be made: {error}", hint="Point TMPDIR at one.") from error
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return
    try:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = any(keep.iterdir())
    except OSError as error:
        raise UsageError(f"{keep} cannot be used: {error.strerror}", hint="Name another folder.") from error
    if taken:
        raise UsageError(f"{keep} is not empty", hint="Name a folder that does not exist yet.")
    keep.chmod(0o700)
    yield keep.resolve()


def _in_memory() -> Path | None:
    """Return a place that no disk slows down, unless somebody has said where temporary files belong.

    State is on disk before a run goes on (fsync), which a real house wants and a day in fast-forward need not wait for.
    """
    fast = Path("/dev/shm")  # noqa: S108  mkdtemp makes a private folder in it
    usual = Path(tempfile.gettempdir()) == Path("/", "tmp") and "TMPDIR" not in os.environ
    return fast if usual and os.access(fast, os.W_OK | os.X_OK) else None


def take_out(found: Iterable[Path]) -> list[Path]:
    """Copy what a day leaves to look at (mails, report) to a folder that outlives the demo's."""
    found = list(found)
    place = Path(tempfile.mkdtemp(prefix="solarctl-pages-")) if found else Path()
    return [Path(shutil.copy(path, place)) for path in found]


def furnish(folder: Path, home: Home) -> Path:
    """Write the home's config, secrets and crontab into the folder; return the config's path."""
    for name, text in home.secrets().items():
        _write(folder / name, text)
    config = folder / "config.toml"
    _write(folder / "crontab", home.scenario.crontab)
    _write(config, home.config())
    return config


def keep_mails(folder: Path, home: Home) -> list[Path]:
    """Write the mails that the home's mail server took, each as .eml, and its page where it has one."""
    return new_mails(folder, home, frozenset())


def new_mails(folder: Path, home: Home, known: Collection[Path]) -> list[Path]:
    """Write the mails that are not among the `known` files yet."""
    messages = [one for emulator in home.emulators if isinstance(emulator, MailServer) for one in emulator.messages]
    found = []
    for number, received in enumerate(messages, start=1):
        if folder / f"mail-{number}.eml" in known:
            continue
        path = folder / f"mail-{number}.eml"
        _write(path, received.data.decode("utf-8", "replace"))
        found.append(path)
        page = received.message.get_body(("html",))
        if page is not None:
            path = folder / f"mail-{number}.html"
            _write(path, _with_pictures(page.get_content(), received.message))
            found.append(path)
    return found


def _with_pictures(page: str, message: EmailMessage) -> str:
    """Return a mail's page with its pictures in it; a browser does not know the mail that `cid:` points into."""
    for part in message.walk():
        name = str(part.get("Content-ID", "")).strip(" <>")
        content = part.get_payload(decode=True) if name else None
        if isinstance(content, bytes):
            inside = base64.b64encode(content).decode("ascii")
            page = page.replace(f'"cid:{name}"', f'"data:{part.get_content_type()};base64,{inside}"')
    return page


def _write(path: Path, text: str) -> None:
    try:
        path.touch(mode=0o600)  # private before anything is in it
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror}", hint="Is the disk full?") from error
