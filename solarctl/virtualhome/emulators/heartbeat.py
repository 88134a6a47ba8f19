"""A dead-man's switch in the manner of healthchecks.io: it is pinged when a job starts and when it ends.

/<uuid>  or  /<ping key>/<slug>      the job went well
…/start  …/fail  …/log  …/<0–255>    it started, failed, says something, ended with this exit code
?rid=<uuid>                          pairs a start with its end      ?create=1  makes the check
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from solarctl.context import Clock
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response

BODY_LIMIT = 100_000
PINGS_PER_MIN = 5  # more of one check may be thrown away


@dataclass(frozen=True, slots=True)
class Ping:
    """One sign of life; `signal` is success, start, fail, log or exit."""

    at: datetime
    check: str
    signal: str
    exit_code: int | None
    rid: str
    body: str


class Heartbeat(HttpEmulator):
    """A ping server that knows `checks`: uuids, and slugs as "ping-key/slug"."""

    name: ClassVar[str] = "heartbeat"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "http-500": "every ping is answered 500",
        "http-503": "every ping is answered 503",
        "slow": "the answer takes the value, in s",
        "torn": "the line breaks in the middle of the answer",
        "unknown": "404: the check is gone",
        "ambiguous": "409: the slug fits several checks",
        "moved": "301 to the value, a URL",
        "discards": "more than five pings a minute are thrown away",
    }

    def __init__(self, home: Any, clock: Clock, *, checks: tuple[str, ...] = ()) -> None:
        super().__init__(home, clock)
        self.checks = set(checks) or {"5f0b1c2e-8a47-4d0c-9b1e-2f6d7c3a9e10"}
        self.pings: list[Ping] = []

    def config(self) -> str:
        return f'[heartbeat]\nurl = "{self.url}/{sorted(self.checks)[0]}"\n'

    def counters(self) -> dict[str, int]:
        return {"pings": len(self.pings)}

    def handle(self, request: Request) -> Response:
        for status in (500, 503):
            if self.faults.take(f"http-{status}"):
                return Response(status, b"sorry")
        if address := self.faults.take("moved"):
            return Response(301, headers={"Location": str(address)})
        if request.method not in ("GET", "HEAD", "POST"):
            return Response(405)
        if self.faults.take("unknown"):
            return Response(404, b"not found")
        if self.faults.take("ambiguous"):
            return Response(409, b"ambiguous slug")
        read = self._read(request)
        if isinstance(read, Response):
            return read
        if not (self.faults.take("discards") and self._recent(read.check) >= PINGS_PER_MIN):
            self.pings.append(read)
        delay_s = float(self.faults.take("slow") or 0)
        torn = bool(self.faults.take("torn"))
        return Response(200, b"OK", {"Ping-Body-Limit": str(BODY_LIMIT)}, delay_s=delay_s, torn=torn)

    def _recent(self, check: str) -> int:
        since = self.clock.now() - timedelta(minutes=1)
        return sum(ping.check == check and ping.at > since for ping in self.pings)

    def _read(self, request: Request) -> Ping | Response:
        """Return the ping, or the refusal of what is none."""
        parts = [part for part in request.path.split("/") if part]
        length = 1 if parts and _is_uuid(parts[0]) else 2
        check, signals = "/".join(parts[:length]), parts[length:]
        if check not in self.checks and request.query.get("create") == "1" and length == 2 and len(parts) >= 2:
            self.checks.add(check)
        if check not in self.checks:
            return Response(404, b"not found")
        signal, exit_code = (signals or ["success"])[0], None
        if signal.isdigit() and int(signal) <= 255:
            signal, exit_code = "exit", int(signal)
        if len(signals) > 1 or signal not in ("success", "start", "fail", "log", "exit"):
            return Response(404, b"not found")
        rid = request.query.get("rid", "")
        if rid and not _is_uuid(rid):
            return Response(400, b"invalid uuid format")
        body = request.body[:BODY_LIMIT].decode("utf-8", "replace")
        return Ping(request.at, check, signal, exit_code, rid, body)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
