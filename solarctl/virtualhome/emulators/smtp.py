"""A mail server on loopback: EHLO, STARTTLS, AUTH PLAIN and LOGIN, and every way a mail can fail.

It is stricter than most: it takes 7-bit lines of at most 998 characters with CRLF ends only, and notes in
`violations` what a picky server on the way would have refused.
"""

from __future__ import annotations

import base64
import binascii
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, cast

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Emulator

LONGEST_LINE = 998  # RFC 5321, 4.5.3.1.6, without its CRLF
SIZE_LIMIT = 35_882_577

Security = Literal["ssl", "starttls", "none"]


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


class MailServer(Emulator):
    """A server that knows `accounts` (name → password; empty: no login wanted)."""

    name: ClassVar[str] = "smtp"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "421": "the greeting says 421: the service is not available",
        "450": "each recipient gets 450: the mailbox is busy",
        "451": "after the data: 451, a local error",
        "452": "each recipient gets 452: the mailbox is full",
        "454": "the login gets 454: temporary authentication problem",
        "530": "MAIL FROM gets 530: authentication required",
        "534": "the login gets 534: application-specific password required",
        "535": "the login gets 535: username and password not accepted",
        "550": "after the data: 550 5.4.5, the daily sending limit",
        "550-sender": "MAIL FROM gets 550: this sender may not send here",
        "552": "after the data: 552, the message is too large",
        "554": "after the data: 554, the message is refused for good",
        "refuse-some": "recipients named by the value (a list; else the first) get 550: no such user",
        "refuse-all": "every recipient gets 550: no such user",
        "hang": "silence: at the greeting, or at the command that the value names (EHLO, AUTH, MAIL, DATA, …)",
        "dribble": "answers come letter by letter, one each `value` seconds",
        "drop": "the line breaks at the greeting, or at the command that the value names",
        "drop-after-data": "the mail is taken, but the line breaks before the answer",
        "no-auth": "no login is offered",
        "no-starttls": "STARTTLS is not offered",
    }

    def __init__(
        self, home: Any, clock: Clock, *, security: Security = "none", accounts: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(home, clock)
        self.security: Security = security
        self.accounts = dict(accounts or {})
        self.messages: list[Received] = []
        self.commands: list[str] = []  # what clients said, passwords left out
        self.logins = 0  # attempts
        self.violations: list[str] = []
        self.going_down = threading.Event()
        self._server: _Server | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        assert self._server is not None, "not started"
        return int(self._server.server_address[1])

    @property
    def ca_file(self) -> Path | None:
        """The certificate that a client must trust, with ssl and starttls."""
        return Path(self._folder.name) / "mail.pem" if self._folder else None

    def start(self, port: int = 0) -> Self:
        self.going_down.clear()
        tls = self._tls() if self.security != "none" else None
        self._server = _Server(("127.0.0.1", port), self, tls)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self.going_down.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def config(self) -> str:
        lines = ["[mail]", 'host = "127.0.0.1"', f"port = {self.port}", f'security = "{self.security}"']
        for username in list(self.accounts)[:1]:
            lines += [f'username = "{username}"', 'password = { file = "mail.secret" }']
        if self.ca_file:
            lines.append(f'ca_file = "{self.ca_file}"')
        return "\n".join([*lines, 'to = ["owner@example.com"]', 'sender = "solarctl@example.com"', ""])

    def secrets(self) -> dict[str, str]:
        return {"mail.secret": next(iter(self.accounts.values()))} if self.accounts else {}

    def counters(self) -> dict[str, int]:
        return {"mails": len(self.messages), "logins": self.logins}

    def _tls(self) -> ssl.SSLContext:
        self._folder = tempfile.TemporaryDirectory(prefix="mailserver-")
        certificate = Path(self._folder.name) / "mail.pem"
        key = Path(self._folder.name) / "mail.key"
        names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
        files = ["-keyout", str(key), "-out", str(certificate)]
        request = ["openssl", "req", "-x509", *kind, *files, "-subj", "/CN=mail.local", "-addext", names]
        subprocess.run(request, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], emulator: MailServer, tls: ssl.SSLContext | None) -> None:
        self.emulator = emulator
        self.tls = tls
        super().__init__(address, _Session)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent when a client hangs up."""


class _Closed(Exception):
    """The session is over."""


class _Session(socketserver.BaseRequestHandler):
    """One client's conversation."""

    server: _Server

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
                raise _Closed
            self._say("220 mail.local ESMTP")
            while True:
                self._answer(self._hear())
        except (_Closed, OSError):
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
                raise _Closed
            self.line.sendall(piece)

    def _hear(self) -> bytes:
        if not hasattr(self, "reader"):
            self.reader = self.line.makefile("rb")
        heard = self.reader.readline(LONGEST_LINE * 100)
        if not heard:
            raise _Closed
        if not heard.endswith(b"\r\n"):
            self.house.violations.append(f"a line without CRLF: {heard[:40]!r}")
        return heard.rstrip(b"\r\n")

    def _trip(self, stage: str) -> None:
        """Hang or break the line where a fault says so."""
        for name in ("hang", "drop"):
            value = self.faults._on.get(name, (None, None))[0]
            if value is not None and (value == stage or (value is True and stage == "greeting")):
                self.faults.take(name)
                if name == "hang":
                    self.house.going_down.wait(60)
                raise _Closed

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
                raise _Closed
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
            raise _Closed
        self._say("250 2.0.0 OK, taken")


def _path(rest: str) -> str:
    """Return the address in FROM:<…> or TO:<…>."""
    return rest.partition("<")[2].partition(">")[0]
