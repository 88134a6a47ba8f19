"""Heartbeat: tell a dead-man's switch (healthchecks.io, or one of your own) that a command starts and how it ended.

Silence is what alarms: when the computer is dead, nobody else tells. A ping that fails changes nothing; it is
asked twice within its time limit, and what went wrong is returned as text without the address, which is a secret.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode, urlsplit

from solarctl import __version__
from solarctl.settings import Secret, setting

if TYPE_CHECKING:
    import http.client

TRIES = 2
LIMIT_S = 10.0  # what healthchecks.io advises
BODY_LIMIT = 10_000
MEANINGS = {404: "does not know this check", 409: "knows several checks of this name", 429: "got too many pings"}


@dataclass(frozen=True, repr=False)
class Settings:
    """Where to ping: one address for all commands, or one each."""

    url: str | Secret = setting("", help="the ping address of all commands, e.g. https://hc-ping.com/<uuid>")
    urls: dict[str, str | Secret] = setting(default_factory=dict, help="the ping address of single commands, by name")
    ca_file: Path | None = setting(None, help="certificate authority (PEM) of a ping server of your own")

    def problems(self) -> Iterator[tuple[str, str]]:
        """Say which addresses are none."""
        for key, url in [("url", self.url), *((f"urls.{name}", url) for name, url in self.urls.items())]:
            if url and _parsed(_text(url)) is None:
                yield key, "must be an address like https://hc-ping.com/<uuid>"

    def __repr__(self) -> str:
        return "Settings(***)"


def ping(
    settings: Settings,
    command: str,
    signal: str | int,
    *,
    timeout_s: float = LIMIT_S,
    rid: str | None = None,
    text: str = "",
    monotonic: Callable[[], float] = time.monotonic,
) -> str | None:
    """Ping `start` or an exit code for a command; return what went wrong, or None (also when none is wanted).

    `rid` (a UUID) pairs a start with its end; `text` is shown beside the ping.
    """
    url = _text(settings.urls.get(command) or settings.url)
    if not url:
        return None
    parsed = _parsed(url)
    if parsed is None:
        return "the address in [heartbeat] is none"
    path = f"{parsed.path.rstrip('/')}/{signal}"
    query = "&".join(part for part in (parsed.query, urlencode({"rid": rid}) if rid else "") if part)
    deadline_s = monotonic() + min(timeout_s, LIMIT_S)
    trouble: str | None = None
    for left in range(TRIES, 0, -1):
        limit_s = (deadline_s - monotonic()) / left
        if limit_s <= 0:
            break
        trouble, again = _try(parsed, f"{path}?{query}" if query else path, text, settings.ca_file, limit_s)
        if not again:
            break
    return f"{parsed.hostname} {trouble}" if trouble else None


def ping_meanwhile(settings: Settings, command: str, signal: str | int, **options: Any) -> Callable[[], str | None]:
    """Ping while the run goes on; the returned function waits for the end of it and returns what `ping` would.

    No device waits for a ping server that is slow.
    """
    import threading

    results: list[str | None] = []
    thread = threading.Thread(target=lambda: results.append(ping(settings, command, signal, **options)), daemon=True)
    thread.start()

    def finish() -> str | None:
        thread.join(LIMIT_S + 1)
        return results[0] if results else "the ping is still under way"

    return finish


def _try(parsed: SplitResult, target: str, text: str, ca_file: Path | None, limit_s: float) -> tuple[str | None, bool]:
    """Return what went wrong, and whether a second try may help."""
    import http.client

    connection: http.client.HTTPConnection | None = None
    try:
        connection = _opened(parsed, ca_file, limit_s)
        body = text.encode("utf-8", "replace")[:BODY_LIMIT]
        headers: Mapping[str, Any] = {"User-Agent": f"solarctl/{__version__}"}
        connection.request("POST" if body else "GET", target, body or None, headers)
        reply = connection.getresponse()
        reply.read(100)
    except TimeoutError:
        return "did not answer in time", True
    except (OSError, http.client.HTTPException, ValueError) as error:
        if type(error).__name__ == "SSLCertVerificationError":
            return "has a certificate that cannot be trusted", False
        return f"cannot be reached ({type(error).__name__})", True
    finally:
        if connection is not None:
            connection.close()
    if reply.status in (200, 201, 202, 204):
        return None, False
    return f"{MEANINGS.get(reply.status, 'refused the ping')} ({reply.status})", reply.status >= 500


def _opened(parsed: SplitResult, ca_file: Path | None, limit_s: float) -> http.client.HTTPConnection:
    import http.client

    host = parsed.hostname or ""
    half_s = limit_s / 2  # a socket's limit holds for each step: reach the server, then wait for its answer
    if parsed.scheme == "http":
        return http.client.HTTPConnection(host, parsed.port, timeout=half_s)
    import ssl

    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    return http.client.HTTPSConnection(host, parsed.port, timeout=half_s, context=context)


def _parsed(url: str) -> SplitResult | None:
    try:
        parsed = urlsplit(url)
        port_fits = parsed.port != 0
    except ValueError:
        return None
    plain = url.isascii() and url.isprintable() and " " not in url
    return parsed if plain and port_fits and parsed.scheme in ("http", "https") and parsed.hostname else None


def _text(url: str | Secret) -> str:
    return url.reveal() if isinstance(url, Secret) else url
