"""The spool: a mail is on disk before it is sent, and stays there until a server has taken it.

One file per mail in a folder of its own: a line of JSON (recipients, attempts, when next), then the mail.

    sent               the file goes
    refused for good   the file goes, and the notice says so
    anything else      the file stays; the next run tries again, later ones ever more rarely

A silent server is asked for one mail per round and then left alone for a while, so that a spool full of mails costs
a run no more than one time limit. Two runs never send the same mail: whoever sends holds a lock on its file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from solarctl import disk
from solarctl.errors import SolarctlError
from solarctl.letter import LONGEST_PAUSE, Letter, is_due, pause, taken
from solarctl.value import value

if TYPE_CHECKING:
    from email.message import EmailMessage

Send = Callable[["EmailMessage", Sequence[str]], Mapping[str, tuple[int, str]]]

KEPT_AT_MOST = 200
KEPT_DAYS = 14
SUFFIX = ".mail"
TORN_S = 86_400.0  # a half-written file of this age belongs to nobody
SERVER = "server.json"  # until when the server is left alone


@value
class Delivery:
    """What a round of delivery came to; `error` is why the first mail that stayed did not leave."""

    sent: int = 0
    notices: tuple[str, ...] = ()
    error: SolarctlError | None = None


class Spool:
    """The mails that wait in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, message: EmailMessage, now: datetime) -> Path:
        """Put a mail on disk; it is safe when this returns. Keeping the same mail twice is keeping it once."""
        recipients = tuple(address.addr_spec for address in message["To"].addresses)
        name = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{message['Message-ID'].strip('<>').partition('@')[0][:32]}"
        path = self.folder / (name + SUFFIX)
        try:
            disk.make_folder(self.folder)
            disk.replace_files({path: Letter(now, recipients, message.as_bytes()).encoded()})
        except OSError as error:
            raise disk.refused(error, path, "written") from error
        return path

    def post(self, message: EmailMessage, send: Send, now: datetime) -> SolarctlError | None:
        """Keep a mail and try it at once; return None when it has left, else why it stays (or is refused for good)."""
        try:
            path = self.keep(message, now)
        except SolarctlError:  # no room to keep it is no reason not to send it
            return _unkept(message, send)
        return self.try_now(path, send, now).error

    def try_now(self, path: Path, send: Send, now: datetime) -> Delivery:
        """Try one kept mail at once, whether it is due or not."""
        round_ = _Round(self, send, now)
        with taken(path) as content:
            if content is not None:
                round_.attempt(path, Letter.decoded(content))
        return Delivery(round_.sent, tuple(round_.notices), round_.error)

    def deliver(self, send: Send, now: datetime, limit: int = 5) -> Delivery:
        """Try the mails that are due, at most `limit`, oldest first among those that failed equally often."""
        if not self.folder.is_dir():
            return Delivery()
        round_ = _Round(self, send, now)
        try:
            waiting = round_.look()
            if waiting and not os.access(self.folder, os.W_OK):
                text = f"{self.folder} cannot be written: mails wait there, for they could be sent again and again"
                return Delivery(notices=(text,))
            if not self._left_alone(now):
                round_.run(waiting, limit)
        except OSError as error:
            raise disk.refused(error, self.folder, "read") from error
        return Delivery(round_.sent, tuple(round_.notices), round_.error)

    def waiting(self) -> int:
        """Return how many mails wait."""
        return sum(1 for _ in self.folder.glob("*" + SUFFIX))

    def _left_alone(self, now: datetime) -> bool:
        until, _failures = self._server()
        return until is not None and now < until <= now + LONGEST_PAUSE  # later still: the clock was set back

    def _server(self) -> tuple[datetime | None, int]:
        try:
            told = json.loads((self.folder / SERVER).read_bytes())
            until = datetime.fromisoformat(told["until"])
            return (until if until.tzinfo else None), int(told["failures"])
        except (OSError, ValueError, LookupError, TypeError):
            return None, 0

    def _server_failed(self, now: datetime) -> None:
        failures = self._server()[1] + 1
        told = {"until": (now + pause(failures)).isoformat(), "failures": failures}
        temporary = self.folder / f"{SERVER}.{os.getpid()}"
        with suppress(OSError):  # worst case: it is asked again by the next run
            disk.write_synced(temporary, json.dumps(told).encode())
            temporary.replace(self.folder / SERVER)

    def _server_answered(self) -> None:
        (self.folder / SERVER).unlink(missing_ok=True)


class _Round:
    """One pass over the waiting mails."""

    def __init__(self, spool: Spool, send: Send, now: datetime) -> None:
        self.spool = spool
        self.send = send
        self.now = now
        self.sent = 0
        self.notices: list[str] = []
        self.error: SolarctlError | None = None

    def look(self) -> list[Path]:
        """Return the waiting mails' files, after letting go of the oldest beyond what is kept."""
        for torn in self.spool.folder.glob(f"*{SUFFIX}.tmp"):  # of a run that was killed while it wrote
            with suppress(OSError):
                if self.now.timestamp() - torn.stat().st_mtime > TORN_S:
                    torn.unlink()
        paths = sorted(self.spool.folder.glob("*" + SUFFIX))
        for path in paths[:-KEPT_AT_MOST]:
            with taken(path) as content:
                if content is not None:
                    path.unlink(missing_ok=True)
                    self.notices.append(f"a mail was dropped unsent: more than {KEPT_AT_MOST} wait in the spool")
        return paths[-KEPT_AT_MOST:]

    def run(self, paths: Sequence[Path], limit: int) -> None:
        """Try what is due until the limit, or until the server turns out to be of no use."""
        due: list[tuple[int, Path]] = []
        for path in paths:
            letter = self._read(path)
            if letter is not None and is_due(letter.not_before, self.now):
                due.append((letter.attempts, path))
        for _attempts, path in sorted(due):
            if limit <= 0:
                return
            with taken(path) as content:
                letter = None if content is None else Letter.decoded(content)
                if letter is None or not is_due(letter.not_before, self.now):
                    continue  # another run has it, or has just tried it
                limit -= 1
                if not self.attempt(path, letter):
                    return

    def attempt(self, path: Path, letter: Letter) -> bool:
        """Try one mail, whose file is locked; return whether trying others makes sense."""
        from email import message_from_bytes
        from email.message import EmailMessage
        from email.policy import SMTP

        message = message_from_bytes(letter.mail, EmailMessage, policy=SMTP.clone(cte_type="7bit"))
        subject = str(message["Subject"])
        try:
            refused = self.send(message, letter.recipients)
        except SolarctlError as error:
            self._failed(path, letter, subject, error)
            return not getattr(error, "for_all", True)
        self.sent += 1
        self.spool._server_answered()
        later = tuple(address for address, (code, _said) in refused.items() if 400 <= code < 500)
        for address, (code, said) in refused.items():
            if address not in later:
                self.notices.append(
                    f"{address} was refused by the mail server ({code} {said}); the others got the mail"
                )
        if later:
            self._keep_on(path, replace(letter, recipients=later))
        else:
            path.unlink(missing_ok=True)
        return True

    def _failed(self, path: Path, letter: Letter, subject: str, error: SolarctlError) -> None:
        self.error = self.error or error
        if getattr(error, "hopeless", False):
            self.notices.append(f"the mail “{subject}” was refused for good and dropped: {error.message}")
            path.unlink(missing_ok=True)
        elif self.now - letter.made_at > timedelta(days=KEPT_DAYS):
            self.notices.append(f"the mail “{subject}” could not be sent for {KEPT_DAYS} days and was dropped")
            path.unlink(missing_ok=True)
        else:
            self._keep_on(path, letter)
        if getattr(error, "for_all", True):
            self.spool._server_failed(self.now)

    def _keep_on(self, path: Path, letter: Letter) -> None:
        attempts = letter.attempts + 1
        content = replace(letter, attempts=attempts, not_before=self.now + pause(attempts)).encoded()
        with suppress(OSError):  # a full disk: the old file stays, and is tried by the next run
            disk.replace_files({path: content})

    def _read(self, path: Path) -> Letter | None:
        try:
            return Letter.decoded(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError):
            self.notices.append(f"{path} is damaged; it was set aside")
            with suppress(OSError):
                path.rename(path.with_suffix(".damaged"))
            return None


def _unkept(message: EmailMessage, send: Send) -> SolarctlError | None:
    try:
        send(message, [address.addr_spec for address in message["To"].addresses])
    except SolarctlError as error:
        return error
    return None
