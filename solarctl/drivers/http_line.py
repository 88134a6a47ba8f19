"""The line to one host: a request sent once, within the run's time, and its whole answer read.

What goes wrong is told in our words; repeating and judging are `Http`'s. Loaded with the first request.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from solarctl.context import Context, silent
from solarctl.drivers import redaction
from solarctl.drivers.http_session import host_of, load_requests, open_session, origin
from solarctl.drivers.reply import Reply, decoded
from solarctl.errors import DeviceError, DeviceLoginError, DeviceReplyError, DeviceUnreachable
from solarctl.value import value

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_S = 6.0
LARGEST_REPLY = 10_000_000  # bytes; no vendor's answer comes near
REDIRECTIONS = 5


@value
class Address:
    """Where a line leads, and whom to believe there; see `Http.of`."""

    base_url: str
    ca_file: Path | None = None
    server_name: str | None = None
    tls: Callable[[], Any] | None = None


class Line:
    """One account's or device's line to its host. `secrets` is shared with whoever adds to it."""

    def __init__(self, context: Context, name: str, address: Address, secrets: list[str]) -> None:
        self._context = context
        self._name = name
        self._address = address
        self._base_url = address.base_url.rstrip("/")
        self._secrets = secrets
        self.host = host_of(address.base_url)  # as people know it, for messages
        self.session: requests.Session | None = None
        self.hopeless = False  # the last failure will not pass within this run
        self.unsent = False  # the last attempt never got as far as the host

    def exchange(
        self, method: str, path: str, sent: dict[str, Any], *, timeout_s: float, follow: bool, private: bool
    ) -> Reply:
        """Send once (and once more per redirection) and read the whole answer."""
        self.hopeless = self.unsent = False
        load_requests()  # before the time limit runs

        url = self._url(path)
        for _ in range(REDIRECTIONS + 1):
            limit_s = self._context.budget.timeout_s(timeout_s)
            if self._context.log is not silent:
                self._log_request(method, url, sent, private)
            reply = self._within(limit_s, lambda m=method, u=url, s=sent, t=limit_s: self._send(m, u, s, t))  # type: ignore[misc]
            if self._context.log is not silent:
                shown = "(not shown)" if private else redaction.excerpt(reply.text, self._secrets, limit=2000)
                self.log(f"< {reply.status} {shown}")
            target = reply.headers.get("Location")
            if not follow or reply.status not in (301, 302, 303, 307, 308) or not target:
                return reply
            url = self._same_host(urljoin(url, target))
            if reply.status < 307:
                method, sent = "GET", {"headers": sent["headers"]}
        raise DeviceReplyError(self._name, f"{self.host} redirects in circles")

    def _send(self, method: str, url: str, sent: dict[str, Any], limit_s: float) -> Reply:
        self.unsent = True  # where the look-up of the name hangs or fails nothing was sent
        session = self.opened()
        self.unsent = False
        timeout = (min(CONNECT_TIMEOUT_S, limit_s), limit_s)
        with session.request(method, url, timeout=timeout, allow_redirects=False, stream=True, **sent) as response:
            body = bytearray()
            for chunk in response.iter_content(65_536):
                body += chunk
                if len(body) > LARGEST_REPLY:
                    raise DeviceReplyError(self._name, f"{self.host} sends more than {LARGEST_REPLY / 1e6:.0f} MB")
            text = decoded(bytes(body), response.encoding)
            return Reply(response.status_code, response.headers, text, self._name, self.host, tuple(self._secrets))

    def _within(self, limit_s: float, send: Callable[[], Reply]) -> Reply:
        """Run `send` for at most `limit_s`, whatever it waits for.

        Time-outs of sockets start again with each byte, and none covers the look-up of names; hence a thread.
        """
        done: list[Reply] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                done.append(send())
            except BaseException as error:  # noqa: BLE001  carried over to the caller
                failed.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(limit_s + 0.1)
        if failed:
            # "from None": requests' own message contains the URL, which may contain a secret
            raise self._translated(failed[0], limit_s) from None
        if not done:
            self.session = None  # whatever it is stuck in stays with the thread
            raise DeviceUnreachable(self._name, f"{self.host} did not answer within {limit_s:.0f} s")
        return done[0]

    def _translated(self, error: BaseException, limit_s: float) -> BaseException:
        """Return the failure in our words."""
        from http.client import HTTPException

        import requests
        from urllib3.exceptions import HTTPError

        from solarctl.drivers.http_failures import failure

        ours = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
        if isinstance(error, DeviceError) or not isinstance(error, ours):
            return error
        if isinstance(error, (requests.exceptions.InvalidHeader, UnicodeError)):
            return DeviceLoginError(
                self._name,
                "a secret or id contains characters that cannot be sent",
                hint="Look for a line break, a blank or a stray quote in it.",
            )
        found = failure(error, self.host, limit_s)
        self.hopeless, self.unsent = found.lasting, found.unsent
        return DeviceUnreachable(self._name, found.message, hint=found.hint)

    def opened(self) -> requests.Session:
        """Return the session; it is opened by the first request."""
        if self.session is None:
            where = self._address
            self.session = open_session(
                self._context, self._name, self._base_url, where.ca_file, where.server_name, where.tls
            )
        return self.session

    def close(self) -> None:
        """Hang up."""
        if self.session is not None:
            self.session.close()
            self.session = None

    def _url(self, path: str) -> str:
        return self._same_host(path) if "://" in path else f"{self._base_url}/{path.lstrip('/')}"

    def _same_host(self, url: str) -> str:
        try:
            if origin(url) == origin(self._base_url):
                return url
        except ValueError:
            pass
        shown = redaction.redacted(host_of(url), self._secrets)
        raise DeviceReplyError(self._name, f"{self.host} sends us to {shown}; that is not followed")

    def _log_request(self, method: str, url: str, sent: dict[str, Any], private: bool) -> None:
        query = "&".join(f"{key}={value}" for key, value in (sent.get("params") or {}).items())
        body = sent.get("json") if sent.get("json") is not None else sent.get("data")
        shown = "" if body is None else "(not shown)" if private else _body_text(body)
        headers = redaction.redacted_headers(sent["headers"], self._secrets)
        line = f"> {method} {url}{'?' + query if query else ''} {headers or ''} {shown}"
        self.log(" ".join(line.split()))

    def log(self, line: str) -> None:
        """Show a line to whoever wants to see requests."""
        if self._context.log is not silent:
            self._context.log(f"{self._name}: {redaction.redacted(line, self._secrets)}")


def _body_text(body: Any) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else json.dumps(body, default=str)
