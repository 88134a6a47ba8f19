"""HomeWizard's certificates: signed by its own CA, and named `appliance/<kind>/<serial>` instead of a host.

The CA (valid until December 2031, SHA-256 4E:C2:77:E6…) is an X.509 version 1 certificate. Python 3.13 began to refuse
such CAs (VERIFY_X509_STRICT), so that flag is taken back; everything else is verified as usual. The name is compared
here, because no library expects a name with slashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from solarctl.errors import DeviceSetupError

CA_FILE = Path(__file__).with_name("homewizard-ca-cert.pem")
VERIFY_X509_STRICT = 0x20  # OpenSSL's number; Python has had a name for it since 3.10


def tls_context(name: str, ca_file: Path | None, judge: Callable[[str], None]) -> Any:
    """Return an ssl context that believes HomeWizard's CA alone and shows the device's serial to `judge`.

    With a `ca_file` of the owner's a certificate may bear the host's own name instead; then nobody is judged here.
    """
    import ssl

    class Context(ssl.SSLContext):
        def wrap_socket(self, *args: Any, **kwargs: Any) -> Any:
            host = kwargs.get("server_hostname") or ""
            connection = super().wrap_socket(*args, **kwargs)
            try:
                _judge(connection.getpeercert() or {}, host, judge, may_be_host=ca_file is not None)
            except BaseException:
                connection.close()
                raise
            return connection

    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the name is looked at in _judge
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags &= ~VERIFY_X509_STRICT
    try:
        context.load_verify_locations(cafile=str(ca_file or CA_FILE))
    except (OSError, ssl.SSLError):
        hint = "Correct ca_file or the file's permissions."
        raise DeviceSetupError(name, f"the CA certificate {ca_file or CA_FILE} cannot be read", hint=hint) from None
    return context


def _judge(certificate: Mapping[str, Any], host: str, judge: Callable[[str], None], *, may_be_host: bool) -> None:
    import ssl

    names = list(_names(certificate))
    for one in names:
        prefix, _, rest = one.partition("/")
        kind, _, serial = rest.partition("/")
        if prefix == "appliance" and kind and serial:
            judge(serial)
            return
    if may_be_host and host.strip("[]") in names:
        return
    found = names[0] if names else "nobody"
    raise ssl.SSLCertVerificationError(f"certificate verify failed: it is {found} and no HomeWizard device")


def _names(certificate: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that a certificate (as `getpeercert` tells it) vouches for."""
    for part in certificate.get("subject", ()):
        yield from (value for key, value in part if key == "commonName")
    for kind, value in certificate.get("subjectAltName", ()):
        if kind in ("DNS", "IP Address", "URI"):
            yield value
