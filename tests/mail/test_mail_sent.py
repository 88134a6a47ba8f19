"""Real SMTP over loopback: by each kind of connection, and in every way it can fail."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from solarctl import mail
from solarctl.clock import SystemClock
from solarctl.decision import SendMail
from solarctl.errors import Exit
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.smtp import MailServer

from .conftest import ACCOUNTS, NOW


def sent(settings, action, **options):
    return mail.send(settings, mail.compose(settings, action, NOW), **({"timeout_s": 5.0} | options))


def failed(settings, action, **options) -> mail.MailError:
    with pytest.raises(mail.MailError) as caught:
        sent(settings, action, **options)
    return caught.value


def test_a_mail_arrives(any_server, pointed, note):
    """With TLS at once, with STARTTLS, and without: the server has the mail, whole and well-formed."""
    assert sent(pointed(any_server), note) == {}
    (received,) = any_server.messages
    assert received.recipients == ["owner@example.com"]
    assert received.username == "me@example.com"
    assert received.encrypted == (any_server.security != "none")
    assert received.message["Subject"] == note.to
    assert ".ein Punkt am Anfang" in received.message.get_body(("plain",)).get_content()
    assert any_server.violations == []
    assert any_server.logins == 1


def test_a_wrong_password_is_tried_once(any_server, pointed, note):
    """A refused login is exit 77 with the next step, and is not hammered by each method in turn."""
    error = failed(pointed(any_server, password=Secret("wrong")), note)
    assert (error.exit_code, error.for_all, error.hopeless) == (Exit.LOGIN, True, False)
    assert "535" in str(error)
    assert "mail.password" in error.hint
    assert any_server.logins == 1
    assert any_server.messages == []


def test_gmail_wants_an_app_password():
    """Google shows the app password in groups of four, and refuses the ordinary one; the hint says what to do."""
    from solarctl import smtp

    settings = mail.Settings(host="smtp.gmail.com", to=["a@b.c"], username="a@gmail.com", password=Secret("ab cd"))
    answer = smtp.smtplib.SMTPAuthenticationError(535, b"5.7.8 Username and Password not accepted")
    error = smtp._explained(answer, settings)
    assert error.exit_code == Exit.LOGIN
    assert "app password" in error.hint


FAULTS = [
    # fault, exit code, the next mail fares no better, dropped at once
    ("421", Exit.TRY_AGAIN, True, False),
    ("450", Exit.TRY_AGAIN, False, False),
    ("451", Exit.TRY_AGAIN, False, False),
    ("452", Exit.TRY_AGAIN, False, False),
    ("454", Exit.TRY_AGAIN, True, False),
    ("530", Exit.LOGIN, True, False),
    ("534", Exit.LOGIN, True, False),
    ("535", Exit.LOGIN, True, False),
    ("550", Exit.TRY_AGAIN, True, False),  # the daily limit passes by itself
    ("550-sender", Exit.REFUSED, True, False),
    ("552", Exit.REFUSED, False, True),
    ("554", Exit.REFUSED, False, True),
    ("refuse-all", Exit.REFUSED, False, True),
    ("drop", Exit.TRY_AGAIN, True, False),
    ("drop-after-data", Exit.TRY_AGAIN, True, False),
    ("no-auth", Exit.CONFIG, True, False),
    ("no-starttls", Exit.CONFIG, True, False),
    ("hang", Exit.TRY_AGAIN, True, False),
    ("dribble", Exit.TRY_AGAIN, True, False),
]


@pytest.fixture(scope="module")
def starttls_server():
    """One server for the table below."""
    running = MailServer(None, SystemClock(), security="starttls", accounts=ACCOUNTS).start()
    yield running
    running.stop()


@pytest.mark.parametrize(("fault", "exit_code", "for_all", "hopeless"), FAULTS)
def test_every_refusal_and_silence_says_what_to_do(starttls_server, pointed, note, fault, exit_code, for_all, hopeless):
    """Every refusal and every silence is told by what the person does next, within the time limit."""
    starttls_server.faults.set(fault, 0.05 if fault == "dribble" else True)
    try:
        error = failed(pointed(starttls_server), note, timeout_s=0.7 if fault in ("hang", "dribble") else 5.0)
    finally:
        starttls_server.faults.clear()
    assert (error.exit_code, error.for_all, error.hopeless) == (exit_code, for_all, hopeless)
    assert "efgh" not in f"{error} {error.hint}"
    assert error.device == "mail"


def test_every_fault_is_in_the_table():
    """A fault that the emulator gains is tried here as well."""
    assert {row[0] for row in FAULTS} | {"refuse-some"} == set(MailServer.FAULTS)


@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("fault", ["hang", "drop"])
def test_a_server_that_falls_silent_in_between(server, pointed, note, fault, stage):
    """Whenever the server stops talking, the run ends with 75, and the mail did not arrive."""
    server.faults.set(fault, stage)
    error = failed(pointed(server), note, timeout_s=0.4)
    assert error.exit_code == Exit.TRY_AGAIN
    assert server.messages == []


def test_half_refused(server, pointed, note):
    """The others get the mail; whom the server refused is returned."""
    settings = pointed(server, to=["owner@example.com", "gone@example.com", "wife@example.com"])
    server.faults.set("refuse-some", ["gone@example.com"])
    refused = sent(settings, note)
    assert {address: code for address, (code, _said) in refused.items()} == {"gone@example.com": 550}
    assert server.messages[0].recipients == ["owner@example.com", "wife@example.com"]


def test_some_recipients_only(server, pointed, note):
    """A second attempt goes to those who are still without."""
    settings = pointed(server, to=["owner@example.com", "wife@example.com"])
    sent(settings, note, recipients=["wife@example.com"])
    assert server.messages[0].recipients == ["wife@example.com"]


def test_no_server(pointed, note, server):
    """A server that is down is "try again", and says where it was looked for."""
    settings = pointed(server)
    server.stop()
    error = failed(settings, note)
    assert (error.exit_code, error.for_all) == (Exit.TRY_AGAIN, True)
    assert f"127.0.0.1:{settings.port}" in str(error)


def test_a_host_that_does_not_exist(pointed, server, note, monkeypatch):
    """A name that cannot be looked up is "try again": mostly it is the internet that is gone."""

    def no_such_name(*_args: object, **_options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    assert failed(pointed(server, host="mail.invalid"), note).exit_code == Exit.TRY_AGAIN


def test_a_stranger_certificate_is_not_trusted(note, pointed):
    """TLS is verified: without the authority nothing is handed over, not even the password."""
    for security in ("ssl", "starttls"):
        server = MailServer(None, SystemClock(), security=security, accounts=ACCOUNTS).start()
        try:
            error = failed(pointed(server, ca_file=None), note)
            assert error.exit_code == Exit.CONFIG
            assert "mail.ca_file" in error.hint
            assert (server.logins, server.messages) == (0, [])
        finally:
            server.stop()


def test_a_certificate_for_another_name(any_server, pointed, note):
    """The certificate must name the host that the config names."""
    if any_server.security == "none":
        assert sent(pointed(any_server, host="localhost"), note) == {}  # no certificate, no name to compare
        return
    settings = pointed(any_server, host="127.0.0.2")
    assert failed(settings, note).exit_code in (Exit.CONFIG, Exit.TRY_AGAIN)
    assert any_server.messages == []


def test_ssl_against_a_plain_port(server, pointed, note):
    """TLS where the server speaks plainly: the hint tells port and security apart."""
    error = failed(pointed(server, security="ssl"), note, timeout_s=2.0)
    assert error.exit_code == Exit.CONFIG
    assert "465" in error.hint


def test_a_missing_ca_file_is_a_config_error(any_server, pointed, note, tmp_path):
    """A ca_file that is not there is named."""
    if any_server.security == "none":
        assert sent(pointed(any_server, ca_file=tmp_path / "none.pem"), note) == {}  # never looked at
        return
    error = failed(pointed(any_server, ca_file=tmp_path / "none.pem"), note)
    assert error.exit_code == Exit.CONFIG
    assert "mail.ca_file" in str(error)


def test_a_password_beyond_ascii(any_server, pointed, note):
    """A password that SMTP cannot carry is told as such, not as a bug."""
    assert failed(pointed(any_server, password=Secret("pässword")), note).exit_code == Exit.LOGIN


def test_another_make_of_server(note, pointed):
    """aiosmtpd, which is not ours, takes our mail as well."""
    from aiosmtpd.controller import Controller

    class Box:
        taken: list[bytes] = []

        async def handle_DATA(self, server, session, envelope):
            self.taken.append(envelope.content)
            return "250 OK"

    controller = Controller(Box(), hostname="127.0.0.1", port=free_port(), server_hostname="localhost")
    controller.start()
    try:
        settings = mail.Settings(
            host="127.0.0.1", port=controller.port, security="none", to=["o@example.com"], sender="s@example.com"
        )
        assert sent(settings, note) == {}
    finally:
        controller.stop()
    assert b"Auto-Submitted: auto-generated" in Box.taken[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_emulator_tells_how_to_reach_it(any_server):
    """Its config table and secret are what solarctl needs."""
    import tomllib

    table = tomllib.loads(any_server.config())["mail"]
    assert (table["port"], table["security"]) == (any_server.port, any_server.security)
    assert any_server.secrets() == {"mail.secret": "abcd efgh"}


def test_a_mail_is_dated_by_the_house(server, pointed):
    """The date in the mail is the run's, also when the house's day is played in seconds."""
    settings = pointed(server)
    played = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    mail.send(settings, mail.compose(settings, SendMail("mail", "s", "t"), played), timeout_s=5.0)
    assert server.messages[0].message["Date"].datetime == played
