"""A real mail server on loopback, and settings that point at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl import mail
from solarctl.clock import SystemClock
from solarctl.decision import SendMail
from solarctl.settings import Secret
from solarctl.spool import Spool
from solarctl.virtualhome.emulators.smtp import MailServer

NOW = datetime(2026, 7, 1, 20, 30, tzinfo=ZoneInfo("America/Phoenix"))
ACCOUNTS = {"me@example.com": "abcd efgh"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A plain server that wants no login."""
    running = MailServer(None, SystemClock()).start()
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["ssl", "starttls", "none"])
def any_server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    """A server that wants a login, by each kind of connection."""
    running = MailServer(None, SystemClock(), security=request.param, accounts=ACCOUNTS).start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def calm(request: pytest.FixtureRequest) -> Iterator[None]:
    """Faults and mails end with their test, where the server lives longer."""
    yield
    if "any_server" in request.fixturenames:
        running = request.getfixturevalue("any_server")
        running.faults.clear()
        running.messages.clear()
        running.commands.clear()
        running.violations.clear()
        running.logins = 0


@pytest.fixture
def pointed() -> Callable[..., mail.Settings]:
    """[mail] as it would be decoded, pointing at a server."""

    def settings(server: MailServer, **changes: Any) -> mail.Settings:
        values: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": server.security,
            "to": ["owner@example.com"],
            "ca_file": server.ca_file,
            "timeout_s": 5.0,
        }
        for name, password in server.accounts.items():
            values |= {"username": name, "password": Secret(password)}
        return mail.Settings(**(values | changes))

    return settings


@pytest.fixture
def note() -> SendMail:
    """A mail as the evening one: umlauts, a picture, both kinds of text."""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    text = "Ladung 80 % – alles gut.\n.ein Punkt am Anfang\n" + "lang " * 400
    return SendMail("mail", "Abendbericht: 80 % übrig", text, "<p>80 % <img src='cid:plot'></p>", (("plot", picture),))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def settings(server, pointed) -> mail.Settings:
    return pointed(server)


@pytest.fixture
def send(settings):
    return lambda message, recipients: mail.send(settings, message, timeout_s=5.0, recipients=recipients)
