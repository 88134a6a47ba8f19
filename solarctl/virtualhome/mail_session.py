"""One client's conversation with the virtual home's mail server, line by line."""

from __future__ import annotations

import base64
import binascii
import socket
import socketserver
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from solarctl.virtualhome.emulators.smtp import MailServer

LONGEST_LINE = 998  # RFC 5321, 4.5.3.1.6, without its CRLF
SIZE_LIMIT = 35_882_577


@dataclass(slots=True)
class Received:
    """A mail as it was taken."""

    at: datetime
    sender: str
    recipients: list[str]
    data: bytes = field(repr=False)
    username: str = ""
    encrypted: bool = False

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return cast(EmailMessage, message_from_bytes(self.data, policy=cast(Any, default_policy)))


class Server(socketserver.ThreadingTCPServer):
    """Listens, and gives each client a session."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], emulator: MailServer, tls: ssl.SSLContext | None) -> None:
        self.emulator = emulator
        self.tls = tls
        super().__init__(address, Session)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent when a client hangs up."""


class Closed(Exception):
    """The session is over."""


class Session(socketserver.BaseRequestHandler):
    """One client's conversation."""

    server: Server

    def setup(self) -> None:
        self.house = self.server.emulator
        self.faults = self.house.faults
        self.line: socket.socket = self.request
        self.line.settimeout(30)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # answers go out at once
        self.encrypted = False
        self.username = ""
        self.sender: str | None = None
        self.recipients: list[str] = []

    def handle(self) -> None:
        try:
            if self.house.security == "ssl":
                self._encrypt()
            self._trip("greeting")
            if self.faults.take("421"):
                self._say("421 4.3.0 Service not available, closing the line")
                raise Closed
            self._say("220 mail.local ESMTP")
            while True:
                self._answer(self._hear())
        except (Closed, OSError):
            self.line.close()

    def _encrypt(self) -> None:
        assert self.server.tls is not None
        self.line = self.server.tls.wrap_socket(self.line, server_side=True)
        self.reader = self.line.makefile("rb")
        self.encrypted = True

    def _say(self, text: str) -> None:
        pause_s = self.faults.take("dribble")
        pieces = [text.encode() + b"\r\n"] if not pause_s else [bytes([letter]) for letter in text.encode() + b"\r\n"]
        for piece in pieces:
            if pause_s and self.house.going_down.wait(float(pause_s)):
                raise Closed
            self.line.sendall(piece)

    def _hear(self) -> bytes:
        if not hasattr(self, "reader"):
            self.reader = self.line.makefile("rb")
        heard = self.reader.readline(LONGEST_LINE * 100)
        if not heard:
            raise Closed
        if not heard.endswith(b"\r\n"):
            self.house.violations.append(f"a line without CRLF: {heard[:40]!r}")
        return heard.rstrip(b"\r\n")

    def _trip(self, stage: str) -> None:
        """Hang or break the line where a fault says so."""
        for name in ("hang", "drop"):
            value = self.faults.peek(name)
            if value is not None and (value == stage or (value is True and stage == "greeting")):
                self.faults.take(name)
                if name == "hang":
                    self.house.going_down.wait(60)
                raise Closed

    def _answer(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        verb, _, rest = text.partition(" ")
        verb = verb.upper()
        with self.house.lock:
            self.house.commands.append(f"{verb} …" if verb == "AUTH" else text)
        if not line.isascii():
            self.house.violations.append(f"{verb} is not ASCII")
        self._trip(verb)
        match verb:
            case "EHLO" | "HELO":
                self._greet(verb)
            case "STARTTLS":
                self._start_tls()
            case "AUTH":
                self._login(rest)
            case "MAIL":
                self._mail(rest)
            case "RCPT":
                self._recipient(rest)
            case "DATA":
                self._data()
            case "RSET" | "NOOP":
                self.sender, self.recipients = (None, []) if verb == "RSET" else (self.sender, self.recipients)
                self._say("250 2.0.0 OK")
            case "QUIT":
                self._say("221 2.0.0 Bye")
                raise Closed
            case _:
                self._say("502 5.5.1 Unrecognized command")

    @property
    def _wants_tls(self) -> bool:
        return self.house.security == "starttls" and not self.encrypted

    def _greet(self, verb: str) -> None:
        if verb == "HELO":
            self._say("250 mail.local")
            return
        offers = ["mail.local at your service", f"SIZE {SIZE_LIMIT}"]
        if self._wants_tls:
            offers += [] if self.faults.take("no-starttls") else ["STARTTLS"]
        elif self.house.accounts and not self.faults.take("no-auth"):
            offers.append("AUTH LOGIN PLAIN XOAUTH2")
        offers.append("ENHANCEDSTATUSCODES")
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        self._say(f"250 {offers[-1]}")

    def _start_tls(self) -> None:
        if not self._wants_tls:
            self._say("502 5.5.1 Not here")
            return
        self._say("220 2.0.0 Ready to start TLS")
        self._encrypt()
        self.sender, self.recipients, self.username = None, [], ""

    def _login(self, rest: str) -> None:
        if self._wants_tls:
            self._say("530 5.7.0 Must issue a STARTTLS command first")
            return
        method, _, first = rest.partition(" ")
        try:
            if method.upper() == "PLAIN":
                reply = first or self._ask("")
                _, username, password = base64.b64decode(reply, validate=True).decode().split("\0")
            elif method.upper() == "LOGIN":
                username = base64.b64decode(first or self._ask("Username:"), validate=True).decode()
                password = base64.b64decode(self._ask("Password:"), validate=True).decode()
            else:
                self._say("504 5.5.4 Unrecognized authentication type")
                return
        except (binascii.Error, ValueError):
            self._say("501 5.5.2 Cannot decode the response")
            return
        with self.house.lock:
            self.house.logins += 1
        refusals = {
            "454": "454 4.7.0 Temporary authentication failure",
            "534": "534 5.7.9 Application-specific password required",
            "535": "535 5.7.8 Username and Password not accepted",
        }
        for name, refusal in refusals.items():
            if self.faults.take(name):
                self._say(refusal)
                return
        if self.house.accounts.get(username) != password:
            self._say(refusals["535"])
            return
        self.username = username
        self._say("235 2.7.0 Accepted")

    def _ask(self, prompt: str) -> str:
        self._say(f"334 {base64.b64encode(prompt.encode()).decode()}")
        return self._hear().decode("ascii", "replace")

    def _mail(self, rest: str) -> None:
        if self._wants_tls:
            self._say("530 5.7.0 Must issue a STARTTLS command first")
        elif self.faults.take("530") or (self.house.accounts and not self.username):
            self._say("530 5.7.0 Authentication Required")
        elif self.faults.take("550-sender"):
            self._say("550 5.7.1 This sender may not send here")
        else:
            self.sender, self.recipients = _path(rest), []
            self._say("250 2.1.0 OK")

    def _recipient(self, rest: str) -> None:
        address = _path(rest)
        if self.sender is None:
            self._say("503 5.5.1 MAIL first")
        elif self.faults.take("450"):
            self._say("450 4.2.1 The mailbox is busy, try again later")
        elif self.faults.take("452"):
            self._say("452 4.2.2 The mailbox is full")
        elif self.faults.take("refuse-all") or self._is_refused(address):
            self._say("550 5.1.1 No such user here")
        else:
            self.recipients.append(address)
            self._say("250 2.1.5 OK")

    def _is_refused(self, address: str) -> bool:
        named = self.faults.take("refuse-some")
        if named is None:
            return False
        return not self.recipients if named is True else address in named

    def _data(self) -> None:
        if not self.recipients or self.sender is None:
            self._say("503 5.5.1 RCPT first")
            return
        self._say("354 Go ahead")
        lines: list[bytes] = []
        while (line := self._hear()) != b".":
            line = line[1:] if line.startswith(b".") else line
            if len(line) > LONGEST_LINE:
                self.house.violations.append(f"a line of {len(line)} characters")
            if not line.isascii() or b"\0" in line or b"\r" in line:
                self.house.violations.append(f"not plain 7-bit text: {line[:60]!r}")
            lines.append(line)
        for name, refusal in (
            ("451", "451 4.3.0 Local error in processing"),
            ("550", "550 5.4.5 Daily user sending limit exceeded"),
            ("552", "552 5.2.3 Message size exceeds the limit"),
            ("554", "554 5.7.1 Message refused"),
        ):
            if self.faults.take(name):
                self._say(refusal)
                return
        data = b"\r\n".join(lines) + b"\r\n"
        received = Received(
            self.house.clock.now(), self.sender, self.recipients, data, self.username, encrypted=self.encrypted
        )
        with self.house.lock:
            self.house.messages.append(received)
        self.sender, self.recipients = None, []
        if self.faults.take("drop-after-data"):
            raise Closed
        self._say("250 2.0.0 OK, taken")


def _path(rest: str) -> str:
    """Return the address in FROM:<…> or TO:<…>."""
    return rest.partition("<")[2].partition(">")[0]
