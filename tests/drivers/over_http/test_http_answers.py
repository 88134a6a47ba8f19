"""Requests and answers: bodies, repetitions, refusals, redirections, cookies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl import __version__
from solarctl.drivers.http import Http
from solarctl.errors import DeviceReplyError, DeviceUnreachable
from solarctl.virtualhome.http_emulator import Response
from tests.drivers.over_http.scripted import SECRET, Scripted
from tests.fakes import NOON, FakeClock, context


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
