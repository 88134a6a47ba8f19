"""Pings over real HTTP: start and end of a run, and that a failed ping is no more than a word."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from solarctl import heartbeat
from solarctl.clock import SystemClock
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.heartbeat import Heartbeat
from solarctl.virtualhome.emulators.smtp import MailServer

CHECK = "0a1b2c3d-1111-4222-8333-444455556666"
OTHER = "9f8e7d6c-1111-4222-8333-444455556666"
RUN = "11111111-2222-4333-8444-555566667777"


@pytest.fixture
def switch() -> Iterator[Heartbeat]:
    running = Heartbeat(None, SystemClock(), checks=(CHECK, OTHER, "key/house-grid")).start()
    yield running
    running.stop()


def settings(switch: Heartbeat, check: str = CHECK, **more: Any) -> heartbeat.Settings:
    return heartbeat.Settings(url=f"{switch.url}/{check}", **more)


def test_a_run_is_pinged_at_its_start_and_end(switch):
    """`/start`, then the exit code, paired by one id, with the run's sentence beside it."""
    pointed = settings(switch)
    assert heartbeat.ping(pointed, "grid-guard", "start", rid=RUN) is None
    assert heartbeat.ping(pointed, "grid-guard", 75, rid=RUN, text="Die Batterie schweigt – 42 min.") is None
    assert heartbeat.ping(pointed, "grid-guard", 0) is None
    assert [(p.check, p.signal, p.exit_code, p.rid) for p in switch.pings] == [
        (CHECK, "start", None, RUN),
        (CHECK, "exit", 75, RUN),
        (CHECK, "exit", 0, ""),
    ]
    assert switch.pings[1].body == "Die Batterie schweigt – 42 min."


def test_commands_may_have_their_own_check(switch):
    """`[heartbeat.urls]` wins over `url`; who has neither pings nobody."""
    pointed = settings(switch, urls={"peak-mode": Secret(f"{switch.url}/{OTHER}/")})
    for command in ("peak-mode", "grid-guard"):
        heartbeat.ping(pointed, command, 0)
    assert [ping.check for ping in switch.pings] == [OTHER, CHECK]
    assert heartbeat.ping(heartbeat.Settings(), "grid-guard", 0) is None
    assert heartbeat.ping(heartbeat.Settings(urls={"a": f"{switch.url}/{OTHER}"}), "b", 0) is None
    assert len(switch.pings) == 2


def test_slugs_and_queries_stay_whole(switch):
    """The slug form, with its own query, takes the suffix before the question mark."""
    pointed = heartbeat.Settings(url=f"{switch.url}/key/new-check?create=1")
    assert heartbeat.ping(pointed, "x", "start", rid=RUN) is None
    assert (switch.pings[0].check, switch.pings[0].signal, switch.pings[0].rid) == ("key/new-check", "start", RUN)


@pytest.mark.parametrize(
    ("fault", "value", "asked", "word"),
    [
        ("http-500", True, 2, "500"),
        ("http-503", True, 2, "503"),
        ("unknown", True, 1, "does not know this check"),
        ("ambiguous", True, 1, "409"),
        ("moved", "https://example.com/", 1, "301"),
        ("slow", 1.0, 2, "in time"),
    ],
)
def test_faults_are_a_word_without_the_address(switch, fault, value, asked, word):
    """Whatever the server says, the ping ends with a text; what a second try can mend is tried twice."""
    switch.faults.set(fault, value)
    text = heartbeat.ping(settings(switch), "grid-guard", 0, timeout_s=0.5 if fault == "slow" else 5.0)
    assert text is not None
    assert word in text
    assert CHECK not in text
    assert len(switch.journal) == asked


def test_every_fault_is_tried(switch):
    """A fault that the emulator gains is tried here as well."""
    table = {"http-500", "http-503", "unknown", "ambiguous", "moved", "slow", "torn"}
    assert table | {"discards"} == set(Heartbeat.FAULTS)


def test_a_torn_answer_is_good_enough(switch):
    """The status says it was taken; what else the server wanted to say does not matter."""
    switch.faults.set("torn")
    assert heartbeat.ping(settings(switch), "grid-guard", 0) is None
    assert len(switch.journal) == 1


def test_a_short_hiccup_is_not_told(switch):
    """One bad answer, then a good one: all is well."""
    switch.faults.set("http-503", times=1)
    assert heartbeat.ping(settings(switch), "grid-guard", 0) is None
    assert len(switch.pings) == 1


def test_too_many_pings_are_thrown_away_silently(switch):
    """The server may drop what comes more than five times a minute; that is no trouble of the run."""
    switch.faults.set("discards")
    assert [heartbeat.ping(settings(switch), "x", 0) for _ in range(7)] == [None] * 7
    assert len(switch.pings) == 5


def test_nobody_there(switch):
    """A server that is down is a text."""
    pointed = settings(switch)
    switch.stop()
    assert "cannot be reached" in (heartbeat.ping(pointed, "x", 0) or "")


def test_a_server_that_accepts_and_says_nothing():
    """The time limit covers both tries."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(8)
        pointed = heartbeat.Settings(url=f"http://127.0.0.1:{mute.getsockname()[1]}/{CHECK}")
        assert "in time" in (heartbeat.ping(pointed, "x", 0, timeout_s=0.4) or "")


def test_nobody_waits_for_the_start_ping(switch):
    """The run goes on while the ping is under way; its result is there when asked for."""
    switch.faults.set("slow", 0.2, times=1)
    finish = heartbeat.ping_meanwhile(settings(switch), "x", "start", timeout_s=5.0)
    assert finish() is None
    assert [ping.signal for ping in switch.pings] == ["start"]
    switch.faults.set("http-503")
    assert "503" in (heartbeat.ping_meanwhile(settings(switch), "x", 0)() or "")


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://x/y", "http://", "http://[::1", "http://x:99999/a", "http://x/\n", "http://ü/"]
)
def test_what_is_no_address_is_told_by_the_config(url):
    """A slip in the address is a config error, and harmless at run time."""
    pointed = heartbeat.Settings(url=url, urls={"x": url})
    assert [key for key, _message in pointed.problems()] == ["url", "urls.x"]
    assert "none" in (heartbeat.ping(pointed, "y", 0) or "")


def test_the_address_is_a_secret():
    """Who knows the address can ping: it is not shown where settings are."""
    pointed = heartbeat.Settings(url=f"https://hc-ping.com/{CHECK}", urls={"x": f"https://hc-ping.com/{OTHER}"})
    assert CHECK not in repr(pointed)
    assert OTHER not in repr(pointed)
    assert list(pointed.problems()) == []


class Tls(Heartbeat):
    """The ping server behind TLS, with the mail server's way to make a certificate."""

    scheme = "https"
    maker = MailServer(None, SystemClock(), security="ssl")

    def wrap(self, server: Any) -> None:
        context: ssl.SSLContext = self.maker._tls()
        server.socket = context.wrap_socket(server.socket, server_side=True)


def test_tls_is_verified(monkeypatch):
    """A certificate nobody vouches for gets no ping; with the authority (by file or by the system) it does."""
    switch = Tls(None, SystemClock(), checks=(CHECK,)).start()
    try:
        pointed = settings(switch)
        assert "trusted" in (heartbeat.ping(pointed, "x", 0) or "")
        assert switch.pings == []
        assert heartbeat.ping(settings(switch, ca_file=Tls.maker.ca_file), "x", 0) is None
        monkeypatch.setitem(os.environ, "SSL_CERT_FILE", str(Tls.maker.ca_file))
        assert heartbeat.ping(pointed, "x", 0) is None
        assert len(switch.pings) == 2
    finally:
        switch.stop()
        Tls.maker.stop()


def test_the_emulator_refuses_what_is_no_ping(switch):
    """Unknown checks, wrong suffixes and ids are refused as the real one does."""
    import http.client

    def status(method: str, target: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", int(switch.url.rpartition(":")[2]))
        connection.request(method, target)
        try:
            return connection.getresponse().status
        finally:
            connection.close()

    good = [("HEAD", f"/{CHECK}"), ("POST", f"/{CHECK}/fail"), ("GET", f"/{CHECK}/log"), ("GET", "/key/house-grid/255")]
    bad = [
        ("GET", f"/{CHECK}/256"),
        ("GET", f"/{CHECK}/0/1"),
        ("GET", "/key/nobody"),
        ("GET", f"/{CHECK}/started"),
        ("GET", "/"),
    ]
    assert [status(*one) for one in good] == [200] * 4
    assert [status(*one) for one in bad] == [404] * 5
    assert status("DELETE", f"/{CHECK}") in (405, 501)
    assert status("GET", f"/{CHECK}?rid=7") == 400
    assert [ping.signal for ping in switch.pings] == ["success", "fail", "log", "exit"]
    assert CHECK in switch.config() or OTHER in switch.config()
    assert switch.counters() == {"pings": 4}
