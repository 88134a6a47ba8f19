"""HTTP for all drivers: one connection per host and run, within the run's time, and no secret in any text.

    http = Http.of(context, "solax", "https://global.solaxcloud.com", secrets=(token,))
    reply = http.request("POST", "/api/v2/…", json={"wifiSn": serial}, headers={"tokenId": token}, idempotent=True)
    reply.status, reply.headers["Date"], reply.json()

What comes back: 2xx, 401, 403, and whatever else is in `ok`. Everything else is raised:

    no answer, a broken line, 408, 5xx     DeviceUnreachable, after retries where repeating is harmless
    429, 503 with Retry-After              DeviceUnreachable with `retry_at`, never repeated
    other 4xx, a redirection               DeviceReplyError
    not JSON where JSON is wanted          DeviceReplyError, from `reply.json()`
    an address that cannot be meant        DeviceSetupError (exit 78)

Proxies and CAs are what requests' users expect (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE, …; see trust.py).
Importing this costs little: what sends (http_line.py) comes with the first Http, requests with the first request.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from solarctl import __version__
from solarctl.context import Context
from solarctl.drivers import redaction
from solarctl.drivers.reply import Reply
from solarctl.errors import DeviceReplyError, DeviceUnreachable

__all__ = ["USER_AGENT", "Http", "Reply"]

USER_AGENT = f"solarctl/{__version__}"
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
FIRST_PAUSE_S = 0.5  # before the first repetition; doubles


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
        from solarctl.drivers.http_line import Address, Line

        self._context = context
        self._name = name
        self._headers = dict(headers)
        self._secrets = [text for text in secrets if text]
        self._line = Line(context, name, Address(base_url, ca_file, server_name, tls), self._secrets)
        self.host = self._line.host  # as people know it, for messages

    def hide(self, *secrets: str) -> None:
        """Never show these texts from now on, e.g. a token just received."""
        self._secrets.extend(text for text in secrets if text and text not in self._secrets)

    def cookies(self) -> dict[str, str]:
        """Return the cookies the server has set, to be kept for the next run."""
        found: dict[str, str] = {str(cookie.name): str(cookie.value) for cookie in self._line.opened().cookies}
        return found

    def set_cookies(self, cookies: Mapping[str, str]) -> None:
        """Send these cookies, e.g. those of the last run."""
        for name, value in cookies.items():
            self._line.opened().cookies.set(name, value)

    def close(self) -> None:
        """Hang up."""
        self._line.close()

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
            if each is not None:
                each()
            try:
                reply = self._line.exchange(method, path, sent, timeout_s=timeout_s, follow=follow, private=private)
                return self._judged(reply, ok)
            except DeviceUnreachable as error:
                if self._line.unsent and unsent is not None:
                    unsent()
                pause_s = FIRST_PAUSE_S * 2**attempt
                last = attempt == retries or not harmless or error.retry_at is not None or self._line.hopeless
                if last or self._context.budget.remaining_s() <= pause_s:
                    raise
                self._line.log(f"again in {pause_s:g} s: {error.message}")
                self._context.clock.sleep(pause_s)
        raise AssertionError("unreachable")

    def _judged(self, reply: Reply, ok: Container[int]) -> Reply:
        status = reply.status
        if status in ok or 200 <= status < 300 or status in (401, 403):
            return reply
        from solarctl.drivers.http_failures import limit_ends, retry_at

        now = self._context.clock.now()
        again_at = retry_at(reply.headers.get("Retry-After"), now)
        if status == 429:
            self._line.hopeless = True
            again_at = again_at or limit_ends(reply.text, now)
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
