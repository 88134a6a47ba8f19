"""Texts of the config that Python or the system stumbles over: homes of nobody, the character 0, programs' bytes."""

from __future__ import annotations

import sys

import pytest

from solarctl.config import Config
from solarctl.drivers.kept_answers import KeptAnswers
from solarctl.drivers.quartz import Quartz
from solarctl.errors import ConfigError, DeviceReplyError, DeviceUnreachable
from solarctl.mail import Settings
from tests.fakes import context


def load(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(f'[site]\ntimezone = "Europe/Prague"\n[mail]\nhost = "localhost"\nto = ["a@b.cz"]\n{text}\n')
    path.chmod(0o600)
    return Config.load(path).table("mail", Settings)


def program(code):
    return f"password = {{ command = ['{sys.executable}', '-c', '{code}'] }}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('ca_file = "~nobody-of-that-name/ca.pem"', "nobody here has the home"),
        ('password = { file = "~nobody-of-that-name/x" }', "nobody here has the home"),
        ('password = { file = "a\\u0000b" }', "must be text"),
        ('password = { env = "a\\u0000b" }', "must be text"),
        ('ca_file = "a\\u0000b"', "must not contain the character 0"),
        ('username = "a\\u0000b"', "must not contain the character 0"),
        ('password = { command = ["a\\u0000b"] }', "did not give the secret"),
        (program("import sys; sys.stdout.buffer.write(bytes([255, 254]))"), "did not give the secret"),
        (program("raise SystemExit(3)"), "ended with 3"),
        (program("print()"), "is empty"),
        (program("print(1); print(2)"), "several lines"),
    ],
)
def test_a_sentence_for_each(tmp_path, text, said):
    """A mistake in the config, with its key; never a traceback, and never what the secret holds."""
    with pytest.raises(ConfigError) as told:
        load(tmp_path, text)
    assert said in str(told.value)
    assert "mail." in str(told.value)


def test_a_file_without_end_is_read_to_a_limit(tmp_path):
    """Who names a device file as a secret gets an answer, not a full memory."""
    with pytest.raises(ConfigError):
        load(tmp_path, 'password = { file = "/dev/zero" }')


@pytest.mark.parametrize("name", ["../../escaped", "a/b", "a\0b", "sun"])
def test_kept_answers_stay_in_their_folder(tmp_path, name):
    """Whatever a device is called, its file lies in the cache folder."""
    folder = tmp_path / "state" / "cache"
    kept = KeptAnswers(name, context(cache_dir=folder), key="k", refresh_min=60)
    kept.get(lambda: {"a": 1})
    assert [one.parent for one in tmp_path.rglob("answer-*")] == [folder]
    assert (KeptAnswers(name, context(cache_dir=folder), key="k", refresh_min=60).load() or {})["a"] == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import sys; sys.stdout.buffer.write(bytes([255, 254, 10]))", DeviceReplyError),
        ("import sys; sys.stderr.buffer.write(bytes([255])); sys.exit(3)", DeviceUnreachable),
    ],
)
def test_a_forecast_program_that_prints_bytes(tmp_path, code, error):
    """What is no text is no forecast."""
    settings = Quartz.Settings(peak_kw=5.0, command=(sys.executable, "-c", code), latitude=50.0, longitude=14.0)
    with pytest.raises(error):
        Quartz("sun", settings, context())._from_command()
