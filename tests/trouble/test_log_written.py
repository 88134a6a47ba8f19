"""Trouble does not vanish: stderr for people and cron, the journal under systemd, syslog where nobody looks."""

from __future__ import annotations

import io
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from solarctl import log
from solarctl.errors import ConfigError, DeviceLoginError, DeviceUnreachable, Problem

LOGIN = DeviceLoginError(
    "car", "the Easee token has expired", hint="Log in again: solarctl token-refresh --login easee"
)
SILENT = DeviceUnreachable("inverter", "no answer\nwithin 10 s")


@pytest.fixture
def syslog(tmp_path: Path) -> Iterator[socket.socket]:
    """A real datagram socket, as /dev/log is one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(str(tmp_path / "log"))
        wire.setblocking(False)
        yield wire


def lines(wire: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(wire.recv(65536).decode())
        except BlockingIOError:
            return found


def start(tmp_path: Path, stream: io.TextIOBase, **options: object) -> None:
    settings = {"interactive": False, "syslog": tmp_path / "log", "environ": {}} | options
    log.setup(stream=stream, **settings)  # type: ignore[arg-type]


def test_in_a_pipe_trouble_goes_both_ways(tmp_path, syslog):
    """Cron without mail transport: stderr has it for cron, syslog keeps it."""
    start(tmp_path, stream := io.StringIO())
    log.trouble("easee-balance", [LOGIN, SILENT])
    assert stream.getvalue() == (
        "solarctl: car: the Easee token has expired\n  Log in again: solarctl token-refresh --login easee\n"
        "solarctl: inverter: no answer within 10 s\n"
    )
    first, second = lines(syslog)
    assert re.fullmatch(r"<27>solarctl\[\d+\]: easee-balance: car: the Easee token has expired — Log in .*", first)
    assert re.fullmatch(r"<28>solarctl\[\d+\]: easee-balance: inverter: no answer within 10 s", second)


def test_at_a_terminal_syslog_is_left_alone(tmp_path, syslog):
    """A person looks: nothing goes behind their back."""
    start(tmp_path, stream := io.StringIO(), interactive=True)
    log.trouble("easee-balance", [LOGIN])
    assert "expired" in stream.getvalue()
    assert lines(syslog) == []


def test_what_was_said_on_stderr_is_not_said_twice(tmp_path, syslog):
    """Printed already, or silenced by -q for today: syslog has it all the same."""
    start(tmp_path, stream := io.StringIO(), quiet=True)
    log.trouble("easee-balance", [LOGIN], on_stderr=False)
    assert stream.getvalue() == ""
    assert len(lines(syslog)) == 1


def test_under_systemd_stderr_is_the_journal(tmp_path, syslog):
    """The stream that JOURNAL_STREAM names gets priority marks, and syslog no second copy."""
    path = tmp_path / "journal"
    with path.open("w+") as stream:
        found = os.fstat(stream.fileno())
        start(tmp_path, stream, environ={"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
        log.trouble("easee-balance", [LOGIN, SILENT])
    assert path.read_text().splitlines() == [
        "<3>solarctl: car: the Easee token has expired",
        "<3>  Log in again: solarctl token-refresh --login easee",
        "<4>solarctl: inverter: no answer within 10 s",
    ]
    assert lines(syslog) == []


def test_a_pipe_below_a_unit_is_not_the_journal(tmp_path, syslog):
    """JOURNAL_STREAM is inherited by everything below a unit; only the very stream counts."""
    with (tmp_path / "elsewhere").open("w") as stream:
        start(tmp_path, stream, environ={"JOURNAL_STREAM": "9:12345"})
        log.trouble("easee-balance", [LOGIN])
    assert len(lines(syslog)) == 1


def test_without_syslog_stderr_is_all(tmp_path):
    """No /dev/log (a container): nothing fails."""
    start(tmp_path, stream := io.StringIO())
    log.trouble("easee-balance", [LOGIN])
    assert "expired" in stream.getvalue()


def test_a_dead_syslog_is_no_trouble(tmp_path):
    """A socket file that nobody listens to is passed over."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(str(tmp_path / "log"))
    start(tmp_path, stream := io.StringIO())
    log.trouble("easee-balance", [LOGIN])
    assert "expired" in stream.getvalue()


def test_a_syslog_of_streams(tmp_path):
    """Some loggers listen to streams; they get a line."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.bind(str(tmp_path / "log"))
        wire.listen()
        start(tmp_path, io.StringIO())
        log.trouble("plan", [SILENT])
        heard, _ = wire.accept()
        with heard:
            assert heard.recv(4096).decode().endswith("plan: inverter: no answer within 10 s\n")


def test_a_long_text_is_cut(tmp_path, syslog):
    """A datagram stays small enough for every logger, also with letters of several bytes."""
    start(tmp_path, io.StringIO())
    log.trouble("plan", [DeviceUnreachable("x", "ä" * 5000)])
    (packet,) = lines(syslog)
    assert len(packet.encode()) < 2100


def test_a_reader_that_went_away_is_no_trouble(tmp_path):
    """`solarctl … 2>&1 | head` closes the pipe; the run goes on."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")
    start(tmp_path, stream)
    log.trouble("plan", [SILENT])
    with pytest.raises(BrokenPipeError):
        stream.close()  # what it could not say is still in its buffer


@pytest.mark.parametrize(("verbosity", "said"), [(0, ""), (1, "detail\n"), (2, "detail\ndebug\n")])
def test_verbosity(verbosity, said):
    """-v shows details, -vv everything."""
    stream = io.StringIO()
    chosen = log.setup(verbosity, interactive=True, stream=stream)
    chosen.detail("detail")
    chosen.debug("debug")
    assert stream.getvalue() == said


def test_a_notice_goes_the_same_ways(tmp_path, syslog):
    """A mail that was dropped is no trouble of the run, but somebody should know."""
    start(tmp_path, stream := io.StringIO())
    log.notice("plan", "a mail was dropped")
    assert stream.getvalue() == "solarctl: a mail was dropped\n"
    assert re.fullmatch(r"<28>solarctl\[\d+\]: plan: a mail was dropped", lines(syslog)[0])


def test_every_problem_of_the_config_has_its_hint(tmp_path, syslog):
    """All problems are listed together, each with its line and what to do."""
    start(tmp_path, stream := io.StringIO())
    problems = [
        Problem("site.timezone", "is missing", "Write America/Phoenix.", 2),
        Problem("mail.hots", "unknown key"),
    ]
    log.trouble("plan", [ConfigError(problems)])
    assert stream.getvalue().splitlines() == [
        "solarctl: the config needs mending",
        "  line 2, site.timezone: is missing — Write America/Phoenix.",
        "  mail.hots: unknown key",
    ]
    assert len(lines(syslog)) == 1
