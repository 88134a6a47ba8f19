"""A mail server on loopback: EHLO, STARTTLS, AUTH PLAIN and LOGIN, and every way a mail can fail.

It is stricter than most: it takes 7-bit lines of at most 998 characters with CRLF ends only, and notes in
`violations` what a picky server on the way would have refused.
"""

from __future__ import annotations

import ssl
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.mail_session import Received, Server

Security = Literal["ssl", "starttls", "none"]


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
        self._server: Server | None = None
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
        self._server = Server(("127.0.0.1", port), self, tls)
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
