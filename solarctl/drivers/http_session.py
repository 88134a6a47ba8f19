"""requests as drivers need it: our own headers only, CAs that are believed, one connection pool per host and run."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from solarctl.context import Context
from solarctl.drivers.http import USER_AGENT
from solarctl.drivers.redaction import redacted
from solarctl.drivers.trust import Trust, require_private, trust
from solarctl.errors import DeviceSetupError

if TYPE_CHECKING:
    import requests

LOOPBACK = ("127.0.0.1", "::1")


def load_requests() -> None:
    """Import requests without two things that no answer here needs, a sixth of its weight.

    What guesses the encoding of pages: requests does without it when it is not installed, and answers here are
    decoded as UTF-8. And the register of installed packages, by which urllib3 would look for HTTP/2 when somebody
    asks it to. Whoever has loaded requests already keeps it as it is.
    """
    import sys
    import warnings
    from types import ModuleType

    if "requests" in sys.modules:
        return
    register = ModuleType("importlib.metadata")
    register.version = _version  # type: ignore[attr-defined]
    stand_ins: dict[str, Any] = {"charset_normalizer": None, "chardet": None, register.__name__: register}
    stand_ins = {name: one for name, one in stand_ins.items() if name not in sys.modules}
    try:
        sys.modules.update(stand_ins)  # None is Python's own way to say "not there"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # requests would rather have a guesser
            importlib.import_module("requests")
    finally:
        for name in stand_ins:
            del sys.modules[name]


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def host_of(base_url: str) -> str:
    """Return the host as people know it, for messages; the whole text where it is no address."""
    try:
        return urlsplit(base_url).hostname or base_url
    except ValueError:
        return base_url


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port, the usual ones spelt out; `ValueError` for what is no address."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def open_session(
    context: Context,
    name: str,
    base_url: str,
    ca_file: Path | None,
    server_name: str | None,
    tls: Callable[[], Any] | None = None,
) -> requests.Session:
    """Return a session for one account or device; its connections are shared with the run's others to that host."""
    load_requests()
    import requests

    parts = _checked(name, base_url)
    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    session.headers["Accept"] = "application/json, */*;q=0.5"
    session.auth = _as_it_is  # or requests would let ~/.netrc replace our Authorization
    # no proxy reaches this machine's own loopback, and looking for one in the environment costs more than the request
    session.trust_env = (parts.hostname or "") not in LOOPBACK
    if parts.scheme == "https" and tls is not None:
        session.mount("https://", own_tls_adapter(tls()))
    elif parts.scheme == "https":
        key = f"tls {parts.netloc} {ca_file or ''} {server_name or ''}"
        session.mount("https://", context.once(key, lambda: tls_adapter(trust(name, ca_file), server_name)))
    else:
        session.mount("http://", context.once(f"tcp {parts.netloc}", requests.adapters.HTTPAdapter))
    return session


def _checked(name: str, base_url: str) -> SplitResult:
    try:
        parts = urlsplit(base_url)
        scheme, host, port = origin(base_url)
    except ValueError:
        parts, scheme, host, port = SplitResult("", "", "", "", ""), "", "", 0
    if scheme not in ("http", "https") or not host or parts.username or parts.query:
        shown = redacted(base_url)
        raise DeviceSetupError(name, f"{shown} is not an address", hint='Write base_url = "https://HOST[:PORT]".')
    if scheme == "http":
        require_private(name, host, port)
    return parts


def tls_adapter(believed: Trust, server_name: str | None) -> requests.adapters.HTTPAdapter:
    """Return an adapter that verifies against these CAs alone and reads no bundle it does not need."""
    from requests.adapters import HTTPAdapter

    if believed.file is None and believed.directory is None:
        from requests.utils import DEFAULT_CA_BUNDLE_PATH

        believed = Trust(file=DEFAULT_CA_BUNDLE_PATH)

    class Adapter(HTTPAdapter):
        def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
            host, _ = super().build_connection_pool_key_attributes(request, True, cert)
            pool: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED"}
            if host["scheme"] == "https":
                wanted = {"ca_certs": believed.file, "ca_cert_dir": believed.directory, "assert_hostname": server_name}
                pool |= {key: value for key, value in wanted.items() if value}
            return host, pool

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            """Change nothing: what to believe is in the pool's key already."""

    return Adapter()


def own_tls_adapter(ssl_context: Any) -> requests.adapters.HTTPAdapter:
    """Return an adapter whose connections are judged by `ssl_context` alone, names included."""
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
            host, _ = super().build_connection_pool_key_attributes(request, True, cert)
            return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": ssl_context, "assert_hostname": False}

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            """Change nothing: the context knows whom it believes."""

    return Adapter()


def _as_it_is(request: Any) -> Any:
    return request
