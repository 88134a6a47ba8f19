"""What a mail looks like, and that nothing a device says can forge one."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl import mail
from solarctl.decision import SendMail
from solarctl.errors import ConfigError, Problem
from solarctl.settings import Secret

from .conftest import NOW

TO_ONE = mail.Settings(host="127.0.0.1", to=["Anna Muster <owner@example.com>"], sender="solarctl@example.com")


def test_a_mail_has_both_texts_and_its_pictures(note):
    """Every client finds something it can show: plain text, HTML, and the picture the HTML refers to."""
    message = message_from_bytes(mail.compose(TO_ONE, note, NOW).as_bytes(), policy=default)
    assert message.get_body(("plain",)).get_content() == note.text.rstrip() + "\n" or "lang lang" in message.as_string()
    assert "cid:plot" in message.get_body(("html",)).get_content()
    pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert [(part["Content-ID"], part.get_content()) for part in pictures] == [("<plot>", note.inline[0][1])]


def test_headers_say_who_when_and_that_a_program_wrote_it(note):
    """From, To, Subject, Date in the house's zone, one Message-ID, and no holiday notice shall answer."""
    message = message_from_bytes(mail.compose(TO_ONE, note, NOW).as_bytes(), policy=default)
    assert message["Subject"] == "Abendbericht: 80 % übrig"
    assert message["From"] == "solarctl@example.com"
    assert message["To"] == "Anna Muster <owner@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].endswith("-0700")
    assert parsedate_to_datetime(message["Date"]) == NOW
    assert message["Message-ID"].endswith("@example.com>")


def test_the_message_id_is_of_the_mail_not_of_the_attempt(note):
    """The same mail composed again has the same id; another moment or another text has another."""
    first, again = mail.compose(TO_ONE, note, NOW), mail.compose(TO_ONE, note, NOW)
    later = mail.compose(TO_ONE, note, NOW.replace(minute=31))
    other = mail.compose(TO_ONE, SendMail("mail", note.to, "x"), NOW)
    assert first["Message-ID"] == again["Message-ID"]
    assert len({first["Message-ID"], later["Message-ID"], other["Message-ID"]}) == 3


@pytest.mark.parametrize(
    ("changes", "sender"),
    [
        ({"sender": "Haus <haus@example.org>"}, "Haus <haus@example.org>"),
        ({"username": "me@gmail.com", "password": Secret("x")}, "solarctl <me@gmail.com>"),
    ],
)
def test_the_sender_is_set_or_the_login(changes, sender, note):
    """The From address is mail.sender, else the login's address."""
    settings = mail.Settings(host="h", to=["a@b.c"], **changes)
    assert mail.compose(settings, note, NOW)["From"] == sender


def test_without_sender_and_login_the_computer_signs(note):
    """A relay without login gets mail from solarctl at this computer."""
    assert mail.compose(mail.Settings(host="h", to=["root"]), note, NOW)["From"].startswith("solarctl <solarctl@")


def test_a_picture_without_html_is_attached():
    """A mail of plain text carries its picture as a file."""
    message = mail.compose(TO_ONE, SendMail("mail", "s", "t", "", (("../../plot", b"<svg/>"),)), NOW)
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("....plot", "image/svg+xml")


def test_international_domains_are_written_for_old_servers(note):
    """An umlaut in a domain is sent in its ASCII form."""
    message = mail.compose(mail.Settings(host="h", to=["ich@müller.example"], sender="a@b.c"), note, NOW)
    assert message["To"] == "ich@xn--mller-kva.example"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "me@",
        "me@example.com\nBcc: x@y.z",
        "a@b.c, d@e.f",
        "me example.com",
        "m\u00fc@example.com",
        "a..b@c.d",
        "x" * 3 + "@a..b",
    ],
)
def test_what_is_no_address_is_a_config_error(address, note):
    """A slip in mail.to is told before anything is sent."""
    settings = mail.Settings(host="h", to=[address])
    assert [key for key, _message in settings.problems()] == ["to"]
    with pytest.raises(ConfigError, match=r"mail\.to"):
        mail.compose(settings, note, NOW)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"to": []}, "to"),
        ({"username": "me@example.com"}, "password"),
        ({"password": Secret("x")}, "username"),
        ({"sender": "nobody in particular"}, "sender"),
    ],
)
def test_contradictions_are_named(changes, key):
    """A name without password, nobody to write to: the key at fault is named."""
    settings = mail.Settings(**({"host": "h", "to": ["a@b.c"]} | changes))
    assert [found for found, _message in settings.problems()] == [key]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"security": "starttls", "port": 465}, "mail.port"),
        ({"security": "ssl", "port": 587}, "mail.port"),
        ({"security": "none", "port": 25, "username": "u", "password": Secret("x")}, "mail.security"),
    ],
)
def test_what_looks_wrong_is_a_warning(changes, path):
    """The usual mix-ups of port and security, and a password in the clear, are pointed out."""
    (found,) = mail.warnings(mail.Settings(**({"host": "mail.example.com", "to": ["a@b.c"]} | changes)))
    assert (found.path, found.severity) == (path, "warning")
    assert isinstance(found, Problem)


def test_the_usual_settings_are_silent():
    """Gmail as in the example needs no word."""
    good: dict[str, Any] = {
        "host": "smtp.gmail.com",
        "to": ["a@b.c"],
        "username": "a@gmail.com",
        "password": Secret("x"),
    }
    for usual in (mail.Settings(**good), mail.Settings(**good, security="starttls", port=587)):
        assert list(usual.problems()) == []
        assert mail.warnings(usual) == []


LINE_ENDS = "\r\n\x0b\x0c\x1c\x85\u2028\u2029"
nasty_text = st.lists(
    st.one_of(
        st.text(max_size=12), st.sampled_from([*LINE_ENDS, "\r\nBcc: x@y.z", "\n.\n", "=?utf-8?q?=0ABcc:?=", "\ud800"])
    ),
    max_size=12,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(subject=nasty_text, text=nasty_text, html=nasty_text, name=nasty_text)
def test_no_text_can_forge_a_header(subject, text, html, name):
    """Whatever a device or a person has put into the texts: the headers are ours, and one line each."""
    wire = mail.compose(TO_ONE, SendMail("mail", subject, text, html, ((name, b"x"),)), NOW).as_bytes()
    head = wire.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0].lower() for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    expected = ["from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"]
    assert sorted(names) == sorted(expected)
    assert all(len(line) <= 998 for line in wire.split(b"\r\n"))
    assert wire.isascii()
    parsed = message_from_bytes(wire, policy=default)
    assert parsed["To"] == "Anna Muster <owner@example.com>"
    assert parsed["Bcc"] is None
