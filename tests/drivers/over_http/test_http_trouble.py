"""Proxies, silence, slow and broken servers, odd addresses, secrets, logs."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from solarctl.drivers.http import Http
from solarctl.errors import DeviceError, DeviceLoginError, DeviceSetupError, DeviceUnreachable, Exit
from solarctl.virtualhome.http_emulator import Response
from tests.drivers.over_http.scripted import SECRET, Scripted
from tests.fakes import FakeBudget, FakeClock, context


def test_netrc_does_not_speak_for_us(
    http: Http, server: Scripted, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ~/.netrc of the house's owner does not replace our Authorization."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    http.request("GET", "/", headers={"Authorization": "Bearer ours"})
    assert server.journal[0].headers["Authorization"] == "Bearer ours"


def test_proxies_of_the_environment(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY is used, NO_PROXY is respected."""
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    away = "http://192.168.77.7"
    assert Http.of(context(), "meter", away).request("GET", "/a").json() == {"ok": 1}
    assert server.journal[0].target == f"{away}/a"
    monkeypatch.setenv("no_proxy", "192.168.77.7")
    with pytest.raises(DeviceUnreachable):
        Http.of(context(), "meter", away).request("GET", "/a", retries=0)


def test_nobody_there(clock: FakeClock) -> None:
    """A closed port is unreachable, after repetitions."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(DeviceUnreachable, match="refuses connections"):
        Http.of(context(clock=clock), "inverter", f"http://127.0.0.1:{port}").request("GET", "/")
    assert len(clock.slept) == 2


def test_a_spent_budget_asks_nobody(server: Scripted, clock: FakeClock) -> None:
    """When the run's time is over no request is made, and repetitions end in time."""
    run = context(clock=clock, budget=FakeBudget(1.2, clock))
    server.answers = [Response(500)] * 9
    with pytest.raises(DeviceUnreachable, match="out of order"):
        Http.of(run, "inverter", server.url).request("GET", "/")
    assert len(server.journal) == 2
    clock.advance(5)
    with pytest.raises(DeviceUnreachable, match="budget"):
        Http.of(run, "inverter", server.url).request("GET", "/")
    assert len(server.journal) == 2


def trickle(send: Callable[[socket.socket], None]) -> int:
    """Serve one connection with `send`; returns the port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening:
            connection, _ = listening.accept()
            with connection:
                try:
                    connection.recv(4096)
                    send(connection)
                except OSError:
                    return

    threading.Thread(target=serve, daemon=True).start()
    return int(listening.getsockname()[1])


def _drip_headers(connection: socket.socket) -> None:
    for _ in range(100):
        connection.sendall(b"H")
        time.sleep(0.1)


def _drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    _drip_headers(connection)


def _say_nothing(_connection: socket.socket) -> None:
    time.sleep(5)


@pytest.mark.parametrize("send", [_drip_headers, _drip_body, _say_nothing])
def test_a_slow_server_cannot_hold_the_run(send: Callable[[socket.socket], None]) -> None:
    """However a server dawdles, byte by byte or not at all, a request ends in its time."""
    run = context(budget=FakeBudget(0.6))
    with pytest.raises(DeviceUnreachable, match="did not answer within"):
        Http.of(run, "inverter", f"http://127.0.0.1:{trickle(send)}").request("GET", "/", retries=0)


def _rubbish(connection: socket.socket) -> None:
    connection.sendall(b"\x00\x01SSH-2.0 no http here\r\n\r\n")


def _odd_length(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\nContent-Encoding: gzip\r\n\r\nnot gzip")


@pytest.mark.parametrize("send", [_rubbish, _odd_length, lambda connection: None])
def test_rubbish_is_a_device_error(send: Callable[[socket.socket], None]) -> None:
    """Whatever is not HTTP ends as an error of the device's."""
    with pytest.raises(DeviceError):
        Http.of(context(), "inverter", f"http://127.0.0.1:{trickle(send)}").request("GET", "/", retries=0)


@pytest.mark.parametrize(
    "address",
    [
        "http://8.8.8.8",
        "http://[2001:4860:4860::8888]:80",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "http://",
        "http://me:pw@127.0.0.1",
        "http://[bad",
        "http://h:99999",
    ],
)
def test_addresses_that_cannot_be_meant(address: str) -> None:
    """Plain http to the internet, and what is no address, is a mistake in the config: 78."""
    with pytest.raises(DeviceSetupError) as caught:
        Http.of(context(), "inverter", address).request("GET", "/")
    assert caught.value.exit_code == Exit.CONFIG
    assert "base_url" in caught.value.hint
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://192.168.1.20", "http://10.0.0.9:8080", "http://100.64.0.3", "http://[fe80::1]"]
)
def test_devices_of_the_house_speak_plain_http(address: str) -> None:
    """Private addresses may be asked over plain http (nobody is there in this test)."""
    with pytest.raises(DeviceUnreachable):
        Http.of(context(), "meter", address).request("GET", "/", retries=0, timeout_s=0.5)


@pytest.mark.parametrize("secret", ["line\nbreak", "caf\u00e9 \u20ac"])
def test_secrets_that_cannot_be_sent(http: Http, secret: str) -> None:
    """A secret with a line break is a mistake in the secret, and is not shown."""
    with pytest.raises(DeviceLoginError) as caught:
        http.request("GET", "/", headers={"tokenId": secret})
    assert secret not in str(caught.value)


def test_logs(server: Scripted) -> None:
    """-vv sees request and answer; the bodies of log-ins are not shown."""
    lines: list[str] = []
    http = Http.of(context(log=lines.append), "inverter", server.url, secrets=(SECRET,))
    http.request("GET", "/a", params={"tokenId": "abc", "sn": "AB"}, headers={"Authorization": SECRET})
    server.answers = [Response.of({"access_token": "fresh", "n": "inside"})]
    http.request("POST", "/token", data={"username": "me@example.com"}, private=True)
    text = "\n".join(lines)
    assert "/a?tokenId=***&sn=AB" in text
    assert '< 200 {"ok": 1}' in text
    for hidden in (SECRET, "abc", "fresh", "inside", "me@example.com"):
        assert hidden not in text


def test_requests_is_imported_on_first_use() -> None:
    """Importing the module, and opening an Http, costs no vendor library."""
    program = """
import sys
from solarctl.drivers.http import Http
from tests.fakes import context
Http.of(context(), "x", "https://example.org")
print([name for name in ("requests", "urllib3", "ssl", "http.client", "email") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_dates_without_zone_are_utc(http: Http, server: Scripted) -> None:
    """A Retry-After date of -0000 is taken for UTC."""
    server.answers = [Response(429, b"", {"Retry-After": "Wed, 01 Jul 2026 10:01:00 -0000"})]
    with pytest.raises(DeviceUnreachable) as caught:
        http.request("GET", "/")
    assert caught.value.retry_at == datetime(2026, 7, 1, 10, 1, tzinfo=UTC)
