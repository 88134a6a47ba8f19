"""A server that answers as it is told."""

from __future__ import annotations

import threading

from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from tests.fakes import FakeClock

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
