"""A server that means harm: bombs, odd encodings, status lines and headers, and places to send our secrets to."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from solarctl.drivers.http import Http
from solarctl.errors import DeviceError, DeviceReplyError, DeviceUnreachable
from solarctl.virtualhome.http_emulator import Response
from tests.drivers.over_http.scripted import SECRET, Scripted
from tests.fakes import FakeClock, context

BOMB = b"\0" * 100_000_000


@pytest.mark.parametrize(("name", "packed"), [("gzip", gzip.compress(BOMB, 9)), ("deflate", zlib.compress(BOMB, 9))])
def test_a_bomb_does_not_fill_the_memory(http: Http, server: Scripted, name: str, packed: bytes) -> None:
    """A hundred megabytes in a hundred kilobytes end at the limit, without having been unpacked."""
    http.request("GET", "/")  # what is loaded once is not counted
    server.answers = [Response(200, packed, {"Content-Encoding": name})]
    tracemalloc.start()
    with pytest.raises(DeviceReplyError, match="more than 10 MB"):
        http.request("GET", "/")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Encoding": "gzip"}, b"no gzip at all"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b'{"ok": 1}')[:12]),
        ({"Content-Encoding": "nonsense"}, b"{}x"),
        ({"Content-Type": "application/json; charset=nonsense"}, b'{"a": "\xff\xfe"}x'),
        ({"Content-Type": "application/json; charset=idna"}, b"\xff" * 100),
        ({}, b"\xff\xfe\x00\x01"),
        ({}, b"[" * 100_000),
        ({}, b'{"a": ' + b"9" * 10_000 + b"}"),
        ({}, b'{"a": NaN}'),
        ({}, b'{"a": -Infinity}'),
    ],
)
def test_bodies_that_are_none(http: Http, server: Scripted, headers: dict[str, str], body: bytes) -> None:
    """Whatever comes as a body, it is one of our errors, or JSON."""
    server.answers = [Response(200, body, headers)] * 3
    with pytest.raises(DeviceError):
        http.request("GET", "/").json()


def test_a_number_beyond_all_numbers_is_no_crash(http: Http, server: Scripted) -> None:
    """1e400 is infinite to Python; the drivers' `number` makes nothing of it."""
    server.answers = [Response(200, b'{"a": 1e400}')]
    assert http.request("GET", "/").json() == {"a": float("inf")}


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-5", "1e400", "9" * 400, "Fri, 31 Dec 9999 23:59:59 -2359", "\x7f", "x"]
)
def test_retry_after_of_any_kind(http: Http, server: Scripted, clock: FakeClock, value: str) -> None:
    """A wish for silence is at most a day, and nonsense is none."""
    server.answers = [Response(429, b"", {"Retry-After": value})]
    with pytest.raises(DeviceUnreachable) as told:
        http.request("GET", "/")
    again = told.value.retry_at
    assert again is None or 0 <= (again - clock.now()).total_seconds() <= 86_400


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2/steal",
        "//127.0.0.2/steal",
        "http://127.0.0.1:1/other-port",
        "https://127.0.0.1/other-scheme",
        "http://127.0.0.1@127.0.0.2/",
        "http://[broken/",
        "file:///etc/passwd",
        "http://127.0.0.1\\@127.0.0.2/",
    ],
)
def test_secrets_do_not_follow_a_redirection(server: Scripted, target: str) -> None:
    """Even where redirections are followed, none leads away with our headers, and the target's secrets are not told."""
    http = Http.of(context(), "meter", server.url, headers={"Authorization": f"Bearer {SECRET}"}, secrets=(SECRET,))
    server.answers = [Response(302, b"", {"Location": f"{target}?token={SECRET}"})] * 3
    with pytest.raises(DeviceError) as told:
        http.request("GET", "/", follow=True)
    assert SECRET not in f"{told.value}{told.value.hint}{told.value!r}"
    assert {request.path for request in server.journal} == {"/"}


def test_a_server_that_answers_with_a_flood_of_headers(http: Http, server: Scripted) -> None:
    """More headers than anybody sends are an error, no crash."""
    server.answers = [Response(200, b"{}", {f"X-{n}": "x" for n in range(500)})] * 3
    with pytest.raises(DeviceError):
        http.request("GET", "/")
