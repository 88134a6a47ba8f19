"""HTTP for all drivers: one connection per host and run, within the run's time, and no secret in any text.

    http = Http.of(context, "solax", "https://global.solaxcloud.com", secrets=(token,))
    reply = http.request("POST", "/api/v2/…", json={"wifiSn": serial}, headers={"tokenId": token}, idempotent=True)
    reply.status, reply.headers["Date"], reply.json()

What comes back: 2xx, 401, 403, and whatever else is in `ok`. Everything else is raised:

    no answer, a broken line, 408, 5xx     DeviceUnreachable, after retries where repeating is harmless
    429, 503 with Retry-After              DeviceUnreachable with `retry_at`, never repeated
    other 4xx, a redirection               DeviceReplyError
    not JSON where JSON is wanted          DeviceReplyError, from `reply.json()`
    an address that cannot be meant        AddressError (exit 78)

Proxies and CAs are what requests' users expect (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE, …; see trust.py).
requests is imported with the first request.
"""

from __future__ import annotations

import json as jsonlib
import threading
from collections.abc import Callable, Container, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from solarctl.context import Context, silent
from solarctl.drivers import redaction
from solarctl.drivers.http_failures import failure, retry_at
from solarctl.drivers.http_session import USER_AGENT, host_of, load_requests, open_session, origin
from solarctl.drivers.reply import Reply, decoded
from solarctl.errors import DeviceError, DeviceLoginError, DeviceReplyError, DeviceUnreachable

if TYPE_CHECKING:
    import requests

__all__ = ["USER_AGENT", "Http", "Reply"]

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
CONNECT_TIMEOUT_S = 6.0
FIRST_PAUSE_S = 0.5  # before the first repetition; doubles
LARGEST_REPLY = 10_000_000  # bytes; no vendor's answer comes near
REDIRECTIONS = 5


class Http:
    """A service or device over HTTP, as one account or device sees it (cookies and errors bear its `name`)."""

    @classmethod
    def of(
        cls,
        context: Context,
        name: str,
        base_url: str,
        *,
        ca_file: Path | None = None,
        server_name: str | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        tls: Callable[[], Any] | None = None,
    ) -> Http:
        """Return the run's one Http for this name and host.

        `server_name` is the name the certificate must bear where it is not the host's; `headers` go with every
        request; `secrets` are texts that must never be shown; `tls` makes the ssl context of a device that is
        verified in a way of its own.
        """
        key = f"http {name} {base_url} {ca_file or ''} {server_name or ''}"
        return context.once(
            key, lambda: cls(context, name, base_url, ca_file, server_name, headers or {}, secrets, tls)
        )

    def __init__(
        self,
        context: Context,
        name: str,
        base_url: str,
        ca_file: Path | None,
        server_name: str | None,
        headers: Mapping[str, str],
        secrets: tuple[str, ...],
        tls: Callable[[], Any] | None = None,
    ) -> None:
        self._tls = tls
        self._context = context
        self._name = name
        self.host = host_of(base_url)  # as people know it, for messages
        self._base_url = base_url.rstrip("/")
        self._ca_file = ca_file
        self._server_name = server_name
        self._headers = dict(headers)
        self._secrets = [text for text in secrets if text]
        self._session: requests.Session | None = None
        self._hopeless = False  # the last failure will not pass within this run
        self._unsent = False  # the last attempt never got as far as the host

    def hide(self, *secrets: str) -> None:
        """Never show these texts from now on, e.g. a token just received."""
        self._secrets.extend(text for text in secrets if text and text not in self._secrets)

    def cookies(self) -> dict[str, str]:
        """Return the cookies the server has set, to be kept for the next run."""
        found: dict[str, str] = {str(cookie.name): str(cookie.value) for cookie in self._opened().cookies}
        return found

    def set_cookies(self, cookies: Mapping[str, str]) -> None:
        """Send these cookies, e.g. those of the last run."""
        for name, value in cookies.items():
            self._opened().cookies.set(name, value)

    def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        timeout_s: float = 10,
        retries: int = 2,
        ok: Container[int] = (200,),
        follow: bool = False,
        private: bool = False,
        each: Callable[[], None] | None = None,
        unsent: Callable[[], None] | None = None,
    ) -> Reply:
        """Send a request and return the answer; see the module's first lines for what is raised.

        `idempotent`: repeating does no harm (by default GET, HEAD, OPTIONS, PUT, DELETE). `retries` come only then.
        `follow`: follow redirections, on this host only. `private`: never log the bodies (log-ins, tokens).
        `each` is called before each attempt, to count it against a quota; what it raises ends the request.
        `unsent` is called after an attempt that never got as far as the host, to take it out of the count again.
        """
        harmless = method in IDEMPOTENT if idempotent is None else idempotent
        sent = {"params": params, "json": json, "data": data, "headers": {**self._headers, **(headers or {})}}
        for attempt in range(retries + 1):
            self._context.check_budget(self._name)
            self._hopeless = self._unsent = False
            if each is not None:
                each()
            try:
                reply = self._exchange(method, path, sent, timeout_s=timeout_s, follow=follow, private=private)
                return self._judged(reply, ok)
            except DeviceUnreachable as error:
                if self._unsent and unsent is not None:
                    unsent()
                pause_s = FIRST_PAUSE_S * 2**attempt
                last = attempt == retries or not harmless or error.retry_at is not None or self._hopeless
                if last or self._context.budget.remaining_s() <= pause_s:
                    raise
                self._log(f"again in {pause_s:g} s: {error.message}")
                self._context.clock.sleep(pause_s)
        raise AssertionError("unreachable")

    def _exchange(
        self, method: str, path: str, sent: dict[str, Any], *, timeout_s: float, follow: bool, private: bool
    ) -> Reply:
        """Send once (and once more per redirection) and read the whole answer."""
        load_requests()  # before the time limit runs

        url = self._url(path)
        for _ in range(REDIRECTIONS + 1):
            limit_s = self._context.budget.timeout_s(timeout_s)
            if self._context.log is not silent:
                self._log_request(method, url, sent, private)
            reply = self._within(limit_s, lambda m=method, u=url, s=sent, t=limit_s: self._send(m, u, s, t))  # type: ignore[misc]
            if self._context.log is not silent:
                shown = "(not shown)" if private else redaction.excerpt(reply.text, self._secrets, limit=2000)
                self._log(f"< {reply.status} {shown}")
            target = reply.headers.get("Location")
            if not follow or reply.status not in (301, 302, 303, 307, 308) or not target:
                return reply
            url = self._same_host(urljoin(url, target))
            if reply.status < 307:
                method, sent = "GET", {"headers": sent["headers"]}
        raise DeviceReplyError(self._name, f"{self.host} redirects in circles")

    def _send(self, method: str, url: str, sent: dict[str, Any], limit_s: float) -> Reply:
        session = self._opened()
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
            self._session = None  # whatever it is stuck in stays with the thread
            raise DeviceUnreachable(self._name, f"{self.host} did not answer within {limit_s:.0f} s")
        return done[0]

    def _judged(self, reply: Reply, ok: Container[int]) -> Reply:
        status = reply.status
        if status in ok or 200 <= status < 300 or status in (401, 403):
            return reply
        again_at = retry_at(reply.headers.get("Retry-After"), self._context.clock.now())
        if status == 429:
            self._hopeless = True
            raise DeviceUnreachable(
                self._name, f"{self.host} asks for fewer requests{self._until(again_at)}", retry_at=again_at
            )
        if status == 408 or status >= 500:
            raise DeviceUnreachable(
                self._name, f"{self.host} is out of order ({status}){self._until(again_at)}", retry_at=again_at
            )
        if 300 <= status < 400:
            target = redaction.redacted(reply.headers.get("Location", "elsewhere"), self._secrets)
            raise DeviceReplyError(
                self._name,
                f"{self.host} sends us to {target} ({status}); that is not followed",
                hint="If the service has moved, set base_url.",
            )
        said = redaction.excerpt(reply.text, self._secrets)
        raise DeviceReplyError(self._name, f"{self.host} answered {status}" + (f": {said}" if said else ""))

    def _until(self, moment: datetime | None) -> str:
        return f" until {moment.astimezone(self._context.timezone):%H:%M:%S}" if moment else ""

    def _translated(self, error: BaseException, limit_s: float) -> BaseException:
        """Return the failure in our words."""
        from http.client import HTTPException

        import requests
        from urllib3.exceptions import HTTPError

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
        self._hopeless, self._unsent = found.lasting, found.unsent
        return DeviceUnreachable(self._name, found.message, hint=found.hint)

    def _opened(self) -> requests.Session:
        if self._session is None:
            self._session = open_session(
                self._context, self._name, self._base_url, self._ca_file, self._server_name, self._tls
            )
        return self._session

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
        self._log(" ".join(line.split()))

    def _log(self, line: str) -> None:
        if self._context.log is not silent:
            self._context.log(f"{self._name}: {redaction.redacted(line, self._secrets)}")


def _body_text(body: Any) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else jsonlib.dumps(body, default=str)
