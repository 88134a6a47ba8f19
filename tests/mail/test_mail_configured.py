"""[mail] and [heartbeat] as they stand in config.toml, and what it costs to have them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from solarctl import heartbeat, mail
from solarctl.decode import Decoder
from solarctl.secret_sources import resolve
from solarctl.settings import Secret

GMAIL = """
host = "smtp.gmail.com"
port = 465
security = "ssl"
username = "me@gmail.com"
password = { file = "gmail.secret" }
to = ["me@example.com"]
events = ["trouble", "recovery"]
"""


def decoded(cls, text: str, folder: Path, table: str):
    decoder = Decoder(folder, lambda value: resolve(value, folder))
    return decoder.table(cls, tomllib.loads(text), table), [str(problem) for problem in decoder.problems]


@pytest.fixture
def folder(tmp_path):
    for name, text in (("gmail.secret", "abcd efgh"), ("ping.secret", "https://hc-ping.com/key/house")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def test_the_example_is_right_and_its_values_are_the_defaults(folder):
    """What the example prints for port, security and events may be left out."""
    full, problems = decoded(mail.Settings, GMAIL, folder, "mail")
    assert problems == []
    assert full.password == Secret("abcd efgh")
    short, problems = decoded(mail.Settings, 'host = "h"\nto = ["me@example.com"]', folder, "mail")
    assert problems == []
    assert (short.port, short.security, list(short.events)) == (full.port, full.security, list(full.events))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('host = "smtp.gmail.com"', "", "mail.host: is missing"),
        ("port = 465", "port = 0", "mail.port: must be at least 1"),
        ('"ssl"', '"tls"', "mail.security: must be one of ssl, starttls, none"),
        ('["me@example.com"]', '"me@example.com"', "mail.to: must be a list"),
        ('["me@example.com"]', '["me at example"]', "mail.to: 'me at example' is no mail address"),
        ('["me@example.com"]', "[]", "mail.to: must name at least one address"),
        ('password = { file = "gmail.secret" }', "", "mail.password: is missing"),
        ("port", "prot", "mail.prot: unknown key"),
    ],
)
def test_slips_are_named(folder, old, new, problem):
    """Each mistake is told by its key."""
    settings, problems = decoded(mail.Settings, GMAIL.replace(old, new), folder, "mail")
    assert settings is None
    assert any(problem in found for found in problems), problems


def test_heartbeat_addresses_may_be_secrets(folder):
    """One address for all, one each by name, as text or from a file."""
    text = 'url = { file = "ping.secret" }\n[urls]\npeak-mode = "https://hc-ping.com/key/peak"\n'
    settings, problems = decoded(heartbeat.Settings, text, folder, "heartbeat")
    assert problems == []
    assert settings.url == Secret("https://hc-ping.com/key/house")
    assert settings.urls["peak-mode"] == "https://hc-ping.com/key/peak"
    _, problems = decoded(heartbeat.Settings, 'url = "hc-ping.com/x"', folder, "heartbeat")
    assert "heartbeat.url: must be an address" in problems[0]


def test_settings_and_verdicts_load_no_mail_library():
    """A run that has nothing to mail does not pay for mail, TLS or HTTP."""
    modules = "mail spool letter notes trouble heartbeat log emergency"
    code = (
        f"import sys\nfor name in {modules.split()}: __import__('solarctl.' + name)\n"
        "print(*{'smtplib', 'email', 'ssl', 'http', 'socket', 'logging', 'hashlib', 'tempfile'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
