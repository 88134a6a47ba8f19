"""What every emulator has: faults by name, a journal of what it was asked, a start and a stop.

    emulator = SolaxCloud(home, clock).start()
    emulator.faults.set("null-soc")            # until cleared
    emulator.faults.set("http-503", times=2)   # the next two requests
    emulator.faults.set("slow", 5.0)           # with a value
    assert emulator.journal[-1].path == "/api/v2/…"
    emulator.stop()

The time is the house's clock, never the machine's, so that a day can be played in seconds.
"""

from __future__ import annotations

import json
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from solarctl.context import Clock

LONGEST_LINE = 65_537  # of a request's headers


class Faults:
    """The faults that are switched on; only names the emulator declares are taken."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self._on: dict[str, tuple[Any, int | None]] = {}
        self._lock = threading.Lock()

    def set(self, name: str, value: Any = True, *, times: int | None = None) -> None:
        """Switch a fault on, for good or for the next `times` uses."""
        if name not in self.known:
            raise KeyError(f"no fault {name!r}; there are: {', '.join(sorted(self.known))}")
        with self._lock:
            self._on[name] = (value, times)

    def clear(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        with self._lock:
            if name is None:
                self._on.clear()
            else:
                self._on.pop(name, None)

    def take(self, name: str) -> Any:
        """Return the fault's value (None when off) and count the use."""
        assert name in self.known, name
        with self._lock:
            if name not in self._on:
                return None
            value, times = self._on[name]
            if times is not None:
                if times <= 1:
                    del self._on[name]
                else:
                    self._on[name] = (value, times - 1)
            return value

    def peek(self, name: str) -> Any:
        """Return the fault's value (None when off) without counting it as used."""
        assert name in self.known, name
        with self._lock:
            return self._on.get(name, (None, None))[0]

    def active(self) -> list[str]:
        """Return the names of the faults that are on."""
        with self._lock:
            return sorted(self._on)


@dataclass(frozen=True, slots=True)
class Upset:
    """A fault as a bad day brings it: how long it lasts, and what nobody can do meanwhile.

    `stops`: "" (a run must cope with it), "reading" or "control" (nothing can be known, or nothing can be moved).
    """

    fault: str
    value: Any = True
    minutes: tuple[int, int] = (10, 60)
    times: int | None = None  # only the next so many uses
    stops: str = ""
    after_min: int = 0  # what it stops stays stopped for so long afterwards (a block that is remembered)
    says: str = ""  # for a person; the fault's own text by default


@dataclass(slots=True)
class Request:
    """A request as it came in; `status` is what was answered."""

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    headers: Message  # look-ups ignore case
    body: bytes
    target: str = ""  # path and query as sent
    status: int = 0

    def json(self) -> Any:
        """Return the body as JSON, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def form(self) -> dict[str, str]:
        """Return the body as form fields."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(slots=True)
class Response:
    """An answer. `delay_s` passes on the house's clock before it; `torn`: half of it, then the line breaks."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()  # Set-Cookie lines
    delay_s: float = 0.0  # real seconds: what a client's time-out sees
    torn: bool = False

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Response:
        """Return `value` as JSON."""
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})

    @classmethod
    def html(cls, text: str, status: int = 200) -> Response:
        return cls(status, text.encode(), {"Content-Type": "text/html; charset=utf-8"})


class Emulator(ABC):
    """One vendor's service or device. Subclasses say `name`, `FAULTS`, and how to start and stop."""

    name: ClassVar[str] = ""
    FAULTS: ClassVar[Mapping[str, str]] = {}
    UPSETS: ClassVar[tuple[Upset, ...]] = ()  # what `demo --chaos` draws from

    def __init__(self, home: Any, clock: Clock) -> None:
        self.home = home
        self.clock = clock
        self.faults = Faults(self.FAULTS)
        self.lock = threading.RLock()

    @abstractmethod
    def start(self) -> Self: ...

    @abstractmethod
    def stop(self) -> None: ...

    def config(self) -> str:
        """Return the [accounts] and [devices] tables (TOML) that point solarctl here; nothing for part of another."""
        return ""

    def secrets(self) -> dict[str, str]:
        """Return secret files (name → text) that `config` refers to with { file = name }."""
        return {}

    def counters(self) -> dict[str, int]:
        """Return what a summary shows: requests, logins, writes."""
        return {}


class HttpEmulator(Emulator):
    """A service over HTTP/1.1 on loopback; subclasses answer in `handle`.

    `handle` runs under `self.lock`. Every request is in `journal`.
    """

    def __init__(self, home: Any, clock: Clock) -> None:
        super().__init__(home, clock)
        self.journal: list[Request] = []
        self._server: _Server | None = None

    @abstractmethod
    def handle(self, request: Request) -> Response: ...

    def counters(self) -> dict[str, int]:
        return {"requests": len(self.journal)}

    @property
    def url(self) -> str:
        """Where it listens, e.g. http://127.0.0.1:40123."""
        assert self._server is not None, "not started"
        return f"{self.scheme}://127.0.0.1:{self._server.server_address[1]}"

    scheme: ClassVar[str] = "http"

    def wrap(self, server: ThreadingHTTPServer) -> None:
        """Make the server speak TLS, where a subclass wants that."""

    def start(self, port: int = 0) -> Self:
        server = _Server(("127.0.0.1", port), _handler_for(self))
        self.wrap(server)
        self._server = server
        threading.Thread(target=server.serve_until_closed, name=self.name, daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.hang_up()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    over = False

    def serve_until_closed(self) -> None:
        """Take connections until `hang_up`; nothing is polled, for a home has a dozen servers."""
        while not self.over:
            self._handle_request_noblock()  # type: ignore[attr-defined]  # it waits: our socket blocks

    def hang_up(self) -> None:
        """Take no more connections, and end the thread that does."""
        self.over = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent when a client hangs up; tests look at the journal instead."""


def _handler_for(emulator: HttpEmulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        disable_nagle_algorithm = True
        raw_requestline: bytes  # set by the library

        def parse_request(self) -> bool:
            """Read request line and headers; the library's way, made for mail, costs more than our answer."""
            words = str(self.raw_requestline, "iso-8859-1").split()
            if len(words) != 3 or not words[2].startswith("HTTP/1."):
                return super().parse_request()
            self.requestline = " ".join(words)
            self.command, self.path, self.request_version = words
            self.headers = Message()
            while (line := self.rfile.readline(LONGEST_LINE)) not in (b"\r\n", b"\n", b""):
                name, _, text = line.decode("iso-8859-1").partition(":")
                self.headers[name] = text.strip()
            wish = self.headers.get("Connection", "").lower()
            self.close_connection = wish == "close" or (words[2] == "HTTP/1.0" and wish != "keep-alive")
            return self.headers.get("Expect", "").lower() != "100-continue" or self.handle_expect_100()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                at=emulator.clock.now(),
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers=self.headers,
                body=self.rfile.read(length) if length else b"",
                target=self.path,
            )
            with emulator.lock:
                emulator.journal.append(request)
                response = emulator.handle(request)
                request.status = response.status
            self._answer(response)

        def _answer(self, response: Response) -> None:
            if response.delay_s:
                # real time: a client's time-out is what a slow answer is about
                threading.Event().wait(response.delay_s)
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            for cookie in response.cookies:
                self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            body = response.body[: len(response.body) // 2] if response.torn else response.body
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = self.close_connection or response.torn

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Return the Date header by the house's clock."""
            return super().date_time_string(
                int(emulator.clock.now().timestamp()) if timestamp is None else int(timestamp)
            )

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing; the journal has it."""

    return Handler
