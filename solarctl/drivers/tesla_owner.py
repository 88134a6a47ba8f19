"""A connection for Tesla's Owner API, whose hosts answer 403 to everybody but HTTP/2 over TLS 1.3.

Only this needs an HTTP/2 client (httpx, from the extra `tesla-owner`); it is imported with the first request.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from solarctl.context import Context
from solarctl.drivers import redaction
from solarctl.drivers.http import FIRST_PAUSE_S, IDEMPOTENT, USER_AGENT, Reply
from solarctl.drivers.trust import require_private, trust
from solarctl.errors import DeviceReplyError, DeviceSetupError, DeviceUnreachable


class OwnerHttp:
    """Like `http.Http`, for as much as Tesla's drivers need of it."""

    def __init__(self, context: Context, name: str, base_url: str, ca_file: Path | None = None) -> None:
        self._context = context
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._ca_file = ca_file
        self._client: Any = None

    @property
    def host(self) -> str:
        """The host, for messages."""
        return urlsplit(self._base_url).hostname or self._base_url

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        timeout_s: float = 10,
        retries: int = 2,
        ok: Container[int] = (200,),
        private: bool = False,
    ) -> Reply:
        """Send a request and return the answer; 5xx and silence are `DeviceUnreachable`, after retries."""
        harmless = method in IDEMPOTENT if idempotent is None else idempotent
        client = self._opened()

        def send(limit_s: float) -> Any:
            sent = {"params": params, "json": json, "data": data, "headers": dict(headers or {})}
            return client.request(method, f"{self._base_url}{path}", timeout=limit_s, **sent)

        for attempt in range(retries + 1):
            self._context.check_budget(self._name)
            try:
                return self._exchange(send, self._context.budget.timeout_s(timeout_s), ok, private=private)
            except DeviceUnreachable:
                pause_s = FIRST_PAUSE_S * 2**attempt
                if attempt == retries or not harmless or self._context.budget.remaining_s() <= pause_s:
                    raise
                self._context.clock.sleep(pause_s)
        raise AssertionError("unreachable")

    def _exchange(self, send: Callable[[float], Any], limit_s: float, ok: Container[int], *, private: bool) -> Reply:
        import httpx

        try:
            response = send(limit_s)
        except httpx.TimeoutException:
            raise DeviceUnreachable(self._name, f"{self.host} did not answer within {limit_s:.0f} s") from None
        except (httpx.HTTPError, OSError):
            raise DeviceUnreachable(self._name, f"{self.host} cannot be reached") from None
        reply = Reply(response.status_code, response.headers, response.text, self._name, self.host)
        shown = "(not shown)" if private else redaction.excerpt(reply.text, limit=2000)
        self._context.log(f"{self._name}: {response.request.method} {self.host} < {reply.status} {shown}")
        if reply.status in ok or 200 <= reply.status < 300 or reply.status in (401, 403):
            return reply
        if reply.status >= 500:
            raise DeviceUnreachable(self._name, f"{self.host} is out of order ({reply.status})")
        raise DeviceReplyError(self._name, f"{self.host} answered {reply.status}")

    def _opened(self) -> Any:
        if self._client is None:
            try:
                import h2  # noqa: F401  httpx needs it for HTTP/2 and says so late
                import httpx
            except ImportError:
                raise DeviceSetupError(
                    self._name,
                    "Tesla's Owner API needs an HTTP/2 client, which is not installed",
                    hint="Type: pip install 'solarctl[tesla-owner]'; or use the Fleet API: api = \"fleet\".",
                ) from None
            parts = urlsplit(self._base_url)
            if parts.scheme == "http":
                require_private(self._name, parts.hostname or "", parts.port or 80)
            self._client = httpx.Client(http2=True, verify=self._tls(), headers={"User-Agent": USER_AGENT})
        return self._client

    def _tls(self) -> Any:
        import ssl

        believed = trust(self._name, self._ca_file)
        context = ssl.create_default_context(cafile=believed.file, capath=believed.directory)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context
