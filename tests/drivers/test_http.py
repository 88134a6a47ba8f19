"""HTTP as drivers get it: repetitions, limits and errors, over real connections on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from solarctl import __version__
from solarctl.drivers.http import Http
from solarctl.drivers.trust import AddressError
from solarctl.errors import DeviceError, DeviceLoginError, DeviceReplyError, DeviceUnreachable, Exit
from solarctl.virtualhome.emulator import HttpEmulator, Request, Response
from tests.fakes import NOON, FakeBudget, FakeClock, context

SECRET = "s3cr3t-value-9"


class Scripted(HttpEmulator):
    """A server that answers with what the test wrote, then with {"ok": 1}."""

    def __init__(self) -> None:
        super().__init__(None, FakeClock())
        self.answers: list[Response] = []
        self.connections: set[int] = set()  # the server has one thread for each

    def handle(self, request: Request) -> Response:
        self.connections.add(threading.get_ident())
        return self.answers.pop(0) if self.answers else Response.of({"ok": 1})


@pytest.fixture
def server() -> Iterator[Scripted]:
    found = Scripted().start()
    yield found
    found.stop()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def http(server: Scripted, clock: FakeClock) -> Http:
    return Http.of(context(clock=clock), "inverter", server.url, secrets=(SECRET,))


def test_a_plain_answer(http: Http, server: Scripted) -> None:
    """An answer has status, headers and JSON; the request says who we are."""
    reply = http.request("GET", "/x", params={"a": 1}, headers={"X-Y": "z"})
    assert (reply.status, reply.json(), reply.headers["content-type"]) == (200, {"ok": 1}, "application/json")
    asked = server.journal[0]
    assert asked.headers["User-Agent"] == f"solarctl/{__version__}"
    assert (asked.target, asked.headers["X-Y"]) == ("/x?a=1", "z")


def test_bodies(http: Http, server: Scripted) -> None:
    """JSON, forms and bytes are sent as given."""
    http.request("POST", "/j", json={"on": True})
    http.request("POST", "/f", data={"user": "me"})
    http.request("PUT", "/b", data=b"\x00raw")
    assert server.journal[0].json() == {"on": True}
    assert server.journal[1].form() == {"user": "me"}
    assert server.journal[2].body == b"\x00raw"


def test_one_connection_per_host(server: Scripted) -> None:
    """All requests of a run to a host share one connection, whoever asks."""
    run = context()
    for name in ("solax", "inverter", "inverter"):
        Http.of(run, name, server.url).request("GET", "/")
    assert len(server.connections) == 1
    assert Http.of(run, "solax", server.url) is Http.of(run, "solax", server.url)


@pytest.mark.parametrize(
    "answer",
    [Response(500), Response(502), Response(503), Response(408), Response(200, b'{"ok": 1}', torn=True)],
    ids=["500", "502", "503", "408", "torn"],
)
def test_harmless_requests_are_repeated(http: Http, server: Scripted, clock: FakeClock, answer: Response) -> None:
    """A passing trouble is waited out, a little longer each time."""
    server.answers = [answer, answer]
    assert http.request("GET", "/").json() == {"ok": 1}
    assert len(server.journal) == 3
    assert clock.slept == [0.5, 1.0]


def test_trouble_that_stays(http: Http, server: Scripted) -> None:
    """After three attempts the device is unreachable."""
    server.answers = [Response(500)] * 9
    with pytest.raises(DeviceUnreachable, match="out of order"):
        http.request("GET", "/")
    assert len(server.journal) == 3


@pytest.mark.parametrize(
    ("method", "idempotent", "times"),
    [("POST", None, 1), ("PATCH", None, 1), ("GET", False, 1), ("POST", True, 3), ("PUT", None, 3)],
)
def test_what_may_not_be_repeated_is_not(
    http: Http, server: Scripted, method: str, idempotent: bool | None, times: int
) -> None:
    """A command that might be carried out twice is sent once."""
    server.answers = [Response(500)] * 9
    with pytest.raises(DeviceUnreachable):
        http.request(method, "/", idempotent=idempotent)
    assert len(server.journal) == times


def test_each_attempt_is_counted(http: Http, server: Scripted) -> None:
    """A quota sees every attempt, also the repetitions."""
    counted: list[int] = []
    server.answers = [Response(500)]
    http.request("GET", "/", each=lambda: counted.append(1))
    assert len(counted) == len(server.journal) == 2


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        ("Wed, 01 Jul 2026 10:05:00 GMT", timedelta(minutes=5)),
        ("-5", timedelta(0)),
        ("99999999", timedelta(days=1)),
    ],
)
def test_retry_after(http: Http, server: Scripted, status: int, value: str, expected: timedelta) -> None:
    """A server that says when is left alone until then: seconds or a date, at most a day."""
    server.answers = [Response(status, b"", {"Retry-After": value})]
    with pytest.raises(DeviceUnreachable) as caught:
        http.request("GET", "/")
    assert caught.value.retry_at == NOON + expected
    assert len(server.journal) == 1


@pytest.mark.parametrize("value", ["", "soon", "Wed, 99 Jul"])
def test_too_many_requests_are_never_repeated(http: Http, server: Scripted, value: str) -> None:
    """429 without a usable Retry-After means later, not again."""
    server.answers = [Response(429, b"", {"Retry-After": value})] * 3
    with pytest.raises(DeviceUnreachable) as caught:
        http.request("GET", "/", retries=2)
    assert caught.value.retry_at is None
    assert len(server.journal) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_the_driver_judges_log_ins(http: Http, server: Scripted, status: int) -> None:
    """401 and 403 come back to the driver, which knows what they mean."""
    server.answers = [Response.of({"error": "x"}, status)]
    assert http.request("GET", "/").status == status


def test_other_refusals(http: Http, server: Scripted) -> None:
    """4xx is nonsense with its beginning, unless the driver wants it."""
    server.answers = [Response(404, f'{{"token": "{SECRET}", "why": "gone"}}'.encode())]
    with pytest.raises(DeviceReplyError, match=r"404.*gone") as caught:
        http.request("GET", "/")
    assert SECRET not in str(caught.value)
    server.answers = [Response.of({"e": 1}, 404), Response(204), Response(500)]
    assert http.request("GET", "/", ok=(200, 404)).status == 404
    assert http.request("GET", "/").status == 204
    assert http.request("GET", "/", ok=(500,)).status == 500


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Maintenance</html>",
        b'{"half": ',
        b"",
        b"\xff\xfe\x00",
        b"NaN",
        b"[" * 100_000,
        b"1" * 5000,
        b'{"a": Infinity}',
    ],
    ids=["html", "half", "empty", "bytes", "nan", "deep", "long", "infinity"],
)
def test_what_is_not_json(http: Http, server: Scripted, body: bytes) -> None:
    """Where JSON is wanted, anything else is an error with its beginning."""
    server.answers = [Response(200, body)]
    reply = http.request("GET", "/")
    with pytest.raises(DeviceReplyError, match="JSON") as caught:
        reply.json()
    assert len(str(caught.value)) < 300


def test_json_with_a_mark(http: Http, server: Scripted) -> None:
    """A byte order mark before JSON, and letters beyond ASCII, are fine."""
    server.answers = [Response(200, b"\xef\xbb\xbf" + '{"stra\u00dfe": "\u20ac"}'.encode())]
    assert http.request("GET", "/").json() == {"stra\u00dfe": "\u20ac"}


def test_a_flood_is_cut_off(http: Http, server: Scripted) -> None:
    """An endless answer does not fill the memory."""
    server.answers = [Response(200, b"x" * 10_100_000)]
    with pytest.raises(DeviceReplyError, match="more than 10 MB"):
        http.request("GET", "/")


def test_redirections_are_not_followed(http: Http, server: Scripted) -> None:
    """A redirection is reported; credentials stay here."""
    server.answers = [Response(302, b"", {"Location": f"https://elsewhere.example/?token={SECRET}"})]
    with pytest.raises(DeviceReplyError, match=r"elsewhere\.example") as caught:
        http.request("GET", "/", headers={"Authorization": SECRET})
    assert SECRET not in str(caught.value)


def test_redirections_on_this_host(http: Http, server: Scripted) -> None:
    """A driver may follow on the same host: a form's answer becomes a GET without its body."""
    server.answers = [Response(302, b"", {"Location": "/home"})]
    assert http.request("POST", "/login", data={"a": "b"}, follow=True).json() == {"ok": 1}
    assert [(one.method, one.path, one.body) for one in server.journal] == [
        ("POST", "/login", b"a=b"),
        ("GET", "/home", b""),
    ]
    server.answers = [Response(302, b"", {"Location": "http://127.0.0.1:9/"})]
    with pytest.raises(DeviceReplyError, match="not followed"):
        http.request("GET", "/", follow=True)
    server.answers = [Response(307, b"", {"Location": "/again"})] * 20
    with pytest.raises(DeviceReplyError, match="circles"):
        http.request("GET", "/", follow=True)


def test_cookies_are_kept_per_name(server: Scripted) -> None:
    """Cookies go back to who set them, can be kept for the next run, and are not shared between accounts."""
    run = context()
    mine, other = Http.of(run, "mine", server.url), Http.of(run, "other", server.url)
    server.answers = [Response(200, b"{}", cookies=("session=abc; path=/",))]
    mine.request("GET", "/")
    mine.request("GET", "/")
    other.request("GET", "/")
    later = Http.of(context(), "mine", server.url)
    later.set_cookies(mine.cookies())
    later.request("GET", "/")
    assert [one.headers["Cookie"] for one in server.journal] == [None, "session=abc", None, "session=abc"]


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
    with pytest.raises(AddressError) as caught:
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
