"""An emulator that is asked over HTTP/1.1: a small server on loopback, and a journal of what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from abc import abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Emulator

LONGEST_LINE = 65_537  # of a request's headers
LONGER_THAN_ANYBODY_WAITS_S = 30.0


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
    """An answer, sent after `delay_s`; `torn`: half of it, then the line breaks."""

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

    def spoiled(self, response: Response) -> Response:
        """Return an answer as the faults slow, empty-body, half-json and torn leave it."""
        slow = self.faults.take("slow")
        if slow is not None:
            response.delay_s = LONGER_THAN_ANYBODY_WAITS_S if slow is True else float(slow)
        if self.faults.take("empty-body"):
            response.body = b""
        if self.faults.take("half-json"):
            response.body = response.body[: len(response.body) // 2]
        response.torn = response.torn or bool(self.faults.take("torn"))
        return response

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
